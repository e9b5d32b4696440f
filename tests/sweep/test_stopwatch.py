"""The clock of the rehearsal beside other work of the machine."""

import os
import subprocess
import sys
import time

import pytest

from qtcore.sweep import stopwatch
from qtcore.sweep.stopwatch import undisturbed_seconds

needs_counts = pytest.mark.skipif(
    not stopwatch.WAITED.exists(), reason="this system does not count what a thread waits"
)
BUSY = "while True: pass"


def _computed(seconds):
    begun = time.thread_time()
    while time.thread_time() - begun < seconds:
        pass


@needs_counts
def test_waiting_for_a_core_does_not_count():
    core = min(os.sched_getaffinity(0))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    try:
        time.sleep(0.2)
        begun, wall = undisturbed_seconds(), time.perf_counter()
        _computed(0.2)
        took, wall = undisturbed_seconds() - begun, time.perf_counter() - wall
    finally:
        os.sched_setaffinity(0, before)
        for other in others:
            other.kill()
            other.wait()
    assert wall > 0.25, "the others were in the way"
    assert took == pytest.approx(0.2, abs=0.05)


def test_what_a_call_sleeps_counts():
    begun = undisturbed_seconds()
    time.sleep(0.1)
    assert undisturbed_seconds() - begun >= 0.1


def test_a_system_that_does_not_count_has_wall_time(monkeypatch, tmp_path):
    monkeypatch.setattr(stopwatch, "WAITED", tmp_path / "none")
    begun, wall = undisturbed_seconds(), time.perf_counter()
    time.sleep(0.05)
    assert undisturbed_seconds() - begun == pytest.approx(time.perf_counter() - wall, abs=0.02)


def test_a_wait_while_the_clock_is_read_does_not_turn_it_back(monkeypatch):
    monkeypatch.setattr(stopwatch.time, "perf_counter", iter([10.0, 10.5, 11.0]).__next__)
    monkeypatch.setattr(stopwatch, "_waited", iter([1.0, 1.4, 1.4, 1.4, 1.4]).__next__)
    first, second = undisturbed_seconds(), undisturbed_seconds()
    assert first == pytest.approx(10.5 - 1.4)  # the clock before the wait is not taken
    assert second == pytest.approx(11.0 - 1.4)
