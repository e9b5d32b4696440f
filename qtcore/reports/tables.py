"""What stands in the tables of a report: texts in rows, made from what was gathered."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from qtcore.errors import brief
from qtcore.estimate.estimate import with_error
from qtcore.reports.gathered import Gathered
from qtcore.results.check import Check
from qtcore.results.check_words import deviation_text, interval_text, power_text, result_text
from qtcore.results.dataset import INTERVAL
from qtcore.results.quantities import place_in_words, quantities_in
from qtcore.store.document import parsed
from qtcore.sweep.axes import STANDARD
from qtcore.sweep.trusted import digest_of
from qtcore.trust import shipped_name

MOST_ROWS = 100
"""Rows of one quantity on the page."""

MOST_VALUES = 12
"""Values of an axis that are written out."""

ROUNDING = 1e-13
"""An error that is a smaller part of its number comes from rounding."""

NORMAL = 1.959964
"""Standard errors on each side of an interval of 95 % of a normal law."""


@dataclass(frozen=True)
class Number:
    """A number of the analysis with what belongs to it; NaN where nothing is known.

    Attributes
    ----------
    quantity : str
        Name of the quantity.
    at : str
        Where it is, in words.
    value, error, lower, upper, theory : float
        In the unit of the quantity. `lower` and `upper` are the ends of its 95 % interval.
    """

    quantity: str
    at: str
    value: float
    error: float
    lower: float
    upper: float
    theory: float

    @property
    def result_text(self) -> str:
        """The number with its standard error."""
        return with_error(self.value, self.error) if self.error > 0 else f"{self.value:.4g}"

    @property
    def interval_text(self) -> str:
        """The interval, without brackets."""
        return interval_text(self.lower, self.upper).strip(" []")

    @property
    def theory_text(self) -> str:
        """What theory says."""
        return f"{self.theory:.4g}" if math.isfinite(self.theory) else ""


@dataclass(frozen=True)
class Quantity:
    """A quantity of the analysis with all of its numbers.

    Attributes
    ----------
    name, symbol, long_name, units, source : str
        As the analysis says.
    numbers : tuple of Number
        Those that are finite.
    """

    name: str
    symbol: str
    long_name: str
    units: str
    source: str
    numbers: tuple[Number, ...]

    @property
    def shown(self) -> tuple[Number, ...]:
        """The numbers that stand on the page."""
        return self.numbers[:MOST_ROWS]

    @property
    def has_theory(self) -> bool:
        """Whether theory says something of one of them."""
        return any(one.theory_text for one in self.shown)

    @property
    def has_interval(self) -> bool:
        """Whether one of them has an error."""
        return any(one.interval_text for one in self.shown)


def quantities_of(result: xr.Dataset | None) -> list[Quantity]:
    """Return the quantities of an analysis that have a number; those with few numbers come first."""
    if result is None:
        return []
    found = []
    for name in quantities_in(result):
        about = {key: str(value) for key, value in result[name].attrs.items()}
        numbers = tuple(_numbers(result, name))
        if numbers:
            found.append(
                Quantity(
                    name,
                    about.get("symbol", name) or name,
                    about.get("long_name", name),
                    about.get("units", ""),
                    about.get("source", ""),
                    numbers,
                )
            )
    return sorted(found, key=lambda one: len(one.numbers))


def _numbers(result: xr.Dataset, name: str) -> Iterator[Number]:
    values = result[name]
    dims = [str(d) for d in values.dims]

    def along(suffix: str) -> Any:
        other = f"{name}{suffix}"
        if other not in result or not set(result[other].dims) <= set(values.dims):
            return np.full(values.shape, np.nan)
        return result[other].broadcast_like(values).transpose(*values.dims).to_numpy()

    numbers = values.to_numpy().astype(float)
    errors, theory = (along(suffix).astype(float) for suffix in ("_error", "_theory"))
    ends = result.get(str(values.attrs.get(INTERVAL)))
    stated = None if ends is None or ends.shape != (*values.shape, 2) else ends.to_numpy()
    for index in np.argwhere(np.isfinite(numbers)):
        place = tuple(map(int, index))
        value, error = float(numbers[place]), float(errors[place])
        if error < ROUNDING * abs(value):  # of what is exact
            error = math.nan
        lower, upper = value - NORMAL * error, value + NORMAL * error
        if stated is not None:
            lower, upper = (float(end) for end in stated[place])
        elif not error > 0:
            lower = upper = math.nan
        where = place_in_words(result, dims, place)
        yield Number(name, where, value, error, lower, upper, float(theory[place]))


@dataclass(frozen=True)
class CheckRow:
    """A check as a row of texts.

    Attributes
    ----------
    mark : str
        "passed", "weak", "failed" or "not made".
    name, result, theory, deviation, notices, source : str
        Its cells.
    """

    mark: str
    name: str
    result: str
    theory: str
    deviation: str
    notices: str
    source: str


def check_rows(checks: Sequence[Check]) -> list[CheckRow]:
    """Return the rows of the table of checks."""
    return [_row(check) for check in checks]


def _row(check: Check) -> CheckRow:
    unit = f" {check.unit}" if check.unit else ""
    if check.reason:
        return CheckRow("not made", check.name, "–", "–", check.reason, "", check.source)
    band = f" ± {check.tolerance:.2g}" if check.tolerance else ""
    good = "weak" if check.is_weak else "passed"
    return CheckRow(
        good if check.passed else "failed",
        check.name,
        f"{result_text(check)}{interval_text(check.lower, check.upper)}{unit}",
        f"{check.expected:.4g}{band}{unit}",
        deviation_text(check),
        power_text(check),
        check.source,
    )


def spec_rows(found: Gathered) -> list[tuple[str, str, str, str]]:
    """Return name, values, unit and meaning of axes, constants and everything else that decides numbers."""
    sweep = found.sweep
    rows = []
    for axis in sweep.axes:
        labels = [str(v) for v in (axis.labels or [f"{value:.6g}" for value in axis.values])]
        unit = "" if axis.units == "1" else axis.units
        rows.append((axis.name, _few(labels), unit, axis.long_name or "axis"))
        for number, case in axis.by_number.items():
            words = ", ".join(f"{key} = {brief(value)}" for key, value in case.items())
            rows.append((f"{axis.name} {number}", words, "", "case"))
    for name, value in sweep.constants.items():
        about = STANDARD.get(name, {})
        meaning = str(about.get("long_name", "")) or "constant"
        rows.append((name, brief(value), str(about.get("units", "")), f"{meaning}, kept constant"))
    if sweep.lengths:
        rows.append(("length", _few([f"{n}" for n in sweep.lengths]), "slices", "lengths"))
    counts = sorted(set(sweep.counts.tolist()))
    many = f"{counts[0]:,} to {counts[-1]:,}" if len(counts) > 1 else f"{counts[0]:,}"
    rows.append(("realizations", many, "per point", "disorder realizations"))
    seeds = ", ".join(map(str, found.status.seeds))
    rows.append(("seed", seeds, "", "same seed, same bits"))
    stored = ", ".join(variable.name for variable in sweep.outputs)
    rows.append(("stored", stored, "", "what each realization leaves in the store"))
    if found.status.precision:
        rows.append(("precision", found.status.precision, "", "goal that realizations pursue"))
    common = _listed_in(found.header.attributes.get("common_disorder"))
    if common:
        rows.append(("common disorder", ", ".join(common), "", "axes along which points share it"))
    return rows


def _few(values: Sequence[str]) -> str:
    if len(values) <= MOST_VALUES:
        return ", ".join(values)
    return f"{', '.join(values[: MOST_VALUES - 2])}, …, {values[-1]} ({len(values)} values)"


def _listed_in(text: Any) -> list[str]:
    try:
        found = json.loads(str(text or "[]"))
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


@dataclass(frozen=True)
class Definition:
    """The definition of the last run, as its store keeps it.

    Attributes
    ----------
    name, text, digest : str
        Name of the workflow, text, and its digest (sha256, hex); texts are empty if the store holds none.
    shipped : str
        Name of the definition of this installation that has the same text; "" if none has.
    """

    name: str
    text: str
    digest: str
    shipped: str


def definition_in(found: Gathered) -> Definition:
    """Return the definition of a store; nothing of it is executed."""
    text = found.header.attributes.get("definition_source")
    name = found.sweep.workflow
    if not isinstance(text, str) or not text:
        return Definition(name, "", "", "")
    return Definition(name, text, digest_of(text), shipped_name(text))


def versions_in(found: Gathered) -> dict[str, str]:
    """Return the versions of packages that the numbers passed through, by package."""
    stored = parsed(str(found.header.attributes.get("versions") or "{}").encode())
    return {str(name): str(version) for name, version in stored.items()}


def cluster_in(found: Gathered) -> str:
    """Return the profile of the cluster of the last run, in words."""
    try:
        stored = parsed(str(found.header.attributes.get("cluster") or "{}").encode())
    except ValueError:
        return ""
    kind = stored.pop("kind", "")
    told = ", ".join(f"{name} {value}" for name, value in stored.items() if value not in ("", None))
    return f"{kind} ({told})" if kind and told else str(kind)
