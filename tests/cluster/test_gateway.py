"""A real Dask Gateway on loopback, which starts schedulers and workers as processes."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dask
import pytest
from servers import free_port, reachable, running, wait_until
from sweeps import SMALL

import qtcore as qt
from qtcore.cluster.connect import ClusterError
from qtcore.cluster.profile import load_profile, parse_profile
from qtcore.store.header import read_header

pytestmark = pytest.mark.cluster

Same = Callable[[Path, dict[str, Any]], None]

CHECKOUT = Path(__file__).resolve().parents[2]

SECRET = "not-for-stores"

SERVER = """
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.SimpleAuthenticator.password = "{secret}"
c.DaskGateway.address = "127.0.0.1:{api}"
c.Proxy.address = "127.0.0.1:{http}"
c.Proxy.tcp_address = "127.0.0.1:{tcp}"
c.UnsafeLocalBackend.clusters_directory = "{folder}"
c.ClusterConfig.scheduler_cmd = ["{python}", "-m", "distributed.cli.dask_scheduler"]
c.ClusterConfig.worker_cmd = ["{python}", "-m", "distributed.cli.dask_worker"]
c.ClusterConfig.environment = {{"PYTHONPATH": "{checkout}", "OMP_NUM_THREADS": "1"}}
"""


def test_no_password_gets_into_a_profile_or_a_message() -> None:
    address = f"https://me:{SECRET}@host"
    with pytest.raises(qt.InputError, match=r"address takes .* without a password") as refused:
        parse_profile({"kind": "gateway", "address": address}, "test")
    assert SECRET not in str(refused.value)
    with pytest.raises(qt.InputError, match=r"unknown key 'password'; allowed are .*auth"):
        parse_profile({"kind": "gateway", "password": SECRET}, "test")
    with pytest.raises(qt.InputError, match="auth takes basic, kerberos or jupyterhub"):
        parse_profile({"kind": "gateway", "auth": SECRET[:3]}, "test")
    found = parse_profile({"kind": "gateway", "cluster": "a"}, "test")
    assert (found.cores, found.with_workers(3)) == (None, None)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the keys of a profile for a gateway that runs."""
    if find_spec("dask_gateway_server") is None or find_spec("sqlalchemy") is None:
        pytest.skip("needs pip install 'dask-gateway-server[local]'")
    pytest.importorskip("dask_gateway", reason="needs the extra gateway")
    folder = tmp_path_factory.mktemp("gateway")
    ports = {name: free_port() for name in ("api", "http", "tcp")}
    configuration = folder / "configuration.py"
    text = SERVER.format(
        secret=SECRET, folder=folder, python=sys.executable, checkout=CHECKOUT, **ports
    )
    configuration.write_text(text)
    command = [sys.executable, "-m", "dask_gateway_server", "-f", str(configuration)]
    password = {"gateway.auth.kwargs": {"username": "me", "password": SECRET}}
    with (
        (folder / "server.out").open("w") as output,
        running(command, output.fileno(), {**os.environ}),
        dask.config.set(password),
    ):
        for port in ports.values():
            wait_until(lambda port=port: reachable("127.0.0.1", port), str(folder), 60)  # type: ignore[misc]
        yield {
            "address": f"http://127.0.0.1:{ports['http']}",
            "proxy_address": f"tls://127.0.0.1:{ports['tcp']}",
            "auth": "basic",
        }


def written(folder: Path, **keys: Any) -> Path:
    path = folder / "mine.yaml"
    path.write_text("".join(f"{name}: {value}\n" for name, value in keys.items()))
    return path


@pytest.mark.slow
def test_a_sweep_through_a_gateway(
    gateway: dict[str, str], tmp_path: Path, assert_same: Same
) -> None:
    store = tmp_path / "a.zarr"
    profile = written(tmp_path, kind="gateway", workers=2, **gateway)
    qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
    assert_same(store, SMALL)
    kept = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
    assert '"kind":"gateway"' in str(read_header(store).attributes["cluster"]).replace(" ", "")


@pytest.mark.slow
def test_a_cluster_of_a_gateway_that_is_given_stays(
    gateway: dict[str, str], tmp_path: Path, assert_same: Same
) -> None:
    from dask_gateway import GatewayCluster

    from qtcore.cluster.gateway import _closed_once

    with GatewayCluster(**gateway) as cluster, _closed_once(cluster.gateway):
        cluster.scale(1)
        for number, given in enumerate(
            (cluster, written(tmp_path, kind="gateway", cluster=cluster.name, **gateway))
        ):
            store = tmp_path / f"{number}.zarr"
            qt.run("localization", **SMALL, store=store, cluster=given, progress=False)
            assert_same(store, SMALL)
        assert cluster.status == "running"
    with pytest.raises(qt.InputError, match="a GatewayCluster that is running; this one is closed"):
        load_profile(cluster)  # type: ignore[arg-type]


@pytest.mark.slow
def test_what_a_gateway_refuses_is_told(gateway: dict[str, str], tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    closed = {**gateway, "address": f"http://127.0.0.1:{free_port()}"}
    for keys, password in ((closed, SECRET), (gateway, "wrong-password")):
        profile = written(tmp_path, kind="gateway", **keys)
        with (
            dask.config.set({"gateway.auth.kwargs": {"username": "me", "password": password}}),
            pytest.raises(ClusterError, match=r"the gateway at http.* gives no cluster") as refused,
        ):
            qt.run("localization", **SMALL, store=store, cluster=profile, progress=False)
        assert password not in str(refused.value)
    assert not store.exists()
