"""Nothing that displays, estimates or logs can end or slow a computation."""

import io
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client
from rich.console import Console

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.sweep.build import make_sweep
from qtcore.sweep.console import SteadyStream, console_on
from qtcore.sweep.cost import Calibration
from qtcore.sweep.durations import duration
from qtcore.sweep.events import Ended, EventLog, Started, read_log, worker_seconds
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.heartbeat import Heartbeat
from qtcore.sweep.listening import InBackground, tell
from qtcore.sweep.plan import make_plan
from qtcore.sweep.precision import Precision, mean_and_error
from qtcore.sweep.progress import ProgressBar, display_on
from qtcore.sweep.trusted import vouch

Connect = Callable[[], AbstractContextManager[Client]]


def solve(point: Any, realizations: range) -> dict[str, Any]:
    return {"x": point.gate * np.array([1.0 + r for r in realizations])}


SIZED = """
import numpy as np
def solve(point, realizations):
    return {{"x": np.full(len(realizations), float("{size}"))}}
"""


def sweep_over(*gates: float, program: str = "") -> qt.Sweep:
    preset = qt.Preset(gate=gates, realizations=16)
    made = make_sweep("x", preset, 1, solve=solve, variables=(qt.Variable("x"),))
    vouch(program)
    return made.changed(program=program) if program else made


class Failing:
    """A display of which one part raises."""

    def __init__(self, part: str) -> None:
        self.part = part

    def _raise(self, part: str) -> None:
        if self.part == part:
            raise OSError(f"{part}: the terminal is gone")

    def __enter__(self) -> "Failing":
        self._raise("opening")
        return self

    def __exit__(self, *error: object) -> None:
        self._raise("closing")

    def __call__(self, event: object) -> None:  # noqa: ARG002 - what a listener is given
        self._raise("telling")


