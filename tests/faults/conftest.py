"""Sweeps that take a few seconds, on real worker processes, and their undisturbed result."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import xarray as xr
from distributed import Client

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Threads
from qtcore.sweep.fill_store import fill_store
from qtcore.workflow import from_source

DEFINITION = """
import qtcore as qt
import xarray as xr
from matplotlib.figure import Figure


def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


workflow = qt.Workflow(
    "faults", "Faults", "For tests.",
    {"quick": qt.Preset(
        disorder=(1.0,), width=(4, 16), energy=(0.5,), lengths=(100, 300, 1000),
        realizations=20_000)},
    wire=wire,
    analyse=lambda dataset: xr.Dataset(),
    draw=lambda dataset, result: Figure(),
    check=lambda result: [],
)
"""


def make_sweep(realizations: int | None = None) -> qt.Sweep:
    """Return the sweep of the definition, with other realizations if they are given."""
    workflow = from_source(DEFINITION, "faults.py")
    return workflow.sweep(workflow.preset(None).changed(realizations=realizations), 1)


@pytest.fixture
def sweep() -> qt.Sweep:
    return make_sweep()


@pytest.fixture(scope="session")
def session_client() -> Iterator[Client]:
    with connect(Threads(kind="threads", workers=2)) as client:
        yield client


@pytest.fixture
def threads(session_client: Client) -> Callable[[], AbstractContextManager[Client]]:
    """What `fill_store` takes as `connect`: threads of this process."""
    return lambda: nullcontext(session_client)


@pytest.fixture(scope="session")
def undisturbed_store(tmp_path_factory: pytest.TempPathFactory, session_client: Client) -> Path:
    """The same sweep on threads of this process, which nothing happens to."""
    store = tmp_path_factory.mktemp("undisturbed") / "a.zarr"
    outcome = fill_store(make_sweep(), store, lambda: nullcontext(session_client))
    assert outcome.blocks_left == 0
    return store


@pytest.fixture(scope="session")
def undisturbed(undisturbed_store: Path) -> xr.Dataset:
    return qt.open(undisturbed_store).load()


@pytest.fixture
def assert_same(undisturbed: xr.Dataset) -> Callable[[Path], None]:
    """Assert that a store holds the undisturbed numbers, bit for bit."""

    def compare(store: Path) -> None:
        dataset = qt.open(store).load()
        assert set(dataset.variables) == set(undisturbed.variables)
        for name, expected in undisturbed.variables.items():
            found = dataset[name].to_numpy()
            assert found.dtype == expected.dtype, name
            assert np.array_equal(
                np.ascontiguousarray(found).view(np.uint8),
                np.ascontiguousarray(expected.to_numpy()).view(np.uint8),
            ), name

    return compare


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "faults.py"
    path.write_text(DEFINITION)
    return path


Launch = Callable[..., Any]


@pytest.fixture
def launch(definition: Path, tmp_path: Path) -> Launch:
    """Start `qtcore run` on two worker processes; a context manager that leaves none behind.

    Further keywords are set in its environment.
    """
    profile = tmp_path / "two.yaml"
    profile.write_text("kind: local\nworkers: 2\ndashboard: false\n")
    command = [
        *(sys.executable, "-c", "from qtcore.cli import main; main()"),
        *("run", str(definition), "--cluster", str(profile)),
    ]

    @contextmanager
    def start(store: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [*command, "--store", str(store)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        family: list[psutil.Process] = []
        try:
            yield process
        finally:
            if process.poll() is None:
                family = psutil.Process(process.pid).children(recursive=True)
                process.kill()
            process.communicate()
            for member in family:
                with suppress_gone():
                    member.kill()

    return start


@contextmanager
def suppress_gone() -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess:
        return


@pytest.fixture
def wait_for_blocks() -> Callable[[Path, int], int]:
    """Wait until a store has so many finished blocks; return how many it has."""

    def wait(store: Path, least: int) -> int:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                done = qt.status(store).blocks_done
            except qt.InputError:  # not there yet
                done = 0
            if done >= least:
                return done
            time.sleep(0.02)
        raise AssertionError(f"no {least} blocks within 60 s; {list(store.parent.iterdir())}")

    return wait
