"""Wires of shipped definitions have no independent parts, so that their stores keep their bits."""

from pathlib import Path

import pytest

from qtcore.solve.separation import separated
from qtcore.workflow import load

WORKFLOWS = sorted((Path(__file__).parents[2] / "workflows").glob("*.py"))


def points_have_no_parts(path: Path, presets: list[str]) -> None:
    workflow = load(path)
    for name in presets:
        sweep = workflow.sweep(workflow.presets[name], 1)
        if not sweep.is_of_wires:
            continue
        # To make a wire takes long in some definitions.
        every = max(1, sweep.points // 16)
        for number in {*range(0, sweep.points, every), sweep.points - 1}:
            if not sweep.counts[number]:  # nothing is computed there
                continue
            assert separated(sweep.wire(sweep.point(number))) is None


@pytest.mark.slow
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_wires_of_shipped_definitions_are_solved_as_they_are(path: Path) -> None:
    points_have_no_parts(path, ["quick", "standard"])


@pytest.mark.slow
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_so_are_those_of_all_presets(path: Path) -> None:
    points_have_no_parts(path, sorted(load(path).presets))
