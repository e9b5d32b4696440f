"""One driver per store, whatever the clock does."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore.store import lease as lease_module
from qtcore.store.folder import Folder
from qtcore.store.layout import LEASE, RUN_GROUP
from qtcore.store.lease import STALE_AFTER, Lease, is_held


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / RUN_GROUP).mkdir()
    monkeypatch.setattr(lease_module, "HEARTBEAT", 0.02)
    monkeypatch.setattr(lease_module, "WATCH", 0.3)
    return tmp_path


def leave_behind(store: Path, *, host: str, pid: int, age: float) -> None:
    boot = lease_module._born(os.getpid()).partition(" ")[0]
    namespace = str(Path("/proc/self/ns/pid").readlink())
    content = {"token": "t", "host": host, "pid": pid, "born": f"{boot} 1", "namespace": namespace}
    path = store / LEASE
    path.write_text(json.dumps(content))
    os.utime(path, (time.time() - age, time.time() - age))


def finished_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_second_driver_is_refused_and_told_who_is_first(store: Path) -> None:
    with Lease(store):
        assert is_held(store)
        with pytest.raises(qt.InputError, match=f"process {os.getpid()} on"), Lease(store):
            pass
        assert is_held(store), "the refused one must not remove the first one's lease"
    assert not is_held(store)
    with Lease(store):
        pass


def test_lease_of_a_dead_process_is_taken_over_at_once(store: Path) -> None:
    leave_behind(store, host=socket.gethostname(), pid=finished_process(), age=0)
    assert not is_held(store)
    with Lease(store):
        assert is_held(store)


def test_lease_of_a_recycled_process_number_is_taken_over(store: Path) -> None:
    leave_behind(store, host=socket.gethostname(), pid=os.getpid(), age=0)
    left = (store / LEASE).read_text()
    with Lease(store):
        assert (store / LEASE).read_text() != left
        assert is_held(store)


def test_lease_of_another_host_counts_until_its_heartbeat_stops(store: Path) -> None:
    leave_behind(store, host="elsewhere", pid=1, age=STALE_AFTER / 2)
    with pytest.raises(qt.InputError, match="process 1 on elsewhere"), Lease(store):
        pass
    leave_behind(store, host="elsewhere", pid=1, age=2 * STALE_AFTER)
    with Lease(store):
        pass


def test_half_written_lease_is_respected_until_stale(store: Path) -> None:
    (store / LEASE).write_text('{"token":')
    with pytest.raises(qt.InputError, match="being written"), Lease(store):
        pass
    os.utime(store / LEASE, (1.0, 1.0))
    with Lease(store):
        pass


def test_heartbeat_renews_and_notices_a_takeover(store: Path) -> None:
    with Lease(store) as lease:
        os.utime(store / LEASE, (1.0, 1.0))
        time.sleep(0.2)
        assert time.time() - (store / LEASE).stat().st_mtime < 10
        assert not lease.lost
        leave_behind(store, host="elsewhere", pid=1, age=0)
        time.sleep(0.2)
        assert lease.lost
    assert (store / LEASE).exists(), "the other driver's lease stays"


def test_a_lease_that_somebody_removed_is_told_as_such(store: Path) -> None:
    (store / "zarr.json").write_text("{}")
    with Lease(store) as held:
        (store / LEASE).unlink()
        deadline = time.monotonic() + 5
        while not held.lost and time.monotonic() < deadline:
            time.sleep(0.01)
        assert held.why_lost().endswith(f"has ended, or somebody removed its lease, {LEASE}")
        leave_behind(store, host="another", pid=1, age=0.0)
        assert held.why_lost() == "another driver took over the store"


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_clock_that_jumps_does_not_end_a_living_lease(
    store: Path, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """Seen from a host whose clock is a day off, a lease looks old; but it is renewed."""
    monkeypatch.setattr(lease_module.Holder, "is_gone", lambda _: False)
    with Lease(store) as first:
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        with pytest.raises(qt.InputError, match="is in use"), Lease(store):
            pass
        assert not first.lost


@pytest.mark.parametrize("age", [-86_400.0, 86_400.0])
def test_lease_left_behind_is_taken_over_although_the_clock_jumped(store: Path, age: float) -> None:
    leave_behind(store, host="elsewhere", pid=1, age=age)
    start = time.monotonic()
    with Lease(store):
        assert time.monotonic() - start >= lease_module.WATCH


def test_process_is_known_by_a_birth_that_no_clock_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    born = lease_module._born(os.getpid())
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert lease_module._born(os.getpid()) == born
    boot, ticks = born.split()
    assert len(boot) == 36
    up = float(Path("/proc/uptime").read_text().split()[0])
    assert 0 < int(ticks) / os.sysconf("SC_CLK_TCK") <= up


def test_takeover_race_gives_back_a_lease_that_was_not_stale(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between watching a stale lease and catching it, a faster process may have taken over."""
    leave_behind(store, host="elsewhere", pid=1, age=2 * STALE_AFTER)
    plain = Folder.swap

    def slower(self: Folder, key: str, old: bytes, new: bytes) -> bool:
        leave_behind(store, host="faster", pid=2, age=0)
        return plain(self, key, old, new)

    monkeypatch.setattr(Folder, "swap", slower)
    with pytest.raises(qt.InputError, match="process 2 on faster"), Lease(store):
        pass
    assert [path.name for path in (store / RUN_GROUP).iterdir()] == ["lease.json"]


LAUNCH = """
import sys, time
from qtcore.errors import InputError
from qtcore.store.lease import Lease
time.sleep(max(0.0, float(sys.argv[2]) - 0.05 - time.time()))
while time.time() < float(sys.argv[2]):  # to the moment
    pass
try:
    with Lease(sys.argv[1]):
        print("in", flush=True)
        sys.stdin.read()  # until all others have been told
except InputError:
    print("out", flush=True)
"""


def test_of_many_launchers_at_once_one_gets_in(store: Path) -> None:
    leave_behind(store, host=socket.gethostname(), pid=finished_process(), age=0)
    at = str(time.time() + 3)
    processes: list[Any] = [
        subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(store), at],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = sorted(process.stdout.readline().strip() for process in processes)
    for process in processes:
        process.communicate(timeout=60)
    assert said == ["in", "out", "out", "out"]


def test_a_holder_that_stands_still_is_told_of(store: Path) -> None:
    """To wait until it ends would take forever."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        leave_behind(store, host=socket.gethostname(), pid=process.pid, age=0)
        content = json.loads((store / LEASE).read_text())
        content["born"] = lease_module._born(process.pid)
        (store / LEASE).write_text(json.dumps(content))
        with pytest.raises(qt.InputError, match=f"process {process.pid} on .* is running it"):
            Lease(store).__enter__()
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        try:
            stopped = f"process {process.pid} on .* stands still .*`kill -CONT {process.pid}`"
            with pytest.raises(qt.InputError, match=stopped):
                Lease(store).__enter__()
        finally:
            process.kill()
