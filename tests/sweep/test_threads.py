"""What a definition sets for a thread or a context, and what it keeps, is there wherever it is called."""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.sweep.rehearsal import rehearse
from qtcore.workflow import from_source

START = """
import contextvars
import decimal
import threading
import time

import numpy as np
import qtcore as qt
"""

END = """
workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {{"quick": qt.Preset(gate=(1.0, 2.0), realizations={realizations})}},
    solve=solve, variables=(qt.Variable("r"),){more},
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

ROWS = """
def solve(point, realizations):
    return {"r": np.array([point.gate * r + setting(r) for r in realizations])}
"""


def workflow_of(text: str, realizations: int = 8, more: str = "") -> qt.Workflow:
    return from_source(START + text + END.format(realizations=realizations, more=more), "mine.py")


def sweep_of(workflow: qt.Workflow) -> qt.Sweep:
    return workflow.sweep(workflow.preset(None), 1)


def rehearsed(workflow: qt.Workflow) -> None:
    rehearse(sweep_of(workflow), workflow.author)


def elsewhere(function: Callable[[], Any]) -> Any:
    """Call a function in a thread that has met nothing, as the second task of a worker may."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(contextvars.Context().run, function).result()


SETTINGS = {
    "NumPy's errors": """
np.seterr(divide="raise")
def setting(r):
    try:
        return float(np.float64(1.0) / np.float64(0.0) > 1)
    except FloatingPointError:
        return 5.0
""",
    "a context variable": """
V = contextvars.ContextVar("V", default=0.0)
V.set(5.0)
def setting(r):
    return V.get()
""",
    "a precision": """
decimal.getcontext().prec = 60
def setting(r):
    big = decimal.Decimal(10) ** 40
    return float(decimal.Decimal(5) + big - big)
""",
    "an object of a thread": """
T = threading.local()
T.shift = 5.0
def setting(r):
    return getattr(T, "shift", 0.0)
""",
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_what_is_set_for_a_thread_or_a_context_reaches_every_call(kind: str) -> None:
    before = np.geterr(), contextvars.copy_context()
    with np.errstate(divide="ignore"):
        workflow = contextvars.Context().run(workflow_of, SETTINGS[kind] + ROWS)
        sweep = sweep_of(workflow)
        rows = range(3)
        wanted = [5.0, 6.0, 7.0]
        assert sweep.solve(sweep.point(0), rows)["r"].tolist() == wanted
        # Also in a thread that this process, or an earlier task, has not loaded the program in.
        assert elsewhere(lambda: sweep.solve(sweep.point(0), rows))["r"].tolist() == wanted
    assert np.geterr() == before[0]


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.first_cases(1)
def test_such_definitions_pass_the_rehearsal(kind: str) -> None:
    def here() -> None:
        rehearsed(workflow_of(SETTINGS[kind] + ROWS))

    elsewhere(here)


def test_what_a_function_sets_ends_with_the_call() -> None:
    workflow = workflow_of(
        'V = contextvars.ContextVar("V", default=0.0)\n'
        "def setting(r):\n    V.set(V.get() + 1)\n    return V.get() - r - 1\n" + ROWS
    )
    sweep = sweep_of(workflow)
    first, second = (sweep.solve(sweep.point(0), range(3))["r"].tolist() for _ in range(2))
    assert first == second == [0.0, 1.0, 2.0]


def test_what_was_set_by_hand_for_this_thread_is_refused() -> None:
    workflow = workflow_of(
        'V = contextvars.ContextVar("V", default=0.0)\ndef setting(r): return V.get()\n' + ROWS
    )

    def by_hand() -> None:
        workflow.author.functions["solve"].__globals__["V"].set(3.0)
        rehearsed(workflow)

    with pytest.raises(qt.InputError, match="workers would not compute what this process"):
        elsewhere(by_hand)


BUFFER = """
BUFFER = np.zeros(64)
def solve(point, realizations):
    for row, r in enumerate(realizations):
        BUFFER[row] = np.random.default_rng([point.seed, r]).random() * point.gate
    time.sleep({seconds})
    return {{"r": {given}}}
"""

VIEWS = {
    "a view": "BUFFER[:len(realizations)]",
    "a part of a matrix": "BUFFER.reshape(-1, 1)[:len(realizations), 0]",
    "a masked view": "np.ma.array(BUFFER, copy=False)[:len(realizations)]",
    "a memory": "memoryview(BUFFER)[:len(realizations)]",
}


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.first_cases(1)
def test_a_function_may_return_a_view_of_what_it_fills_anew(kind: str) -> None:
    rehearsed(workflow_of(BUFFER.format(seconds=0, given=VIEWS[kind])))


def test_threads_do_not_share_what_functions_fill() -> None:
    sweep = sweep_of(workflow_of(BUFFER.format(seconds=0.1, given=VIEWS["a view"])))
    starts = threading.Barrier(2)

    def block(number: int) -> list[float]:
        starts.wait()
        found = sweep.solve(sweep.point(number), range(4))["r"]
        return [float(x) for x in found]

    with ThreadPoolExecutor(2) as threads:
        found = [*threads.map(block, range(2))]
    for gate, rows in enumerate(found, 1):
        assert rows == [np.random.default_rng([1, r]).random() * gate for r in range(4)]
