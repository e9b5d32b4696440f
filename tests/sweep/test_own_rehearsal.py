"""A user's own `solve` before a run: what fails everywhere, and what gives equal realizations."""

import re
import threading
import time
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.errors import is_refusal
from qtcore.sweep.rehearsal import rehearse
from qtcore.workflow import from_source

FILE = """
import numpy as np
import qtcore as qt

def solve(point, realizations):
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    x = np.array([point.gate * rng.normal() for rng in rngs])
{body}

workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {{"quick": qt.Preset(gate={gate}, realizations={realizations})}},
    solve=solve, variables=(qt.Variable("x"),){more},
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

SAME = "    x = np.array([point.gate * np.random.default_rng(point.seed).normal() for r in realizations])\n"
GIVES = "    return {'x': x}"


def text_of(
    body: str, *, gate: str = "(1.0, 2.0, 3.0)", realizations: int = 8, more: str = ""
) -> str:
    return FILE.format(body=body, gate=gate, realizations=realizations, more=more)


def workflow_of(body: str, **given: str | int) -> qt.Workflow:
    return from_source(text_of(body, **given), "mine.py")  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _told(caplog: pytest.LogCaptureFixture) -> None:
    """Dask, which other tests start, sets a level for all."""
    caplog.set_level("WARNING", logger="qtcore")


def rehearsed(workflow: qt.Workflow) -> None:
    rehearse(workflow.sweep(workflow.preset(None), 1), workflow.author)


EVERYWHERE = {
    "a name": ("    return {'x': x * point.gat}", r"line 8, in solve.*has no gat; it has gate"),
    "an error of its own": ("    raise ValueError('no field')", "ValueError: no field"),
    "a key": ("    return {'x': {}[3]}", "KeyError: 3"),
    "an exit": ("    raise SystemExit(2)", "SystemExit: 2"),
    "a mean": (
        "    return {'x': np.mean(x)}",
        r"line 5, in solve.*x must have the shape \(2,\) \(realization\), got \(\); it was asked for "
        "2 realizations and must return a row for each",
    ),
    "one row too few": ("    return {'x': x[:-1]}", r"the shape \(2,\).*got \(1,\)"),
    "no dict": ("    return [x]", "must return a dict of x, it gave a list"),
    "another name": ("    return {'y': x}", "must return a dict of x, it gave y"),
    "complex numbers": ("    return {'x': 1j * x}", "must be numbers of float64"),
}


@pytest.mark.parametrize("more", ["", ", repeatable=False"])
@pytest.mark.parametrize("kind", EVERYWHERE)
def test_what_fails_at_every_point_is_refused_with_its_line(kind: str, more: str) -> None:
    body, words = EVERYWHERE[kind]
    said = rf'(?s)fails at the points that were tried \(2\), first at gate 1:.*"mine.py".*{words}'
    with pytest.raises(qt.InputError, match=said):
        rehearsed(workflow_of(body, more=more))


def test_a_dry_run_and_a_run_are_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(text_of("    return {'x': x * point.gat}"), encoding="utf-8")
    for call in (qt.plan, qt.run):
        with pytest.raises(qt.InputError, match="has no gat"):
            call("mine.py")
    assert not Path("results").exists()


PASSING = {
    "one point": "    if point.gate == 1: raise ValueError('no field')",
    "a file that is elsewhere": "    raise OSError('no such file')",
    "a device": "    raise RuntimeError('no device')",
    "each in another way": "    raise (ValueError if point.gate == 1 else KeyError)('no field')",
}


@pytest.mark.parametrize("kind", PASSING)
def test_what_may_be_of_one_point_or_this_machine_is_said(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    rehearsed(workflow_of(f"{PASSING[kind]}\n{GIVES}"))
    number = 1 if kind == "one point" else 2
    assert re.search(f"fails at {number} of 2 points .* first at gate 1: .*Error: no", caplog.text)


def test_realizations_that_are_equal_everywhere_are_refused() -> None:
    said = r"(?s)the same numbers for every realization.*default_rng\(\[point.seed, realization\]\)"
    with pytest.raises(qt.InputError, match=said):
        rehearsed(workflow_of(SAME + GIVES))
    with pytest.raises(qt.InputError, match=said):
        rehearsed(workflow_of(SAME + GIVES, gate="(1.0,)"))


def test_a_definition_without_randomness_says_so(caplog: pytest.LogCaptureFixture) -> None:
    rehearsed(workflow_of(SAME + GIVES, more=", distinct=False"))
    rehearsed(workflow_of(SAME + GIVES, realizations=1))
    rehearsed(workflow_of(GIVES))
    assert not caplog.text


def test_a_clean_point_is_told(caplog: pytest.LogCaptureFixture) -> None:
    rehearsed(workflow_of(GIVES, gate="(0.0, 1.0)"))
    assert (
        "equal in every number at 1 of 2 points tried before the run, such as gate 0" in caplog.text
    )


def test_numbers_of_few_values_are_not_refused(caplog: pytest.LogCaptureFixture) -> None:
    rehearsed(workflow_of("    return {'x': x > -1.2}"))
    assert not caplog.text, "some of eight differ"
    rehearsed(workflow_of("    return {'x': 0 * x + 1}"))
    assert "equal in every number at 2 of 2 points" in caplog.text


REFUSES = "    if point.gate {} 2: raise qt.InputError(f'gate is not {{point.gate:g}}')\n"


@pytest.mark.parametrize("where", [">", "<", "=="])
def test_a_point_that_is_refused_ends_the_run_before_it_begins(where: str) -> None:
    """At an end of the axis, or between: it was told, computed all the same, and never complete."""
    point = {">": "gate 3", "<": "gate 1", "==": "gate 2"}[where]
    said = f"refuses 1 point of those tried before the run, first {point}: gate is not"
    with pytest.raises(qt.InputError, match=said):
        rehearsed(workflow_of(REFUSES.format(where) + GIVES))


def test_a_store_is_repeated_with_its_refused_points(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is there who could give other values, and the other points can be computed."""
    workflow = workflow_of(REFUSES.format(">") + GIVES)
    rehearse(workflow.sweep(workflow.preset(None), 1), None)
    assert "refuses 1 point of those tried" in caplog.text


