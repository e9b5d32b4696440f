"""The definitions of the page keep the rules that the page holds a definition against."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from qtcore import testing

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-workflow.md"

SMALL = {"dirty.py": ({"width": 4}, 40), "single.py": (None, None)}
"""What the test file of the page makes of a definition; the other one is small already."""


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
