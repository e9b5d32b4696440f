"""What a person and the event log are told during a run."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.store.layout import EVENTS
from qtcore.sweep.build import make_sweep
from qtcore.sweep.durations import duration
from qtcore.sweep.events import BlockFailed, Ended, EventLog, Retried, Started, TaskDone, read_log
from qtcore.sweep.plan import make_plan
from qtcore.sweep.progress import ProgressBar
from qtcore.sweep.task import Estimate


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


PRESET = qt.Preset(disorder=(1.0,), width=(2, 4), energy=0.5, lengths=(10, 20), realizations=64)
SWEEP = make_sweep("trial", PRESET, 1, wire=wire)
PLAN = make_plan(SWEEP, 8)
LN_G = np.random.default_rng(1).normal(-5, 2, 64)


def done(task: int, values: np.ndarray) -> TaskDone:
    estimate = Estimate(1, len(values), float(values.sum()), float((values**2).sum()))
    return TaskDone(task, ((1, 0, 4),), len(values), 0.5, 0.4, "host:1", 1, 0, (estimate,))


FAILED = BlockFailed(
    0, 0, 1, "W = 1", "RuntimeError: [odd] words", "trace", 3, "python -c …", "host:1"
)


def test_running_estimate_is_mean_and_standard_error_over_tasks() -> None:
    text = io.StringIO()
    with ProgressBar(Console(file=text, width=120)) as bar:
        bar(Started(PLAN, 2))
        bar(done(0, LN_G[:32]))
        bar(done(1, LN_G[32:]))
        bar(Ended(8, 0, 1.0, ""))
    error = LN_G.std(ddof=1) / 8
    assert f"⟨ln g⟩ = {LN_G.mean():.4g} ± {error:.2g} at disorder 1, width 4" in text.getvalue()
    assert "L = 20" in text.getvalue()


def test_failures_are_said_at_once_and_literally() -> None:
    text = io.StringIO()
    with ProgressBar(Console(file=text, width=120)) as bar:
        bar(Started(PLAN, 1))
        bar(Retried(((0, 0, 1),), 2, "OSError: x", "host:1"))
        bar(FAILED)
        bar(Ended(0, 16, 0.0, "interrupted"))
    assert "trying again (2): OSError: x" in text.getvalue()
    assert "failed: W = 1: RuntimeError: [odd] words" in text.getvalue()


def test_the_same_error_of_many_blocks_is_said_once() -> None:
    text = io.StringIO()
    with ProgressBar(Console(file=text, width=120)) as bar:
        bar(Started(PLAN, 1))
        for number in range(8):
            bar(Retried(((0, number, number + 1),), 2, "TypeError: x", "host:1"))
        for number in range(8):
            bar(replace(FAILED, first=number, stop=number + 1, error="TypeError: x"))
        bar(Ended(0, 8, 0.0, ""))
    assert text.getvalue().count("TypeError: x") == 3
    assert text.getvalue().count("trying again") == 1
    assert "failed: all 8 blocks with the same error: TypeError: x" in text.getvalue()


def test_quiet_console_prints_nothing() -> None:
    text = io.StringIO()
    with ProgressBar(Console(file=text, quiet=True)) as bar:
        bar(Started(PLAN, 1))
        bar(done(0, LN_G))
        bar(Ended(8, 0, 1.0, ""))
    assert text.getvalue() == ""


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
        (0.04, "0.0 s"),
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
