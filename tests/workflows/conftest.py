"""Definitions run through the real engine, at sizes of seconds."""

import linecache
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import qtcore as qt
from qtcore.workflow import load

from .swept_scripts import HEAD, Script

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


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Return a function that executes a script in a folder of its own, and returns its names."""
    monkeypatch.chdir(tmp_path)

    def run(text: str, name: str = "script.py") -> dict[str, Any]:
        path = tmp_path / name
        path.write_text(HEAD + text)
        linecache.checkcache(str(path))
        return runpy.run_path(str(path))

    return run
