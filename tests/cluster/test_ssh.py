"""Dask's SSHCluster against an sshd of our own on loopback."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ssh_server import Sshd, make_keys
from sweeps import SMALL

import qtcore as qt
from qtcore.cluster.connect import ClusterError
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

Same = Callable[[Path, dict[str, Any]], None]


def profile_of(sshd: Sshd, folder: Path, *lines: str, hosts: str = "[127.0.0.1]") -> Path:
    path = folder / "mine.yaml"
    # A key that comes again replaces the one before.
    text = sshd.profile + f"hosts: {hosts}\n" + "".join(f"{line}\n" for line in lines)
    path.write_text(text)
    return path


def test_a_sweep_over_ssh(sshd: Sshd, tmp_path: Path, assert_same: Same) -> None:
    profile = profile_of(sshd, tmp_path, "workers_per_host: 2", "interface: lo")
    store = tmp_path / "a.zarr"
    qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert_same(store, SMALL)
    started = [line for line in read_log(event_log(store)) if line["event"] == "Started"]
    assert [line["workers"] for line in started] == [2]


def test_workers_have_one_thread_and_a_cache_of_their_machine(sshd: Sshd, tmp_path: Path) -> None:
    profile = profile_of(sshd, tmp_path)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "NUMBA_CACHE_DIR")
    with qt.client(profile) as client:
        *threads, folder = (value for n in names for value in client.run(os.getenv, n).values())
    assert threads == ["1", "1", "1"]
    cache = Path(folder)
    assert cache == Path("/tmp", f"qtcore-numba-{os.getuid()}")
    assert cache.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("hosts", "lines", "words"),
    [
        ("[no-such-host.invalid]", (), "unknown host 'no-such-host.invalid'"),
        ("[127.0.0.1]", ("private_key: {other}",), "127.0.0.1 refused the login"),
        ("[127.0.0.1]", ("known_hosts: /dev/null",), "127.0.0.1: Host key is not trusted"),
        ("[127.0.0.1]", ("port: 1",), "127.0.0.1, port 1: .*Connect call failed"),
        ("[127.0.0.1]", ("python: /no/python",), "/no/python cannot be used there"),
        ("[127.0.0.1]", ("python: /usr/bin/python3",), "No module named .*name another with"),
    ],
)
def test_hosts_that_cannot_be_used(
    sshd: Sshd, tmp_path: Path, hosts: str, lines: tuple[str, ...], words: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make_keys(other)
    profile = profile_of(
        sshd, tmp_path, *(line.format(other=other / "user_key") for line in lines), hosts=hosts
    )
    store = tmp_path / "a.zarr"
    with pytest.raises(ClusterError, match=words):
        qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert not store.exists()
