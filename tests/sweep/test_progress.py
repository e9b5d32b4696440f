"""What a person and the event log are told during a run."""

import io
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.store.layout import EVENTS
from qtcore.sweep.advance import Advance
from qtcore.sweep.build import make_sweep
from qtcore.sweep.durations import duration
from qtcore.sweep.events import BlockFailed, Ended, EventLog, Retried, Started, TaskDone, read_log
from qtcore.sweep.heartbeat import Heartbeat
from qtcore.sweep.listening import Display
from qtcore.sweep.plan import make_plan
from qtcore.sweep.progress import ProgressBar, display_on
from qtcore.sweep.task import Estimate


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


PRESET = qt.Preset(disorder=(1.0,), width=(2, 4), energy=0.5, lengths=(10, 20), realizations=64)
SWEEP = make_sweep("trial", PRESET, 1, wire=wire)
PLAN = make_plan(SWEEP, 8)
LN_G = np.random.default_rng(1).normal(-5, 2, 64)


def done(task: int, values: np.ndarray) -> TaskDone:
    estimate = Estimate(1, len(values), float(values.sum()), float((values**2).sum()))
    return TaskDone(task, ((1, 0, 4),), len(values), 0.5, 0.5, 0.4, "host:1", 1, 0, (estimate,))


FAILED = BlockFailed(
    0, 0, 1, "W = 1", "RuntimeError: [odd] words", "trace", 3, "python -c …", "host:1"
)


