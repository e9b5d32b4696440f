"""Small runs for reports, with names and errors that a stranger could have chosen."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt

EVIL = "<script>alert(1)</script>"

DEFINITION = '''
"""A small workflow for tests: </pre><script>alert(1)</script>"""

from pathlib import Path

import numpy as np

import qtcore as qt
from qtcore import estimate

HERE = Path(__FLAG__)
HERE.touch()

QUANTITIES = (
    qt.Quantity("mean_x", (), "e²/h", "mean of <b>x</b>", "⟨x⟩", source="<script>alert(1)</script>"),
)


def solve(point, realizations):
    """Return numbers of a known mean."""
    if point.field == FAILS:
        raise ValueError("<script>alert(1)</script> 'quoted' $(touch gone)")
    draws = [np.random.default_rng([point.seed, n]).normal(point.field, 1.0) for n in realizations]
    return {"x": np.array(draws)}


FAILS = 3.0


def measure(at):
    """Average."""
    return {"mean_x": estimate.mean(at.x)}


def expect(at):
    """Say the mean that the numbers have."""
    return {"mean_x": qt.Expected(at.field, 0.01)}


workflow = qt.Workflow(
    name="reported",
    title="A small workflow",
    summary="Numbers for a report.",
    presets={
        "quick": qt.Preset(
            field=qt.Axis((1.0, 2.0), units="T</td>", long_name="field <script>alert(1)</script>"),
            disorder=1.0,
            realizations=40,
        )
    },
    solve=solve,
    variables=(qt.Variable("x", units="e²/h", long_name="x"),),
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    panels=(qt.Line("mean_x", "field"),),
)
'''


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the finished run `run.zarr` and with `failed.zarr`, of which a point fails."""
    folder = tmp_path_factory.mktemp("reported")
    definition = folder / "reported.py"
    flag = repr(str(folder / "executed"))
    definition.write_text(DEFINITION.replace("__FLAG__", flag), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qtcore.sweep.rehearsal.may_differ", lambda _: False)
        options: Any = {"cluster": "threads", "progress": False}
        qt.run(definition, store=folder / "run.zarr", **options)
        with suppress(qt.QtcoreError):
            failing = {"field": (1.0, 3.0)}
            qt.run(definition, store=folder / "failed.zarr", settings=failing, **options)
    return folder


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Copy a run that this user made."""

    def copied(name: str = "run") -> Path:
        return Path(shutil.copytree(made / f"{name}.zarr", tmp_path / f"{name}.zarr"))

    return copied


@pytest.fixture
def theirs(
    mine: Callable[[str], Path], made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A run that came from somebody else; its definition must not be executed."""
    store = mine("run")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())
    monkeypatch.chdir(tmp_path)
    (made / "executed").unlink(missing_ok=True)
    yield store
    assert not (made / "executed").exists()
