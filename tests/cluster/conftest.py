"""A small sweep of the shipped workflow, its undisturbed result, and servers to run it on."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

# The servers are modules beside the tests, which are no package.
sys.path.insert(0, str(Path(__file__).parent))

import slurm_server
import ssh_server

import qtcore as qt

Same = Callable[[Path, dict[str, Any]], None]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], xr.Dataset]:
    """Return the dataset of a sweep that ran on threads of this process."""
    known: dict[int, xr.Dataset] = {}

    def of(sweep: dict[str, Any]) -> xr.Dataset:
        if id(sweep) not in known:
            store = tmp_path_factory.mktemp("undisturbed") / "a.zarr"
            qt.run("localization", **sweep, store=store, cluster="threads", progress=False)
            known[id(sweep)] = qt.open(store).load()
        return known[id(sweep)]

    return of


@pytest.fixture
def assert_same(undisturbed: Callable[[dict[str, Any]], xr.Dataset]) -> Same:
    """Assert that a store holds the numbers of the undisturbed sweep, bit for bit."""

    def compare(store: Path, sweep: dict[str, Any]) -> None:
        expected, found = undisturbed(sweep), qt.open(store).load()
        assert set(found.variables) == set(expected.variables)
        for name, variable in expected.variables.items():
            ours, theirs = found[name].to_numpy(), variable.to_numpy()
            assert ours.dtype == theirs.dtype, name
            assert ours.tobytes() == theirs.tobytes(), name
        assert int(np.isnan(found["ln_g"]).sum()) == 0

    return compare


@pytest.fixture
def elsewhere(tmp_path: Path) -> tuple[str, ...]:
    """A prefix that hides the test's folder from a command, as on another machine."""
    hidden = f'mount -t tmpfs none {tmp_path} && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", hidden, "sh")
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mount namespaces (needs root)")
    return prefix


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the slurm.conf of a running SLURM, which this process uses from now on."""
    reason = slurm_server.why_not()
    if reason:
        pytest.skip(reason)
    pytest.importorskip("dask_jobqueue", reason="needs the extra slurm")
    with (
        pytest.MonkeyPatch.context() as patch,
        slurm_server.slurm(tmp_path_factory.mktemp("slurm")) as configuration,
    ):
        patch.setenv("SLURM_CONF", str(configuration))
        yield configuration


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssh_server.Sshd]:
    """Return a running sshd on loopback."""
    reason = ssh_server.why_not()
    if reason:
        pytest.skip(reason)
    pytest.importorskip("asyncssh", reason="needs the extra ssh")
    folder = tmp_path_factory.mktemp("sshd")
    ssh_server.make_keys(folder)
    with ssh_server.sshd(folder) as server:
        yield server
