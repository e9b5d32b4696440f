"""A clock whose value may reach the numbers is refused; one that is only told of may stay."""

import pytest

import qtcore as qt
from qtcore.sweep.clocks import clock_that_may_matter
from qtcore.sweep.rehearsal import rehearse
from qtcore.workflow import from_source

START = """
import datetime
import logging
import sys
import time
import timeit
from contextlib import contextmanager
from functools import wraps
from time import perf_counter as clock

import numpy as np
import qtcore as qt

log = logging.getLogger("mine")
"""

END = """
workflow = qt.Workflow(
    "mine", "Mine", "For tests.", {{"quick": qt.Preset(gate=(1.0, 2.0), realizations=8)}},
    solve=solve, variables=(qt.Variable("r"),){more},
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

PLAIN = """
def solve(point, realizations):
    return {"r": np.array([scaled(point.gate, r) for r in realizations])}
"""


def workflow_of(text: str, more: str = "") -> qt.Workflow:
    solve = "" if "def solve" in text else PLAIN
    return from_source(START + text + solve + END.format(more=more), "mine.py")


def rehearsed(workflow: qt.Workflow) -> None:
    rehearse(workflow.sweep(workflow.preset(None), 1), workflow.author)


COARSE = {
    "hours": "def scaled(x, n): return x * n + int(time.time()) // 7200\n",
    "days": "def scaled(x, n): return x * n + datetime.datetime.now().toordinal()\n",
    "days of another clock": "def scaled(x, n): return x * n + int(clock()) // 10**7\n",
    "another name for it": "def scaled(x, n): return x * n + timeit.default_timer() // 10**7\n",
    "a variable": "def scaled(x, n):\n    t = time.time() // 10**6\n    y = t + 1\n    return x * n + y\n",
    "a helper": "def now(): return time.time_ns() // 10**16\ndef scaled(x, n): return x * n + now()\n",
    "an argument": "def f(t): return t // 10**7\ndef scaled(x, n): return x * n + f(time.time())\n",
    "a list": "T = []\ndef scaled(x, n):\n    T.append(time.time() // 10**7)\n    return x * n + T[-1]\n",
    "an attribute": (
        "class C:\n    def mark(self): self.t = time.time() // 10**7\n"
        "def scaled(x, n):\n    c = C()\n    c.mark()\n    return x * n + c.t\n"
    ),
    "a global": (
        "T = 0\ndef mark():\n    global T\n    T = time.time() // 10**7\n"
        "def scaled(x, n):\n    mark()\n    return x * n + T\n"
    ),
    "a condition": "def scaled(x, n):\n    if time.time() > 1e9:\n        return x * n\n    return 0.0\n",
    "a condition that sets": (
        "def scaled(x, n):\n    y = 0\n    if time.time() > 1e9: y = 1\n    return x * n + y\n"
    ),
    "as long as there is time": (
        "def scaled(x, n):\n    end = time.monotonic() + 1e-4\n    while time.monotonic() < end:\n"
        "        n = n\n    return x * n\n"
    ),
    "a choice": "def scaled(x, n): return x * n if time.time() > 1e9 else 0.0\n",
    "a seed": "def scaled(x, n): return x * n + np.random.default_rng(int(time.time()) // 10**7).normal()\n",
    "a seed for all": "def scaled(x, n):\n    np.random.seed(int(time.time()) // 10**7)\n    return x * n\n",
    "returned by solve": (
        "def solve(point, realizations):\n    t = int(time.time()) // 10**7\n"
        "    return {'r': np.array([t + r for r in realizations])}\n"
    ),
}


@pytest.mark.parametrize("kind", COARSE)
def test_a_clock_that_may_reach_the_numbers_is_refused(kind: str) -> None:
    with pytest.raises(qt.InputError, match=r"reads the clock .*repeatable=False"):
        rehearsed(workflow_of(COARSE[kind]))
    rehearsed(workflow_of(COARSE[kind], ", repeatable=False"))


HARMLESS = {
    "a pause": "def scaled(x, n):\n    time.sleep(1e-6)\n    return x * n\n",
    "a time that is printed": (
        "def scaled(x, n):\n    start = time.perf_counter()\n    y = x * n\n"
        "    print(f'{n}: {1e3 * (time.perf_counter() - start):.1f} ms', file=sys.stderr)\n"
        "    return y\n"
    ),
    "a time that is logged": (
        "def scaled(x, n):\n    start = clock()\n    y = x * n\n    took = round(clock() - start, 3)\n"
        "    log.info('took %s s', took)\n    return y\n"
    ),
    "a stamp": "def scaled(x, n):\n    log.debug('%s', datetime.datetime.now().isoformat())\n    return x * n\n",
    "a report now and then": (
        "LAST = 0.0\ndef scaled(x, n):\n    global LAST\n    now = time.monotonic()\n"
        "    if now - LAST > 10:\n        print('at', n)\n        LAST = now\n    return x * n\n"
    ),
    "a helper that reports": (
        "def report(what, seconds):\n    print(f'{what} {seconds:.2f}')\n"
        "def scaled(x, n):\n    t = time.time()\n    y = x * n\n    report('y', time.time() - t)\n    return y\n"
    ),
    "a decorator": (
        "def timed(function):\n    @wraps(function)\n    def inner(*given):\n        t = clock()\n"
        "        y = function(*given)\n        print(function.__name__, clock() - t)\n        return y\n"
        "    return inner\n@timed\ndef scaled(x, n): return x * n\n"
    ),
    "a context": (
        "@contextmanager\ndef timing(what):\n    t = clock()\n    yield\n    print(what, clock() - t)\n"
        "def scaled(x, n):\n    with timing('y'):\n        return x * n\n"
    ),
    "a class": (
        "class Timer:\n    def __enter__(self):\n        self.start = clock()\n        return self\n"
        "    def __exit__(self, *_):\n        self.took = clock() - self.start\n"
        "def scaled(x, n):\n    with Timer() as timer:\n        y = x * n\n"
        "    log.info('%.3f', timer.took)\n    return y\n"
    ),
    "a limit": (
        "def scaled(x, n):\n    start = time.time()\n    y = x * n\n"
        "    if time.time() - start > 600: raise TimeoutError('slow')\n    return y\n"
    ),
    "a limit that is told": (
        "def scaled(x, n):\n    t = clock()\n    y = x * n\n"
        "    if clock() - t > 600:\n        raise TimeoutError(f'took {clock() - t:.0f} s')\n    return y\n"
    ),
    "a progress bar": (
        "class Bar:\n    def set_postfix(self, **shown): self.shown = shown\nBAR = Bar()\n"
        "def scaled(x, n):\n    t = clock()\n    y = x * n\n    BAR.set_postfix(seconds=clock() - t)\n"
        "    return y\n"
    ),
    "whatever happens": (
        "def scaled(x, n):\n    t = clock()\n    try:\n        return x * n\n"
        "    finally:\n        sys.stderr.write(f'{clock() - t}')\n"
    ),
    "times that are kept and printed": (
        "TIMES = []\ndef scaled(x, n):\n    t = clock()\n    y = x * n\n    TIMES.append(clock() - t)\n"
        "    if len(TIMES) % 100 == 0: print(np.mean(TIMES))\n    return y\n"
    ),
    "another function's start": (
        "def other(x):\n    start = x\n    return start\n"
        "def scaled(x, n):\n    start = clock()\n    y = other(x) * n\n    print(clock() - start)\n    return y\n"
    ),
    "a clock that nobody calls": "def unused(): return time.time()\ndef scaled(x, n): return x * n\n",
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_a_clock_that_is_only_told_of_passes(kind: str) -> None:
    workflow = workflow_of(HARMLESS[kind])
    assert clock_that_may_matter(workflow.sweep(workflow.preset(None), 1).program) is None


def test_a_function_that_reports_how_long_it_took_passes_the_rehearsal() -> None:
    rehearsed(workflow_of(HARMLESS["a time that is logged"]))


WHERE = {
    "a thread": ("import threading\n", "threading.current_thread() is threading.main_thread()"),
    "its name": ("import threading\n", "len(threading.current_thread().name)"),
    "its number": ("from threading import get_ident\n", "get_ident() % 7"),
    "a process": ("import multiprocessing\n", "len(multiprocessing.current_process().name)"),
    "its group": ("import os\n", "os.getpgrp() % 7"),
}


@pytest.mark.parametrize("kind", WHERE)
def test_where_a_function_runs_is_refused_by_name(kind: str) -> None:
    imports, value = WHERE[kind]
    text = f"{imports}def scaled(x, n): return x * n + float({value})\n"
    with pytest.raises(qt.InputError, match="reads the process or host that it runs in"):
        rehearsed(workflow_of(text))


def test_the_rehearsal_is_in_another_thread_than_the_main_one() -> None:
    """By whatever name a function asks for it."""
    text = (
        "import threading\ndef scaled(x, n):\n"
        "    here = getattr(threading, 'current' + '_thread')\n    return x * n + len(here().name)\n"
    )
    with pytest.raises(qt.InputError, match="workers would not compute what this process"):
        rehearsed(workflow_of(text))
