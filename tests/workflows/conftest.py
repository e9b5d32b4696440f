"""Definitions run through the real engine, at sizes of seconds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import qtcore as qt
from qtcore.workflow import load

WORKFLOWS = Path(__file__).parents[2] / "workflows"


@pytest.fixture(scope="session")
def run_tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Any, xr.Dataset]]:
    """Run a definition with other settings in threads; return the workflow and the dataset."""

    def run(name: str, settings: dict[str, Any], realizations: int | None = None) -> Any:
        path = WORKFLOWS / f"{name}.py"
        store = tmp_path_factory.mktemp(name) / "tiny.zarr"
        options = {"settings": settings, "realizations": realizations, "cluster": "threads"}
        ds = qt.run(path, store=store, progress=False, **options)
        return load(path), ds.load()

    return run