@pytest.mark.parametrize("part", ["opening", "telling", "closing"])
def test_a_display_that_fails_ends_nothing(
    part: str, tmp_path: Path, threads: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setLevel(0)  # a cluster in this process has raised it
    with InBackground(Failing(part)) as display:
        outcome = fill_store(sweep_over(1.0), tmp_path / "a.zarr", threads, listeners=(display,))
    assert (outcome.blocks_left, outcome.stopped) == (0, "")
    assert "Failing failed, the computation goes on without it" in caplog.text
    assert f"{part}: the terminal is gone" in caplog.text


def test_a_listener_that_raises_hides_nothing_from_the_others() -> None:
    told: list[object] = []
    event = Ended(0, 0, 0.0, "")
    tell((Failing("telling"), told.append), event)
    assert told == [event]


@pytest.fixture
def paused() -> Iterator[threading.Event]:
    """A terminal that somebody has paused; goes on when the test ends."""
    resumed = threading.Event()
    yield resumed
    resumed.set()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_that_is_paused_slows_nothing(
    is_terminal: bool,
    tmp_path: Path,
    threads: Connect,
    paused: threading.Event,
) -> None:
    class Paused(io.StringIO):
        def write(self, text: str) -> int:
            paused.wait(60)
            return len(text)

    start = time.monotonic()
    console = Console(file=Paused(), width=80, force_terminal=is_terminal)
    with InBackground(display_on(console), patience=0.2) as bar:
        outcome = fill_store(sweep_over(1.0, 2.0), tmp_path / "a.zarr", threads, listeners=(bar,))
    assert outcome.blocks_left == 0
    assert time.monotonic() - start < 20


def test_events_arrive_in_order_and_before_the_end() -> None:
    told: list[object] = []

    class Slow(Failing):
        def __call__(self, event: object) -> None:
            time.sleep(0.001)
            told.append(event)

    events = [Ended(n, 0, 0.0, "") for n in range(50)]
    with InBackground(Slow("")) as slow:
        for event in events:
            slow(event)
    assert told == events


@pytest.mark.parametrize("size", [1e160, 1e200, 1e307, np.inf, np.nan, 1e-320, 0.0])
def test_values_of_any_size_are_stored_and_end_nothing(
    size: float, tmp_path: Path, threads: Connect
) -> None:
    """1e200 ended the run in the squares of the running estimate; warnings are errors here."""
    text = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store, sweep = tmp_path / "a.zarr", sweep_over(1.0, program=SIZED.format(size=size))
        with InBackground(display_on(Console(file=text, width=120))) as bar:
            outcome = fill_store(sweep, store, threads, listeners=(bar,))
    assert (outcome.blocks_left, outcome.stopped, outcome.failures) == (0, "", [])
    found = qt.open(store).x.to_numpy()
    assert np.array_equal(found, np.full_like(found, size), equal_nan=True)
    if size == 1e200:
        assert "⟨x⟩ = 1e+200 at gate" in text.getvalue()


def test_a_precision_goal_on_values_whose_squares_are_no_floats() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mean, error = mean_and_error(np.array([1e200, -1e200, 3e200]))
    assert (mean, error) == (1e200, np.inf)
    goal = Precision(error=1e-3, relative=False, most=100, variable="x")
    for far in (1e150, 1e200, np.inf):
        standing = goal.standing(1.0, far, 8)
        assert not standing.reached
        assert standing.needed > 1e200


@pytest.mark.parametrize("cost", ["1e308", "1e-320", "1e308 if point.gate == 1 else 1e-308"])
def test_costs_of_any_size_make_a_plan(cost: str) -> None:
    program = f"{SIZED.format(size=1)}\ndef cost(point):\n    return {cost}\n"
    sweep = sweep_over(1.0, 2.0, program=program)
    plan = make_plan(sweep, 8)
    assert plan.blocks_left == 4
    assert np.isfinite(plan.core_seconds)
    assert all(np.isfinite(Calibration().seconds(sweep)))


@pytest.mark.parametrize("cost", ["0", "-1", "float('nan')", "float('inf')", "'many'", "None"])
def test_costs_that_are_none_are_refused_before_anything_is_written(
    cost: str, tmp_path: Path, threads: Connect
) -> None:
    program = f"{SIZED.format(size=1)}\ndef cost(point):\n    return {cost}\n"
    with pytest.raises(qt.InputError, match=r"cost\(\) must return a number > 0, at gate 1"):
        fill_store(sweep_over(1.0, program=program), tmp_path / "a.zarr", threads)
    assert not list(tmp_path.iterdir())


def test_durations_that_are_none() -> None:
    assert duration(float("inf")) == duration(float("nan")) == "unknown time"


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"5\n[]\nnull\n", b'{"event": "TaskDone", "seconds": "x"}\n',
     b'{"event": "TaskDone", "seconds": NaN}\n', b"[" * 100_000],
    ids=["bytes", "no events", "words", "nan", "deep"],
)  # fmt: skip
@pytest.mark.first_cases(2)
def test_a_damaged_log_ends_nothing(content: bytes, tmp_path: Path, threads: Connect) -> None:
    store = tmp_path / "a.zarr"
    fill_store(sweep_over(1.0), store, threads)
    (store / "run" / "events.jsonl").write_bytes(content)
    outcome = fill_store(sweep_over(1.0, 2.0), store, threads)
    assert outcome.blocks_left == 0
    assert qt.status(store).complete
    assert worker_seconds([read_log(event_log(store))]) >= 0


def test_a_log_that_cannot_be_opened_ends_nothing(tmp_path: Path, threads: Connect) -> None:
    store = tmp_path / "a.zarr"
    fill_store(sweep_over(1.0), store, threads)
    (store / "run" / "events.jsonl").unlink()
    (store / "run" / "events.jsonl").mkdir()
    log = InBackground(EventLog(event_log(store)))
    with log:
        log(Started(make_plan(sweep_over(1.0), 8), 1))
    (store / "run" / "events.jsonl").rmdir()
    assert fill_store(sweep_over(1.0, 2.0), store, threads).blocks_left == 0


class Broken(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:  # noqa: ARG002 - what a stream is given
        raise self.error


@pytest.mark.parametrize(
    "stream",
    [
        None,
        Broken(OSError(5, "Input/output error")),
        Broken(ValueError("I/O operation on closed file")),
        io.TextIOWrapper(io.BytesIO(), encoding="ascii"),
    ],
    ids=["none", "failing", "closed", "ascii"],
)
def test_a_console_that_breaks_ends_nothing(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    console = console_on("stderr")
    console.print("⟨ln g⟩ = −3.2 ± 0.1 \udcff")
    for display in (ProgressBar, Heartbeat):
        with display(console) as show:
            show(Started(make_plan(sweep_over(1.0), 8), 1))
            show(Ended(2, 0, 1.0, ""))
    SteadyStream("stderr").flush()
    if isinstance(stream, io.TextIOWrapper):
        stream.flush()
        written = stream.buffer.getvalue()  # type: ignore[attr-defined] # a BytesIO
        assert written.startswith(rb"\u27e8ln g\u27e9 = \u22123.2 \xb1 0.1 \udcff")
