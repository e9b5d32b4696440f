"""The timeline of a sweep: what the event log says, no more; and a figure with every task."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba

import qtcore as qt
from qtcore.figures.timeline import AGAIN, FIRST, draw
from qtcore.store.create import create
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.plan import block_length
from qtcore.sweep.prepare_store import layout
from qtcore.sweep.timeline import timeline

Connect = Callable[[], AbstractContextManager[Client]]
Make = Callable[..., qt.Sweep]


def test_timeline_of_a_sweep_agrees_with_its_log(
    tmp_path: Path, threads: Connect, make_sweep: Make
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(make_sweep(realizations=10), store, threads)
    fill_store(make_sweep(realizations=20), store, threads)
    found = timeline(store)
    done = [line for line in read_log(event_log(store)) if line["event"] == "TaskDone"]
    assert found.sizes["task"] == len(done)
    assert found.sizes["session"] == 2
    assert int(found.realizations.sum()) == sum(line["realizations"] for line in done)
    busy = float((found.stop - found.start).sum())
    assert busy == pytest.approx(sum(line["seconds"] for line in done), abs=1e-6)
    # A task lies within its session; its end is logged when it arrives, to the millisecond.
    assert (found.stop[-1] <= found.session_stop[-1]).all()
    assert (found.start > -0.01).all()


@pytest.fixture
def written(tmp_path: Path, make_sweep: Make) -> Path:
    """A store with a log of two sessions, an hour apart, on two workers."""
    sweep, store = make_sweep(), tmp_path / "a.zarr"
    create(store, layout(sweep, block_length(sweep)), None, {"spec": sweep.json_text})

    def line(time: str, event: str, **fields: Any) -> str:
        return json.dumps({"time": f"2026-01-01T{time}+00:00", "event": event, **fields})

    def task(time: str, worker: str, seconds: float, attempt: int = 1) -> str:
        return line(
            time, "TaskDone", worker=worker, seconds=seconds, attempt=attempt, realizations=8
        )

    with event_log(store) as log:
        log.write(line("10:00:00.000", "Started", workers=2))
        log.write(task("10:00:04.000", "a:1", 4.0))
        log.write(task("10:00:05.000", "b:2", 5.0))
        log.write(line("10:00:06.000", "Retried", worker="b:2", attempt=2, error="OSError: x"))
        log.write('{"time": "2026-01-01T10:00:0')  # killed while it wrote
        log.write(line("11:00:00.000", "Started", workers=1))
        log.write(task("11:00:02.000", "a:3", 2.0, attempt=2))
        log.write(line("11:00:03.000", "BlockFailed", worker="", attempts=3))
        log.write(line("11:00:04.000", "Ended", stopped=""))
    return store


def test_a_log_that_was_cut_off(written: Path) -> None:
    found = timeline(written)
    assert found.worker.to_numpy().tolist() == ["a:1", "b:2", "a:3"]
    np.testing.assert_allclose(found.start, [0.0, 0.0, 3600.0])
    np.testing.assert_allclose(found.stop, [4.0, 5.0, 3602.0])
    np.testing.assert_allclose(found.session_stop, [6.0, 3604.0])
    assert found.final.to_numpy().tolist() == [False, True]


def test_figure_has_a_bar_for_every_task_and_no_gap_between_sessions(written: Path) -> None:
    (axes,) = draw(timeline(written)).axes
    first, again = (c for c in axes.collections if isinstance(c, PolyCollection))
    bars = [(*path.get_extents().intervalx, path.get_extents().y0) for path in first.get_paths()]
    bars += [(*path.get_extents().intervalx, path.get_extents().y0) for path in again.get_paths()]
    # The second session follows the first, which ran for 6 s.
    expected = [(0, 4, -0.4), (0, 5, 0.6), (6, 8, 1.6)]
    np.testing.assert_allclose(bars, expected, atol=1e-6)
    assert axes.get_xlim() == (0.0, pytest.approx(10.0))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a:1", "b:2", "a:3"]
    assert tuple(first.get_facecolor()[0]) == to_rgba(FIRST)
    assert tuple(again.get_facecolor()[0]) == to_rgba(AGAIN)
    assert "1 tried again" in axes.get_title(loc="left")
    assert "2 failed attempts" in axes.get_title(loc="left")


def test_a_log_without_tasks_is_refused(tmp_path: Path, make_sweep: Make) -> None:
    sweep = make_sweep()
    create(tmp_path / "a.zarr", layout(sweep, 8), None, {"spec": sweep.json_text})
    with pytest.raises(qt.InputError, match="holds no task that came back"):
        timeline(tmp_path / "a.zarr")


DAMAGES: dict[str, Callable[[list[str]], list[str]]] = {
    "its first line is gone": lambda lines: lines[1:],
    "no driver began": lambda lines: [line for line in lines if "Started" not in line],
    "lines of other kinds": lambda lines: ["[]", '{"event": 3}', '{"event": "TaskDone"}', *lines],
    "a time that is none": lambda lines: [*lines, lines[1].replace("2026-", "x")],
    "a time beyond all": lambda lines: [*lines, lines[1].replace("2026-01", "99999-01")],
    "a number without an end": lambda lines: [*lines, lines[1].replace("4.0", "1e999")],
    "a large number": lambda lines: [*lines, lines[1].replace(": 8", ": 1" + 400 * "0")],
    "a worker that is none": lambda lines: [*lines, lines[1].replace("a:1", "\\ud800")],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_lines_that_are_damaged_are_left_out(written: Path, damage: str) -> None:
    path = written / "run" / "events.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert "4.0" in lines[1]
    path.write_text("\n".join(DAMAGES[damage](lines)) + "\n", encoding="utf-8")
    found = timeline(written)
    assert found.worker.to_numpy().tolist() == ["a:1", "b:2", "a:3"]
    draw(found)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00", b"[" * 10**5, b"null\n{}\n"])
def test_a_log_that_holds_nothing_is_said(written: Path, content: bytes) -> None:
    (written / "run" / "events.jsonl").write_bytes(content)
    with pytest.raises(qt.InputError, match="holds no task that came back"):
        timeline(written)
