"""A Dask client or cluster that the caller has already."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dask_server import all_there, scheduler
from distributed import Client, LocalCluster
from sweeps import SMALL

import qtcore as qt
from qtcore.cluster.profile import load_profile

pytestmark = pytest.mark.cluster

TINY: dict[str, Any] = {**SMALL, "realizations": 16, "progress": False}


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    shape: dict[str, Any] = {"n_workers": 1, "threads_per_worker": 2, "processes": False}
    shape |= {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}
    with LocalCluster(**shape) as started:
        yield started


def test_a_cluster_and_its_client_give_the_same_bits_and_stay(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    usual = qt.run("localization", **TINY, store=tmp_path / "a.zarr", cluster="threads").load()
    with Client(cluster, set_as_default=False) as client:
        for number, given in enumerate((cluster, client)):
            plan = qt.plan("localization", settings=SMALL["settings"], cluster=given)
            assert plan.blocks_left
            store = tmp_path / f"{number}.zarr"
            found = qt.run("localization", **TINY, store=store, cluster=given).load()
            assert found.ln_g.identical(usual.ln_g)
            assert f"{type(given).__name__} at inproc://" in found.attrs["cluster"]
            with qt.client(given) as connected:
                assert connected.submit(int, "7").result() == 7
            grown = qt.extend(store, realizations=24, cluster=given, progress=False)
            assert grown.sizes["realization"] == 24
        assert client.status == "running"
    assert cluster.status.name == "running"
    assert load_profile(cluster).cores == 2


@pytest.mark.slow
def test_the_client_of_a_scheduler_elsewhere(tmp_path: Path) -> None:
    with scheduler(workers=2) as address, Client(address, set_as_default=False) as client:
        all_there(address, 2)
        assert not load_profile(client).is_here  # its workers prove that they see the store
        found = qt.run("localization", **TINY, store=tmp_path / "a.zarr", cluster=client)
        assert found.sizes["realization"] == 16
        assert client.status == "running"


def test_what_cannot_be_used_is_refused(cluster: LocalCluster, tmp_path: Path) -> None:
    store = tmp_path / "a.zarr"
    with (
        Client(cluster, set_as_default=False) as client,
        pytest.raises(qt.InputError, match="workers: what runs already has the workers"),
    ):
        qt.run("localization", store=store, cluster=client, workers=3)
    with pytest.raises(qt.InputError, match="a Client that is running; this one is closed"):
        qt.run("localization", store=store, cluster=client)
    with pytest.raises(qt.InputError, match=r"or a cluster such as LocalCluster or .*; got 4"):
        qt.run("localization", store=store, cluster=4)  # type: ignore[arg-type]
    assert not store.exists()
