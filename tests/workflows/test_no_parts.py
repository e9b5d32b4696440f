"""Wires of shipped definitions have no independent parts, so that their stores keep their bits."""

from pathlib import Path

import pytest

from qtcore.solve.separation import separated
from qtcore.workflow import load

WORKFLOWS = sorted((Path(__file__).parents[2] / "workflows").glob("*.py"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_wires_of_shipped_definitions_are_solved_as_they_are(path: Path) -> None:
    workflow = load(path)
    for preset in workflow.presets.values():
        sweep = workflow.sweep(preset, 1)
        if not sweep.is_of_wires:
            continue
        # To make a wire takes long in some definitions.
        every = max(1, sweep.points // 8)
        for number in {*range(0, sweep.points, every), sweep.points - 1}:
            assert separated(sweep.wire(sweep.point(number))) is None
