"""Numbers that depend on what each process chooses anew are refused; the same seeds, each time."""

import logging

import pytest

import qtcore as qt
from qtcore.sweep import elsewhere
from qtcore.sweep.elsewhere import Elsewhere, may_differ
from qtcore.sweep.rehearsal import rehearse
from qtcore.workflow import from_source

TEXT = """
import functools
import numpy as np
import qtcore as qt

{before}

def solve(point, realizations):
    k = {value}
    return {{"x": np.array([point.gate * k + r for r in realizations], dtype=float)}}

workflow = qt.Workflow(
    "mine", "Mine", "For tests.", {{"quick": qt.Preset(gate=(1.0, 2.0), realizations=8)}},
    solve=solve, variables=(qt.Variable("x"),){more},
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

WIRE = """
import qtcore as qt

def wire(point):
    side = list({"left", "right", "top", "bottom", "inner", "outer"}).index("left")
    return qt.Wire(qt.Square(3), qt.Box(1.0 + side))

workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {"quick": qt.Preset(gate=(1.0,), energy=(0.5,), lengths=(4, 9), realizations=8)}, wire=wire,
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

NAMES = '{"left", "right", "top", "bottom", "inner", "outer"}'

DIFFER = {
    "a set of texts": ("", f'list({NAMES}).index("left")'),
    "a set at the top level": (f'K = list({NAMES}).index("left")', "K"),
    "keys of dicts together": (
        'A = dict.fromkeys("abcdef", 1)',
        '[*(A.keys() & A.keys())].index("a")',
    ),
    "id": ("", "id(np) % 1009"),
}

ALIKE = {
    "a set in order": ("", f'sorted({NAMES}).index("left")'),
    "whether something is in a set": ("", f'1.0 if "left" in {NAMES} else 0.0'),
    "a set of numbers": ("K = [*{3, 1, 2}][0]", "K"),
    "something printed": ("", "len({print('said')})"),
}


def workflow_of(before: str, value: str, more: str = "") -> qt.Workflow:
    return from_source(TEXT.format(before=before, value=value, more=more), "mine.py")


def rehearsed(workflow: qt.Workflow) -> None:
    rehearse(workflow.sweep(workflow.preset(None), 1), workflow.author)


@pytest.mark.parametrize("kind", DIFFER)
@pytest.mark.first_cases(2)
def test_numbers_that_differ_from_process_to_process_are_refused(kind: str) -> None:
    with pytest.raises(qt.InputError, match=r"other numbers in another process, at gate 1: x is "):
        rehearsed(workflow_of(*DIFFER[kind]))


@pytest.mark.further
def test_a_wire_that_differs_from_process_to_process_is_refused() -> None:
    with pytest.raises(qt.InputError, match=r"^wire\(\) gives other numbers in another process"):
        rehearsed(from_source(WIRE, "mine.py"))


@pytest.mark.parametrize("kind", ALIKE)
@pytest.mark.first_cases(1)
def test_numbers_that_are_alike_pass(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    workflow = workflow_of(*ALIKE[kind])
    assert may_differ(workflow.sweep(workflow.preset(None), 1).program)
    with caplog.at_level(logging.WARNING):
        rehearsed(workflow)
    assert not caplog.records


def test_functions_that_are_meant_to_differ_are_not_tried() -> None:
    rehearsed(workflow_of(*DIFFER["id"], more=", repeatable=False"))


def test_a_run_from_the_store_alone_says_it_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    workflow = workflow_of(*DIFFER["a set of texts"])
    with caplog.at_level(logging.WARNING):
        rehearse(workflow.sweep(workflow.preset(None), 1), None)
    assert "solve() gives other numbers in another process" in caplog.text


@pytest.mark.parametrize(
    ("program", "differs"),
    [
        ("import numpy as np\nfrom math import pi\ndef solve(p, r):\n    return {'x': pi}", False),
        ("def solve(p, r):\n    return {k: v for k, v in {'x': 1}.items()}", False),
        ("import somebodys_graphs\n", True),
        ("from os import path\n", True),
        ("def solve(p, r):\n    return '%s' % p", True),
        ("def solve(p, r):\n    return {'a': 1}.items() & p.items()", True),
        ("def solve(p, r):\n    return getattr(p, '__ha' + 'sh__')()", True),
        ("def solve(p, r):\n    return eval('i' + 'd(p)')", True),
    ],
)
def test_programs_that_may_differ_are_known_by_their_text(program: str, differs: bool) -> None:
    assert may_differ(program) is differs


def test_a_process_that_gives_no_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(elsewhere, "START", "import sys; sys.exit(3)")
    with caplog.at_level(logging.WARNING):  # Dask has set another one where it was used before
        rehearsed(workflow_of(*ALIKE["a set in order"]))
    assert "gave no answer" in caplog.text


def test_no_process_is_left_behind() -> None:
    workflow = workflow_of("import time", "time.sleep(60) or len({1})")
    sweep = workflow.sweep(workflow.preset(None), 1)
    with Elsewhere(sweep.program, [sweep.point(0)]) as others:
        started = [process for process, _ in others._started]
        assert [process.poll() for process in started] == [None] * 3
    assert all(process.poll() is not None for process in started)
