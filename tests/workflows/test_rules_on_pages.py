"""The definitions of the page keep the rules that the page holds a definition against."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate, testing
from qtcore.results.dataset import checks_in
from qtcore.results.declare import Quantity
from tests.results.made import results, sweep

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-workflow.md"

SMALL = {"dirty.py": ({"width": 4}, 40), "single.py": (None, None)}
"""What the test file of the page makes of a definition; the other one is small already."""


STRENGTHS = (0.7, 0.8, 1.0, 1.2, 1.4)


@qt.together("disorder")
def scaling(at):
    """Fit a law through all strengths whose number is known."""
    known = np.isfinite(at["scaled"].values)
    W2 = at.disorder**2
    fit = estimate.fit(lambda p: p[0] + p[1] * W2[known], at["scaled"][known], (100.0, 0.0))
    a, b = fit.coefficients
    return {"a": a, "b": b / a, "fitted": float(a) + float(b) * W2, "misfit": fit.excess}


@pytest.mark.parametrize("power", [2, 6])
def test_a_fit_finds_its_law_and_a_row_notices_another(power):
    def law(values, rng):
        return 90 * (1 + 0.05 * values["disorder"] ** power) + rng.standard_normal(400)

    def measure(at):
        if at.disorder == 1.0:
            raise estimate.Missing("too short")
        return {"scaled": estimate.mean(at.x)}

    quantities = [
        Quantity("scaled"),
        Quantity("a"),
        Quantity("b"),
        Quantity("fitted", ("disorder",)),
        Quantity("misfit", source="chi²"),
    ]
    ds = sweep({"disorder": STRENGTHS}, realizations=400, x=law)
    expect = qt.together("disorder")(lambda _: {"misfit": 0.0})
    found = results(ds, quantities, (measure, scaling), expect)
    (row,) = checks_in(found)
    assert not row.is_weak
    assert row.passed == (power == 2)
    if power == 2:
        # Errors of the straight line through four points of error 0.05.
        assert abs(float(found["a"]) - 90) < 3 * float(found["a_error"]) < 0.5
        assert abs(float(found["b"]) - 0.05) < 3 * float(found["b_error"]) < 0.005
        assert float(found["fitted"].sel(disorder=1.0)) == pytest.approx(94.5, abs=0.15)


def shown(name):
    """Return the definition of that name, as the page shows it."""
    (text,) = re.findall(
        rf"```python {name}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    return text


@pytest.fixture(scope="module", params=sorted(SMALL))
def trial(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    path = folder / request.param
    path.write_text(shown(request.param), encoding="utf-8")
    settings, realizations = SMALL[request.param]
    return testing.trial(path, folder, settings, realizations)


def test_the_page_says_the_same():
    assert 'testing.trial("dirty.py", tmp_path_factory.mktemp("trial"), {"width": 4}, 40)' in (
        PAGE.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("rule", testing.RULES, ids=lambda rule: rule.__name__)
def test_rule(trial, rule):
    rule(trial)


def test_a_missing_point_is_noticed_where_it_changes_others(trial):
    """The rule fails for a stage that is worth nothing while a point is missing."""
    if trial.workflow.name != "single":
        pytest.skip("has one point")
    stage = trial.workflow.measure

    def measure(at):
        complete = int(at._swept.finished.min()) > 0
        return stage(at) if complete else {}

    broken = replace(trial, workflow=replace(trial.workflow, measure=measure))
    with pytest.raises(AssertionError, match="nan location mismatch"):
        testing.a_missing_point_changes_no_other(broken)
