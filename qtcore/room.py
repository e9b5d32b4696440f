"""How much memory this process may still take: what the machine, its group and its own limit leave.

A worker is ended at its limit, and several tasks share what is free. Both are told by whoever starts
a task (`limited`); a machine's limit on a group of processes is read here.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from qtcore.errors import NoRoomError

TASKS_HERE = "QTCORE_TASKS_ON_THIS_MACHINE"
"""Variable of the environment that says how many tasks run at once on this machine."""

_CGROUPS, _OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


class Limit(NamedTuple):
    """What a task may take.

    Attributes
    ----------
    of_process : int or None
        Bytes at which its process is ended; None if it has no limit of its own.
    in_process, on_machine : int
        How many tasks run at once in the process, and on the machine.
    """

    of_process: int | None = None
    in_process: int = 1
    on_machine: int = 1


class _OfThread(threading.local):
    # A user's functions are called in a context of their own, which would hide a context variable.
    limit = Limit()


_of_thread = _OfThread()


@contextmanager
def limited(limit: Limit) -> Iterator[None]:
    """Let `free_bytes` respect a limit inside the block."""
    before, _of_thread.limit = _of_thread.limit, limit
    try:
        yield
    finally:
        _of_thread.limit = before


def free_bytes() -> tuple[int, str]:
    """Return how many bytes this task may still take, and in words where that number comes from."""
    limit = _of_thread.limit
    free, tasks = psutil.virtual_memory().available, max(limit.on_machine, limit.in_process)
    group = _free_of_group()
    if group is not None:
        free = min(free, group)
    share = f" for each of {tasks} tasks" if tasks > 1 else ""
    found = [(free // tasks, f"this machine has {_GiB(free // tasks)} free{share}")]
    if limit.of_process is not None:
        left = max(0, limit.of_process - psutil.Process().memory_info().rss) // limit.in_process
        words = f"this worker, which is ended at {_GiB(limit.of_process)}, has {_GiB(left)} left"
        found.append((left, words))
    return min(found)


def refuse_more_than_memory(needed: int, what: str, advice: str) -> None:
    """Raise NoRoomError if so many bytes are not available to this task.

    Parameters
    ----------
    needed : int
        Bytes.
    what : str
        What needs them, for the message.
    advice : str
        What takes less.
    """
    free, where = free_bytes()
    if needed > free:
        raise NoRoomError(f"{what} need {needed:,} bytes ({_GiB(needed)}), and {where}; {advice}")


def tasks_on_machine() -> int:
    """Return how many tasks run at once here, as far as those who started this process said."""
    said = os.environ.get(TASKS_HERE, "")
    return max(1, int(said)) if said.isdecimal() else 1


def _GiB(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def _free_of_group() -> int | None:
    """Return what is left of the least limit of this process's control groups, None without one."""
    try:
        lines = _OWN_GROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found: list[int] = []
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds == "":
            root, names = _CGROUPS, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in kinds.split(","):
            root = _CGROUPS / "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        folder = root / path.lstrip("/")
        for group in (folder, *folder.parents):
            found += _left_in(group, *names)
            if group == root:
                break
    return min(found, default=None)


def _left_in(group: Path, limit: str, used: str, cached: str) -> list[int]:
    """Return what is left in one group, nothing if it has no limit. Cached files can be given back."""
    try:
        numbers = [int((group / name).read_text(encoding="utf-8")) for name in (limit, used)]
        stated = (group / "memory.stat").read_text(encoding="utf-8").split()
    except (OSError, ValueError):  # "max", or no such group from within a container
        return []
    given_back = int(stated[stated.index(cached) + 1]) if cached in stated else 0
    return [max(0, numbers[0] - numbers[1] + given_back)]
