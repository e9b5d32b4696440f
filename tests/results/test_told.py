"""What is wrong with a definition is told with its file and line; what is missing, with its place."""

from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.errors import InputError
from qtcore.estimate import Missing
from qtcore.results.declare import Quantity, together

from .made import results, rows, sweep

AXES = {"width": (2, 4, 8), "flux": (0.0, 0.5)}


def noise(values, rng):
    """Samples around width + 10 flux."""
    return values["width"] + 10 * values["flux"] + rng.standard_normal(40)


def ones(_):
    """Return one, without asking for anything."""
    return {"a": 1.0}


def line_of(function, text):
    """Return the line of this file on which a text stands first, from a function on."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    first = function.__code__.co_firstlineno
    return next(n for n, line in enumerate(lines, 1) if n >= first and text in line)


def misnamed(at):
    """Return something that nobody declared."""
    return {"aa": at.x.mean()}


def misshaped(at):
    """Return three numbers in the place of one."""
    return {"a": at.x[:3]}


def unplain(at):
    """Take the errors away from an estimate."""
    found = estimate.mean(at.x)
    return {"a": float(np.asarray(found))}


def misread(at):
    """Ask for something that nobody declared."""
    return {"a": at["bb"]}


@pytest.mark.parametrize(
    ("stage", "text", "words"),
    [
        (misnamed, "def ", "misnamed returned 'aa', which is not declared"),
        (misshaped, "def ", "misshaped returned a with shape"),
        (unplain, "np.asarray(found)", "an Estimate does not become a plain array"),
        (misread, 'at["bb"]', "misread asks for 'bb', which is not declared"),
    ],
)
def test_what_is_refused_names_file_and_line_of_the_definition(stage, text, words):
    ds = sweep(AXES, x=noise)
    place = f"{__file__}, line {line_of(stage, text)}: "
    quantities = [Quantity("a", source="nobody")]
    with pytest.raises(InputError) as told:
        results(ds, quantities, stage)
    assert str(told.value).startswith(f"{place}{words}")


def test_a_theory_that_is_refused_names_file_and_line():
    def expect(at):
        return {"a": qt.Expected(1.0), "bb": at.width}

    with pytest.raises(InputError) as told:
        results(sweep(AXES, x=noise), [Quantity("a", source="nobody")], ones, expect)
    place = f"{__file__}, line {line_of(expect, 'def ')}: "
    assert str(told.value).startswith(f"{place}expect returned 'bb', which is not declared")


def test_a_dimension_that_is_made_wrongly_names_file_and_line():
    def bins(_):
        return "ten"

    ds = sweep(AXES, x=noise)
    place = f"{__file__}, line {bins.__code__.co_firstlineno}: the function of the dimension level"
    with pytest.raises(InputError, match=r"returns qt\.Axis") as told:
        results(
            ds,
            [Quantity("a", ("level",))],
            lambda at: {"a": at.x[0]},
            dimensions={"level": bins},
        )
    assert str(told.value).startswith(place)


STRENGTHS = {"width": (1, 2), "disorder": (0.5, 1.0, 1.5, 2.0, 2.5)}


def steep(values, rng):
    """Samples around 10 width, whatever the strength."""
    return 10.0 * values["width"] + rng.standard_normal(40)


def lacking(*where):
    """Return a stage that measures `scaled`, but not at some widths and strengths."""

    def measure(at):
        if not where or (at.width, at.disorder) in where:
            raise Missing("the wires are too short")
        return {"scaled": estimate.mean(at.x)}

    return measure


@together("disorder")
def scaling(at):
    """Fit a line through all strengths."""
    fit = estimate.fit(lambda p: p[0] + p[1] * at.disorder, at["scaled"], (1.0, 0.0))
    return {"a": fit.coefficients[0], "fitted": fit.coefficients.values[0] + 0 * at.disorder}


@together("disorder")
def straight(at):
    """Fit the same by a linear fit, and catch what is missing."""
    found = estimate.attempt(estimate.fit_line, at.disorder, at["scaled"])
    a = found if isinstance(found, Missing) else found.coefficients[0]
    return {"a": a}


@together("disorder")
def expect_a(at):
    """Say ten for each line."""
    return {"a": qt.Expected(10.0 * at.width, 1.0)}


FITTED = [
    Quantity("scaled"),
    Quantity("a", source="nobody"),
    Quantity("fitted", ("disorder",), source="nobody"),
]


@pytest.mark.parametrize("stage", [scaling, straight])
def test_a_fit_that_lacks_numbers_says_which_and_why(stage):
    ds = sweep(STRENGTHS, x=steep)
    found = rows(ds, FITTED, (lacking((2, 1.0), (2, 2.5)), stage), expect_a)
    assert found["a[width=1]"].passed
    why = found["a[width=2]"].reason
    assert why.startswith("2 of the 5 numbers of a fit have no value or no error, namely")
    assert "(counted from 0) 1, 4 (scaled is missing at disorder 1 and at disorder 2.5: " in why
    assert why.endswith("the wires are too short)")


def test_a_fit_says_which_points_are_not_computed_yet():
    ds = sweep(STRENGTHS, x=steep)
    ds["finished"][1, 3] = 3
    found = rows(ds, FITTED, (lacking((0, 0)), scaling), expect_a)
    assert "scaled is missing at disorder 2: not computed there" in found["a[width=2]"].reason


def test_a_number_that_is_none_is_told_by_its_place():
    def measure(at):
        return {"scaled": estimate.mean(at.x) * (np.nan if at.disorder == 1.5 else 1.0)}

    why = rows(sweep(STRENGTHS, x=steep), FITTED, (measure, scaling), expect_a)["a[width=1]"].reason
    assert why.endswith("(scaled is missing at disorder 1.5)")


def test_what_is_missing_everywhere_has_the_rows_of_its_own_stage():
    """Each stage gave up at every point, and so none has said what it returns."""
    ds = sweep(STRENGTHS, x=steep)
    found = results(ds, FITTED, (lacking(), scaling), expect_a)
    assert found["a"].dims == ("width",)
    assert found["scaled"].dims == ("width", "disorder")
    assert found["fitted"].dims == ("width", "disorder")
    table = rows(ds, FITTED, (lacking(), scaling), expect_a)
    assert list(table) == ["a[width=1]", "a[width=2]"]
    for row in table.values():
        assert row.reason == "scaled is missing: the wires are too short"


def test_names_are_found_in_what_a_stage_calls():
    def written(at):
        return {"scaled": estimate.mean(at.x)}

    def measure(at):
        if at.width:
            raise Missing("nothing")
        return written(at)

    found = results(sweep(STRENGTHS, x=steep), FITTED, (measure, scaling), expect_a)
    assert found["a"].dims == ("width",)
    assert found["scaled"].dims == ("width", "disorder")
