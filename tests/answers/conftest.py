"""One small store of real wires."""

from pathlib import Path

import pytest

import qtcore as qt

DEFINITION = '''
"""Strips of two widths."""

import qtcore as qt


def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


workflow = qt.Workflow(
    name="strips",
    title="strips",
    summary="strips of two widths",
    wire=wire,
    presets={
        "tiny": qt.Preset(
            width=(2, 3),
            disorder=(1.0, 2.0),
            energy=0.5,
            lengths=(4, 8, 16, 32),
            realizations=20,
        )
    },
)
'''


@pytest.fixture(scope="session")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("definition") / "strips.py"
    path.write_text(DEFINITION)
    return path


@pytest.fixture(scope="session")
def store(definition: Path) -> Path:
    place = definition.parent / "strips.zarr"
    qt.run(definition, store=place, cluster="threads", seed=5, progress=False)
    return place
