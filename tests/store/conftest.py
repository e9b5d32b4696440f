"""Small stores, filled with numbers that tell where they belong, on a disk and on an S3 server."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.store.create import consolidate, create, extend, update_attributes
from qtcore.store.header import read_header
from qtcore.store.layout import Coordinate, Layout
from qtcore.store.write import BlockWriter
from qtcore.sweep.observables import OBSERVABLES, USUAL

GRID = (2, 3, 1, 2)
BLOCK = 8
REALIZATIONS = 20
VARIABLES = tuple(OBSERVABLES[name] for name in USUAL)

Fill = Callable[..., None]


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made: a folder, then a prefix on an S3 server."""
    if request.param == "folder":
        return str(tmp_path / "run.zarr")
    return f"{request.getfixturevalue('s3')}/run.zarr"


def _layout(realizations: int = REALIZATIONS) -> Layout:
    axes = (
        Coordinate("disorder", (1.0, 2.0), "t", "full width W"),
        Coordinate("width", (1, 2, 4), "sites", "sites across", "int64"),
        Coordinate("flux", (0.0,), "h/e per plaquette", "magnetic flux"),
        Coordinate("energy", (0.5, 0.7), "t", "Fermi energy"),
    )
    lengths = Coordinate("length", (3, 6, 9), "sites", "length", "int64")
    return Layout(axes, (lengths,), VARIABLES, realizations, BLOCK)


@pytest.fixture(scope="session")
def write_block() -> Fill:
    """Write one block: seeded noise, the same whenever it is written."""

    def write(store: Any, point: tuple[int, ...], number: int) -> None:
        seed = (*point, number)
        rows = min(BLOCK, REALIZATIONS - number * BLOCK)
        noise = np.random.default_rng(seed).normal(size=(rows, 3))
        values: dict[str, Any] = {v.name: noise.astype(v.dtype) for v in VARIABLES}
        values["suspect"] = noise < 0
        BlockWriter(read_header(store), VARIABLES).write(point, number, values)

    return write


@pytest.fixture(scope="session")
def make_anew(write_block: Fill) -> Fill:
    """Make a complete store, as a finished run leaves it."""

    def make(store: Any, seed: int = 7) -> None:
        channels = np.ones(GRID, dtype=np.int32)
        create(store, _layout(), channels, {"spec": "{}", "spec_hash": "abc", "seed": seed})
        for point in np.ndindex(GRID):
            for number in range(3):
                write_block(store, point, number)
        update_attributes(store, {"completed": "2026-01-01T00:00:00+00:00"})
        consolidate(store)

    return make


@pytest.fixture(scope="session")
def make_complete(make_anew: Fill, tmp_path_factory: pytest.TempPathFactory) -> Fill:
    """Do the same; in a folder that is not there yet, by a copy of a store that was made before."""
    made: dict[int, Path] = {}

    def make(store: Any, seed: int = 7) -> None:
        if "://" in str(store) or Path(store).exists():
            make_anew(store, seed)
            return
        if seed not in made:
            made[seed] = tmp_path_factory.mktemp("made") / "made.zarr"
            make_anew(made[seed], seed)
        shutil.copytree(made[seed], store)

    return make


@pytest.fixture
def grow() -> Fill:
    """Extend a store to more realizations."""

    def extended(store: Any, realizations: int) -> None:
        channels = np.ones(GRID, dtype=np.int32)
        extend(store, _layout(realizations), channels, [REALIZATIONS], {})

    return extended


@pytest.fixture
def complete(location: str, make_complete: Fill) -> str:
    make_complete(location)
    return location


@pytest.fixture(scope="session")
def undisturbed(make_complete: Fill, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    store = tmp_path_factory.mktemp("truth") / "truth.zarr"
    make_complete(store)
    return qt.open(store).load()


@pytest.fixture
def truth(undisturbed: xr.Dataset) -> xr.Dataset:
    """The dataset of an undisturbed store."""
    return undisturbed.copy(deep=True)


@pytest.fixture
def assert_same_bits(truth: xr.Dataset) -> Fill:
    def compare(dataset: xr.Dataset) -> None:
        dataset = dataset.load()
        assert set(dataset.variables) == set(truth.variables)
        for name, expected in truth.variables.items():
            found = dataset[name]
            assert found.dtype == expected.dtype, name
            assert found.dims == expected.dims, name
            assert found.to_numpy().tobytes() == expected.to_numpy().tobytes(), name

    return compare