def test_too_little_memory_here_is_no_refusal_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    body = "    from qtcore.room import refuse_more_than_memory\n"
    body += "    if point.gate > 2: refuse_more_than_memory(2**60, 'all', 'ask for less')\n"
    rehearsed(workflow_of(body + GIVES))
    assert "fails at 1 of 2 points" in caplog.text
    assert not is_refusal("NoRoomError: all takes 1 EiB")
    assert is_refusal("InputError: gate is not 3")


TOO_LARGE = ("np.zeros((10**10, 10**10))", "np.zeros((10**8, 10**8))")


@pytest.mark.parametrize("made", TOO_LARGE)
def test_an_array_that_no_machine_holds_is_told_in_a_sentence(made: str) -> None:
    body = f"    if point.gate > 2: {made}\n{GIVES}"
    with pytest.raises(qt.InputError, match="needs more memory at gate 3 than any machine") as told:
        rehearsed(workflow_of(body))
    assert "Traceback" not in str(told.value)


SLOW = "    import time\n    while point.gate >= {}: time.sleep(0.01)\n"


@pytest.mark.parametrize(("least", "tried"), [(1, "not tried"), (3, "tried at 1 point only")])
def test_a_rehearsal_ends(
    least: int, tried: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for as long as the function took, without a word."""
    monkeypatch.setattr("qtcore.sweep.own_rehearsal.PATIENCE", 0.5)
    before = threading.active_count()
    rehearsed(workflow_of(SLOW.format(least) + GIVES))
    assert f"solve() was {tried} before the run: at gate {least} it takes longer" in caplog.text
    for _ in range(500):  # what was left has ended
        if threading.active_count() <= before:
            break
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_lengths_that_nothing_knows_are_refused() -> None:
    """They were stored with the sweep, and meant nothing."""
    workflow = workflow_of(GIVES)
    with pytest.raises(qt.InputError, match=r"mine knows no lengths, got \(8, 16\)"):
        workflow.sweep(workflow.preset(None).changed({"lengths": (8, 16)}), 1)
