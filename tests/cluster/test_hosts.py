"""Several hosts: a sweep over ssh to network namespaces, one of them cut off in the middle."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dask
import distributed  # noqa: F401 - its defaults must be there before they are changed
import namespaces
import pytest
import ssh_server
from namespaces import Host
from servers import wait_until
from sweeps import LARGE

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

Same = Callable[[Path, dict[str, Any]], None]

PORT = 2222


@pytest.fixture
def three(tmp_path: Path) -> Iterator[tuple[list[Host], str]]:
    """Three hosts with an sshd each, and the lines of a profile that reach them."""
    reason = ssh_server.why_not() or namespaces.why_not()
    if reason:
        pytest.skip(reason)
    pytest.importorskip("asyncssh", reason="needs the extra ssh")
    ssh_server.make_keys(tmp_path)
    with ExitStack() as stack:
        hosts = stack.enter_context(namespaces.hosts(3))
        servers = [
            stack.enter_context(ssh_server.sshd(tmp_path, host.address, PORT, host.inside))
            for host in hosts
        ]
        known = tmp_path / "known"
        known.write_text("".join(server.known_hosts.read_text() for server in servers))
        lines = servers[0].profile.replace(str(servers[0].known_hosts), str(known))
        yield hosts, lines


def test_a_host_that_is_cut_off_in_mid_run(
    three: tuple[list[Host], str],
    tmp_path: Path,
    assert_same: Same,
) -> None:
    (head, near, far), lines = three
    store, profile = tmp_path / "a.zarr", tmp_path / "hosts.yaml"
    profile.write_text(
        f"{lines}scheduler: {head.address}\nhosts: [{near.address}, {far.address}]\n"
        "interface: eth0\n"
    )
    cut: list[int] = []

    def cut_off() -> None:
        wait_until(lambda: len(tasks(store)) >= 4, "four tasks", 100)
        far.cut_off()
        cut.append(len(tasks(store)))

    culprit = threading.Thread(target=cut_off, daemon=True)
    culprit.start()
    # Half a minute of silence is what Dask waits for by itself.
    with dask.config.set({"distributed.comm.timeouts.tcp": "12s"}):
        qt.run("localization", **LARGE, store=store, cluster=profile, progress=False)
    culprit.join(1)
    (before,) = cut
    assert len({line["worker"] for line in tasks(store)[:before]}) == 2, "both had work"
    assert len(tasks(store)) > before, "it was cut off before the end"
    assert_same(store, LARGE)


def tasks(store: Path) -> list[dict[str, Any]]:
    return [line for line in read_log(event_log(store)) if line["event"] == "TaskDone"]
