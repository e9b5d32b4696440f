"""What every worker did when, read from the event log of a store."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.errors import InputError
from qtcore.store.header import read_header
from qtcore.store.locate import Location
from qtcore.store.place import Place
from qtcore.sweep.events import read_logs

if TYPE_CHECKING:
    import xarray as xr


Line = dict[str, Any]

LONGEST_TASK = 2.0**40
"""Seconds."""


def timeline(store: Location) -> "xr.Dataset":
    """Return every task of a store's event log with its worker and its times.

    A task is logged when its record reaches the driver; it began on the worker so many seconds
    earlier as it took. Times are those of the driver's clock.

    Parameters
    ----------
    store : str, Path or Place
        The store, complete or not.

    Returns
    -------
    xarray.Dataset
        Along `task`: `worker` (host:pid), `start` and `stop` (s since the first session began),
        `attempt` (1 for the first) and `realizations`. Along `trouble`: `trouble_time` (s),
        `trouble_worker` and `final` (given up, not tried again). Along `session`, one for each time
        a driver ran: `session_start`, `session_stop` (s) and `workers`, the threads at its
        beginning. The attribute `began` is the time (ISO 8601, UTC) of second 0.

    Raises
    ------
    InputError
        If there is no qtcore store, or no task has come back yet. Lines of the log that are
        damaged are left out: no number depends on them.
    """
    place = read_header(store).place
    logs = ([line for line in log if _is_sound(line)] for log in read_logs(store))
    return _table([session for log in logs for session in _sessions(log)], place)


def _table(sessions: list[list[Line]], place: Place) -> "xr.Dataset":
    """Return the dataset of `timeline`."""
    import xarray as xr

    if not any(line["event"] == "TaskDone" for session in sessions for line in session):
        raise InputError(f"the event log of {place} holds no task that came back")
    sessions.sort(key=lambda session: _seconds(session[0]))
    zero = _seconds(sessions[0][0])
    lines = [line for session in sessions for line in session]
    done = [line for line in lines if line["event"] == "TaskDone"]
    trouble = [line for line in lines if line["event"] in ("Retried", "BlockFailed")]
    stop = np.array([_seconds(line) - zero for line in done])
    return xr.Dataset(
        {
            "worker": ("task", _texts(line["worker"] for line in done)),
            "start": ("task", stop - [line["seconds"] for line in done]),
            "stop": ("task", stop),
            "attempt": ("task", [line["attempt"] for line in done]),
            "realizations": ("task", [line["realizations"] for line in done]),
            "trouble_time": ("trouble", [_seconds(line) - zero for line in trouble]),
            "trouble_worker": ("trouble", _texts(line.get("worker", "") for line in trouble)),
            "final": ("trouble", [line["event"] == "BlockFailed" for line in trouble]),
            "session_start": ("session", [_seconds(session[0]) - zero for session in sessions]),
            "session_stop": ("session", [_seconds(session[-1]) - zero for session in sessions]),
            "workers": ("session", [session[0].get("workers", 0) for session in sessions]),
        },
        attrs={"began": sessions[0][0]["time"]},
    )


def _sessions(log: list[Line]) -> list[list[Line]]:
    """Split a log where drivers began, and where the line that says so is gone."""
    starts = [n for n, line in enumerate(log) if n == 0 or line["event"] == "Started"]
    stops = [*starts[1:], len(log)]
    return [log[start:stop] for start, stop in zip(starts, stops, strict=bool(log))]


def _is_sound(line: Line) -> bool:
    """Whether a line has what an event of its kind has, of the right kind."""
    event, worker = line.get("event"), line.get("worker", "")
    if not isinstance(event, str) or not isinstance(worker, str) or not worker.isprintable():
        return False
    try:
        _seconds(line)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return False
    counts = {"Started": ("workers",), "TaskDone": ("attempt", "realizations")}.get(event, ())
    if not all(type(line.get(name)) is int and 0 <= line[name] < 2**31 for name in counts):
        return False
    seconds = line.get("seconds") if event == "TaskDone" else 0.0
    return type(seconds) in (int, float) and 0 <= float(seconds or 0) < LONGEST_TASK


def _seconds(line: Line) -> float:
    return datetime.fromisoformat(line["time"]).timestamp()


def _texts(words: Iterable[str]) -> np.ndarray[Any, np.dtype[np.str_]]:
    return np.array(list(words), dtype=np.str_)
