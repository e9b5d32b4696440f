"""A user's function that ends its process, or raises what nobody expects: that block's failure."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pytest
from distributed import Client

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local
from qtcore.sweep import task
from qtcore.sweep.cost import measure
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.plan import Cutting
from qtcore.sweep.program import ProgramError
from qtcore.sweep.trusted import vouch
from qtcore.workflow import from_source

Connect = Callable[[], AbstractContextManager[Client]]

DEFINITION = """
import asyncio
import sys

import numpy as np
import qtcore as qt


class Mute(Exception):
    errno = []

    def __str__(self):
        raise ValueError("no words")

    def __reduce__(self):
        raise TypeError("no pickle")


class Own(BaseException):
    pass


def deeper():
    deeper()


def solve(point, realizations):
    x = np.full(len(realizations), point.gate)
    if point.gate == 2:
        {trouble}
    return {{"x": x}}


workflow = qt.Workflow(
    "own", "Own", "For tests.",
    {{"quick": qt.Preset(gate=(1.0, 2.0, 3.0), realizations=16)}},
    solve=solve, variables=(qt.Variable("x"),), analyse=None, draw=None, check=None,
)
"""

TROUBLES = {
    "sys.exit(0)": "ProgramError: solve() at gate 2 ends the process that calls it (SystemExit: 0)",
    "sys.exit('bye')": "ProgramError: solve() at gate 2 ends the process",
    "raise KeyboardInterrupt": "solve() at gate 2 ends the process that calls it (KeyboardInterr",
    "raise GeneratorExit": "solve() at gate 2 ends the process that calls it (GeneratorExit)",
    "raise asyncio.CancelledError": "solve() at gate 2 ends the process that calls it (Cancelled",
    "raise Own('x')": "solve() at gate 2 ends the process that calls it (Own: x)",
    "raise Mute": "Mute: (its text cannot be made)",
    "raise StopIteration": "StopIteration",
    "raise MemoryError('8 TiB')": "MemoryError: 8 TiB",
    "raise OSError('x' * 10**6)": "OSError: xxx",
    "deeper()": "RecursionError: maximum recursion depth exceeded",
    "return {'x': [[1.0], [2.0, 3.0]]}": "QtcoreError: solve() at gate 2: x must have the shape",
    "return {'x': {1.0, 2.0}}": "QtcoreError: solve() at gate 2: x must be numbers of float64",
    "return {'x': (n for n in realizations)}": "got a generator",
    "return {'x': 'numbers'}": "got a str",
    "return None": "it must return a dict of x, it gave a NoneType",
    "yield x": "it must return a dict of x, it gave a generator",
}


def make_sweep(trouble: str) -> qt.Sweep:
    workflow = from_source(DEFINITION.format(trouble=trouble), "own.py")
    return workflow.sweep(workflow.preset(None), 7)


def with_program(text: str) -> qt.Sweep:
    vouch(text)
    return make_sweep("pass").changed(program=text)


def assert_that_block_alone_failed(store: Path, words: str) -> None:
    found = qt.open(store).load()
    for gate in (1.0, 3.0):
        np.testing.assert_array_equal(found.x.sel(gate=gate), np.full(16, gate))
    assert np.isnan(found.x.sel(gate=2.0)).all()
    failures = qt.status(store).failures
    assert {failure["parameters"] for failure in failures} == {"gate 2"}
    assert all(words in failure["error"] for failure in failures), failures[0]["error"]
    assert all(len(failure["error"]) < 3000 for failure in failures)


@pytest.mark.parametrize("trouble", [name for name in TROUBLES if not name.startswith("yield")])
def test_on_threads(trouble: str, tmp_path: Path, threads: Connect) -> None:
    """`sys.exit` left the loop waiting for ever here."""
    task._opened.cache_clear()
    store, small = tmp_path / "a.zarr", Cutting(block=16, shortest_task=0.0)
    outcome = fill_store(make_sweep(trouble), store, threads, cutting=small)
    assert (outcome.blocks_done, outcome.blocks_left, outcome.stopped) == (2, 1, "")
    assert_that_block_alone_failed(store, TROUBLES[trouble])


@pytest.mark.parametrize("trouble", ["sys.exit(0)", "raise KeyboardInterrupt"])
def test_blocks_that_share_a_task_with_it(trouble: str, tmp_path: Path, threads: Connect) -> None:
    task._opened.cache_clear()
    store = tmp_path / "a.zarr"
    outcome = fill_store(make_sweep(trouble), store, threads)
    assert [failure.parameters for failure in outcome.failures] == ["gate 2"]
    assert outcome.failures[0].attempts == 1, "it would do it again"
    assert_that_block_alone_failed(store, TROUBLES[trouble])


@pytest.mark.cluster
def test_on_worker_processes(tmp_path: Path) -> None:
    """`sys.exit` ended the worker here, and took the blocks of its task along."""
    profile = Local(kind="local", workers=1, dashboard=False)
    with connect(profile) as client:
        for number, trouble in enumerate(("sys.exit(0)", "raise KeyboardInterrupt", "raise Mute")):
            store = tmp_path / f"{number}.zarr"
            before = set(client.nthreads())
            outcome = fill_store(make_sweep(trouble), store, lambda: nullcontext(client))
            assert outcome.stopped == ""
            assert set(client.nthreads()) == before, "no worker has ended"
            assert_that_block_alone_failed(store, TROUBLES[trouble])


def test_a_generator_function_is_no_solve(tmp_path: Path, threads: Connect) -> None:
    task._opened.cache_clear()
    outcome = fill_store(make_sweep("yield x"), tmp_path / "a.zarr", threads)
    assert outcome.blocks_done == 0
    assert all(TROUBLES["yield x"] in failure.error for failure in outcome.failures)


def test_timing_a_function_that_exits_ends_nothing() -> None:
    sweep = with_program("def solve(point, realizations):\n    exit(0)\n")
    assert all(factor > 0 for factor in measure(sweep).factors.values())


def test_a_program_that_exits_when_it_is_loaded() -> None:
    sweep = with_program("raise SystemExit(0)\ndef solve(p, r):\n    return 1\n")
    with pytest.raises(ProgramError, match=r"cannot be loaded on .*: SystemExit: 0"):
        sweep.solve(sweep.point(0), range(1))


@pytest.mark.parametrize("role", ["wire", "cost"])
def test_functions_that_the_driver_calls(role: str) -> None:
    program = f"def {role}(point):\n    raise SystemExit(0)\n"
    if role == "cost":
        sweep = with_program(f"{program}def solve(p, r):\n    return 1\n")
    else:
        preset = {"axes": (qt.Axis((1.0,), name="gate"),), "lengths": (4,), "realizations": 1}
        vouch(program)
        sweep = qt.Sweep(workflow="x", seed=1, observables=("ln_g",), program=program, **preset)
    with pytest.raises(ProgramError, match=rf"{role}\(\) fails at gate 1") as caught:
        getattr(sweep, role)(sweep.point(0))
    assert "SystemExit: 0" in str(caught.value)


def test_ctrl_c_in_the_main_thread_is_no_fault_of_the_function() -> None:
    sweep = with_program("def solve(point, realizations):\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        sweep.solve(sweep.point(0), range(1))


def test_warnings_that_are_errors(tmp_path: Path, threads: Connect) -> None:
    task._opened.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sweep = make_sweep("x = np.array([np.inf, -np.inf] * 8)[:len(x)]")
        outcome = fill_store(sweep, tmp_path / "a.zarr", threads)
    assert (outcome.blocks_left, outcome.failures) == (0, [])
