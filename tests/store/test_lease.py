"""One driver per store."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qtcore.errors import InputError
from qtcore.store import lease as lease_module
from qtcore.store.layout import lease_file, run_folder
from qtcore.store.lease import STALE_AFTER, Lease, is_held


@pytest.fixture
def store(tmp_path: Path) -> Path:
    run_folder(tmp_path).mkdir()
    return tmp_path


def leave_behind(store: Path, *, host: str, pid: int, age: float) -> None:
    content = {"token": "t", "host": host, "pid": pid, "process_started": 1.0}
    path = lease_file(store)
    path.write_text(json.dumps(content))
    os.utime(path, (time.time() - age, time.time() - age))


def finished_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_second_driver_is_refused_and_told_who_is_first(store: Path) -> None:
    with Lease(store):
        assert is_held(store)
        with pytest.raises(InputError, match=f"process {os.getpid()} on"), Lease(store):
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
    left = lease_file(store).read_text()
    with Lease(store):
        assert lease_file(store).read_text() != left
        assert is_held(store)


def test_lease_of_another_host_counts_until_its_heartbeat_stops(store: Path) -> None:
    leave_behind(store, host="elsewhere", pid=1, age=STALE_AFTER / 2)
    with pytest.raises(InputError, match="process 1 on elsewhere"), Lease(store):
        pass
    leave_behind(store, host="elsewhere", pid=1, age=2 * STALE_AFTER)
    with Lease(store):
        pass


def test_half_written_lease_is_respected_until_stale(store: Path) -> None:
    lease_file(store).write_text('{"token":')
    with pytest.raises(InputError, match="being written"), Lease(store):
        pass


def test_heartbeat_renews_and_notices_a_takeover(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "HEARTBEAT", 0.02)
    with Lease(store) as lease:
        os.utime(lease_file(store), (1.0, 1.0))
        time.sleep(0.2)
        assert time.time() - lease_file(store).stat().st_mtime < 10
        assert not lease.lost
        leave_behind(store, host="elsewhere", pid=1, age=0)
        time.sleep(0.2)
        assert lease.lost
    assert lease_file(store).exists(), "the other driver's lease stays"


def test_takeover_race_gives_back_a_lease_that_was_not_stale(store: Path) -> None:
    """Between seeing a stale lease and renaming it, a faster process may have taken over."""
    lease = Lease(store)
    leave_behind(store, host="elsewhere", pid=1, age=2 * STALE_AFTER)
    stale = lease_module._read(lease_file(store))

    def faster_process(path: Path) -> lease_module.Holder | None:
        if path == lease_file(store):
            leave_behind(store, host="faster", pid=2, age=0)
            return stale
        return read(path)

    read = lease_module._read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lease_module, "_read", faster_process)
        patch.setattr(lease_module, "_is_stale", lambda *_: True)
        lease._remove_if_stale()
    holder = lease_module._read(lease_file(store))
    assert holder is not None
    assert holder.host == "faster"
    assert [path.name for path in run_folder(store).iterdir()] == ["lease.json"]
