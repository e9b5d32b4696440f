"""One loop and one rule for all estimators: how often the interval that they state holds the truth.

An estimator is drawn many times from synthetic samples whose truth is known. Its intervals of 68.27 %
and 95 % must hold the truth that often, within three standard errors of a binomial share. With 600
repetitions that is 5.7 and 2.7 per cent, which notices errors that are 15 % too small. The interval
is value ± q × error with q the normal quantile, or that of Student's distribution where a case
states its degrees of freedom: few realizations do not know their own spread.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from scipy.stats import norm, t

Sample = Callable[[np.random.Generator], tuple[object, object]]

LEVELS = (0.6827, 0.95)
"""Shares of the truth that an interval should hold."""

SIGMAS = 3.0
"""Binomial standard errors that a measured share may lie off."""

REPETITIONS = 600

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"
"""Holds the table of all cases."""


@dataclass(frozen=True)
class Case:
    """An estimator with a kind of samples.

    Attributes
    ----------
    estimator, method, samples : str
        What is estimated, how it finds its error, and of what: the cells of the table.
    draw : callable(generator) -> (value, error)
        One repetition, or an array of them.
    truth : float
        What the estimator is after. NaN: the mean over all repetitions stands for it, which tests
        the error but not a bias.
    degrees : float
        Degrees of freedom of the interval.
    repetitions : int
        At least so many.
    safe : str
        Why the error is meant to be too large, if so: then only too few hits fail.
    slow : bool
        Longer than about ten seconds.
    """

    estimator: str
    method: str
    samples: str
    draw: Sample
    truth: float
    degrees: float = math.inf
    repetitions: int = REPETITIONS
    safe: str = ""
    slow: bool = False

    @property
    def name(self) -> str:
        """Words that stand for the case, the same in every session."""
        return f"{self.estimator}, {self.samples}"


@dataclass(frozen=True)
class Coverage:
    """How often intervals held the truth.

    Attributes
    ----------
    shares : tuple of float
        One for each of `LEVELS`.
    repetitions : int
        Out of so many.
    bias, rms : float
        Mean and root mean square of (value - truth) / error.
    """

    shares: tuple[float, ...]
    repetitions: int
    bias: float
    rms: float

    def missed(self, *, safe: bool = False) -> list[str]:
        """Return what lies off by more than the binomial errors allow."""
        found = []
        for level, share in zip(LEVELS, self.shares, strict=True):
            allowed = SIGMAS * math.sqrt(level * (1 - level) / self.repetitions)
            if share < level - allowed or (share > level + allowed and not safe):
                found.append(f"{100 * level:.1f} % ± {100 * allowed:.1f} %: {100 * share:.1f} %")
        return found


def parameters(cases: list[Case]) -> list[object]:
    """Return the cases as parameters of a test."""
    return [
        pytest.param(case, id=case.name, marks=[pytest.mark.slow] if case.slow else [])
        for case in cases
    ]


def hold(case: Case) -> None:
    """Fail unless intervals hold the truth as often as they say, and as the page says."""
    found = measured(case)
    assert found.missed(safe=bool(case.safe)) == [], found
    (line,) = (
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(row_start(case))
    )
    shares = [float(number) / 100 for number in re.findall(r"([\d.]+) % \|", line)[-2:]]
    # One repetition in a hundred may fall otherwise where rounding differs.
    assert shares == pytest.approx(list(found.shares), abs=0.01), (
        "python -m tests.estimate.coverage"
    )


def row(case: Case) -> str:
    """Return the line of a case in the table of docs/errors.md."""
    found = measured(case)
    shares = [f"{100 * share:.1f} %" for share in found.shares]
    return f"{row_start(case)}{' | '.join(shares)} | {found.rms:.2f} |"


def row_start(case: Case) -> str:
    """Return the part of a row that is known before anything is measured."""
    samples = case.samples
    if not math.isinf(case.degrees):
        samples += f"; Student, {case.degrees:g} degrees"
    if case.safe:
        samples += f"; {case.safe}"
    return f"| {case.estimator} | {case.method} | {samples} | "


@cache
def measured(case: Case) -> Coverage:
    """Return the coverage of a case, with a seed that follows from its name."""
    rng = np.random.default_rng(crc32(case.name.encode()))
    values: list[float] = []
    errors: list[float] = []
    while len(values) < case.repetitions:
        value, error = case.draw(rng)
        values += np.ravel(value).tolist()
        errors += np.ravel(error).tolist()
    truth = np.mean(values) if math.isnan(case.truth) else case.truth
    pulls = (np.array(values) - truth) / np.array(errors)
    shares = [float((np.abs(pulls) < quantile(level, case.degrees)).mean()) for level in LEVELS]
    return Coverage(
        tuple(shares), len(pulls), float(pulls.mean()), float(np.sqrt((pulls**2).mean()))
    )


def quantile(level: float, degrees: float = math.inf) -> float:
    """Return how many standard errors on both sides hold this share."""
    upper = (1 + level) / 2
    return float(norm.ppf(upper) if math.isinf(degrees) else t.ppf(upper, degrees))


def nested(
    rng: np.random.Generator, realizations: int, lengths: np.ndarray, xi: float
) -> np.ndarray:
    """Return ln g (realization, length) of wires: mean -2 L / xi, variance 4 L / xi, nested."""
    steps = np.diff(lengths, prepend=0.0)
    shape = (realizations, len(lengths))
    moves = rng.normal(-2 * steps / xi, np.sqrt(4 * steps / xi), shape)
    return np.asarray(moves.cumsum(axis=1))