class Clock:
    """Time that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def piped(text: io.StringIO) -> Heartbeat:
    found = display_on(Console(file=text, width=120))
    assert isinstance(found, Heartbeat)
    return found


@pytest.fixture(params=["piped", "terminal"])
def display(request: pytest.FixtureRequest) -> Callable[[io.StringIO], Display]:
    def on_terminal(text: io.StringIO) -> ProgressBar:
        found = display_on(Console(file=text, width=120, force_terminal=True))
        assert isinstance(found, ProgressBar)
        return found

    return piped if request.param == "piped" else on_terminal


def said(text: io.StringIO) -> str:
    """Return what was printed without the codes that steer a terminal."""
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text.getvalue())


def test_running_estimate_is_mean_and_standard_error_over_tasks(
    display: Callable[[io.StringIO], Display],
) -> None:
    text = io.StringIO()
    with display(text) as show:
        show(Started(PLAN, 2))
        show(done(0, LN_G[:32]))
        show(done(1, LN_G[32:]))
        show(Ended(8, 0, 1.0, ""))
    error = LN_G.std(ddof=1) / 8
    assert f"⟨ln g⟩ = {LN_G.mean():.4g} ± {error:.2g} at disorder 1, width 4" in said(text)
    assert "L = 20" in said(text)


def test_failures_are_said_at_once_and_literally(display: Callable[[io.StringIO], Display]) -> None:
    text = io.StringIO()
    with display(text) as show:
        show(Started(PLAN, 1))
        show(Retried(((0, 0, 1),), 2, "OSError: x", "host:1"))
        show(FAILED)
        assert "failed: W = 1: RuntimeError: [odd] words" in said(text)
        show(Ended(0, 16, 0.0, "interrupted"))
    assert "trying again (2): OSError: x" in said(text)


def test_the_same_error_of_many_blocks_is_said_once(
    display: Callable[[io.StringIO], Display],
) -> None:
    text = io.StringIO()
    with display(text) as show:
        show(Started(PLAN, 1))
        for number in range(8):
            show(Retried(((0, number, number + 1),), 2, "TypeError: x", "host:1"))
        for number in range(8):
            show(replace(FAILED, first=number, stop=number + 1, error="TypeError: x"))
        show(Ended(0, 8, 0.0, ""))
    assert said(text).count("TypeError: x") == 3
    assert said(text).count("trying again") == 1
    assert "failed: all 8 blocks with the same error: TypeError: x" in said(text)


def test_quiet_console_prints_nothing() -> None:
    text = io.StringIO()
    console = Console(file=text, quiet=True)
    for display in (Heartbeat(console), ProgressBar(console)):
        with display as show:
            show(Started(PLAN, 1))
            show(done(0, LN_G))
            show(Ended(8, 0, 1.0, ""))
    assert text.getvalue() == ""


def share_of(part: float, blocks: int) -> TaskDone:
    """Return a task that did this part of all the work, in so many blocks."""
    return replace(
        done(0, LN_G),
        pieces=((0, 0, blocks),),
        expected=part * PLAN.core_seconds,
        seconds=2 * part * PLAN.core_seconds,
    )


def test_a_log_has_a_line_at_each_quarter_of_the_work() -> None:
    """Of the work, and not of the tasks or blocks: a heavy task is more of it than ten light ones."""
    text, clock = io.StringIO(), Clock()
    with Heartbeat(Console(file=text, width=120), clock=clock) as show:
        show(Started(PLAN, 2))
        for _ in range(10):
            clock.now += 1.0
            show(share_of(0.02, 1))  # 20 % after ten of eleven tasks
        show(share_of(0.35, 2))  # 55 %: two quarters in one task make one line
        show(share_of(0.25, 2))  # 80 %
        show(share_of(0.20, 2))
        show(Ended(16, 0, 1.0, ""))
    lines = [line.split("  ", 1)[1] for line in said(text).splitlines()]
    assert [line.split(",")[0] for line in lines] == [
        "16 blocks to compute with 2 workers",
        *("55% done", "80% done", "100% done"),
    ]
    # 704 realizations in 10 s. What is left takes twice the time that the cost model says, on two workers.
    assert (
        f"12 of 16 blocks, 70 realizations/s, about {duration(0.45 * PLAN.core_seconds)} left"
        in lines[1]
    )
    assert "16 of 16 blocks" in lines[-1]
    assert "left" not in lines[-1]


def test_a_log_has_a_line_when_nothing_happens() -> None:
    text = io.StringIO()
    with Heartbeat(Console(file=text, width=120), every=0.02) as show:
        show(Started(PLAN, 2))
        give_up = time.monotonic() + 60
        while said(text).count("0% done, 0 of 16 blocks") < 3:
            assert time.monotonic() < give_up
            time.sleep(0.005)
        show(Ended(0, 16, 1.0, "interrupted"))
        over = said(text)
        time.sleep(0.1)
        assert said(text) == over  # nothing more after the end


def test_each_round_has_its_quarters() -> None:
    text = io.StringIO()
    with piped(text) as show:
        for _ in range(2):
            show(Started(PLAN, 1))
            show(share_of(0.5, 8))
            show(share_of(0.5, 8))
            show(Ended(16, 0, 1.0, ""))
    assert said(text).count("50% done") == said(text).count("100% done") == 2


def test_what_is_to_be_tried_again_is_not_done() -> None:
    text = io.StringIO()
    with piped(text) as show:
        show(Started(PLAN, 1))
        show(share_of(1.0, 15))
        show(Ended(15, 1, 1.0, "interrupted"))
    assert "99% done, 15 of 16 blocks" in said(text)
    assert "100%" not in said(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.064, "1,000 realizations/s"), (64.0, "60 realizations/min"), (57_600, "4 realizations/h")],
)
def test_slow_rates_are_told_per_minute_and_hour(seconds: float, words: str) -> None:
    clock = Clock()
    advance = Advance(PLAN, 1, clock)
    assert advance.rate == ""
    clock.now += seconds
    advance.take(done(0, LN_G))
    assert advance.rate == words


def events(store: Path) -> Path:
    path = store / EVENTS
    path.parent.mkdir()
    return path


def test_log_lines_are_json_and_appended(tmp_path: Path) -> None:
    path = events(tmp_path)
    for _ in range(2):
        with EventLog(event_log(tmp_path)) as log:
            log(Started(PLAN, 2))
            log(done(0, LN_G))
            log(FAILED)
            log(Ended(4, 12, 0.5, ""))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == 2 * ["Started", "TaskDone", "BlockFailed", "Ended"]
    assert lines[1]["worker"] == "host:1"
    assert lines[1]["pieces"] == [[1, 0, 4]]
    assert lines[2]["reproduce"] == FAILED.reproduce
    assert all(line["time"].endswith("+00:00") for line in lines)


def test_damaged_log_lines_hide_no_others(tmp_path: Path) -> None:
    path = events(tmp_path)
    path.write_text('{"event": "Started"}\n{"event": "Task\n{"event": "Ended"}\n')
    assert [line["event"] for line in read_log(event_log(tmp_path))] == ["Started", "Ended"]
    assert read_log(event_log(tmp_path / "absent")) == []


def test_log_on_a_full_disk_ends_nothing(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    told = []
    events(tmp_path).symlink_to(full)
    with EventLog(event_log(tmp_path)) as log:
        for event in (Started(PLAN, 2), Ended(0, 0, 0.0, "")):
            log(event)
            told.append(event)
    assert len(told) == 2


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (0.0004, "1 ms"),
        (0.04, "40 ms"),
        (0.0996, "0.1 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.7, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (90_000, "25 h 00 min"),
        (200_000, "2 d 07 h"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
