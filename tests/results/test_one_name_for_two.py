"""A stored variable and a quantity of one name: at.NAME are samples, at["NAME"] is what was measured."""

import textwrap
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.workflow.calls import DefinitionError

DEFINITION = '''
    """Numbers that are drawn."""
    import numpy as np
    import qtcore as qt
    from qtcore import estimate

    def solve(point, realizations):
        """Numbers by address."""
        draws = [np.random.default_rng([point.seed, r]).random() for r in realizations]
        return {"R2": np.array(draws)}

    def measure(at):
        """The mean."""
        return {"QUANTITY": estimate.mean(SAMPLES)}

    def expect(at):
        """One half."""
        return {"QUANTITY": 0.5}

    workflow = qt.Workflow(
        "drawn", "Drawn", "For tests.",
        {"quick": qt.Preset(gate=(0.0, 1.0), realizations=16)},
        solve=solve, variables=(qt.Variable("R2", units="h/e²"),),
        quantities=(qt.Quantity("QUANTITY", (), "h/e²", "mean", "R", "drawn evenly"),),
        measure=measure, expect=expect,
    )
'''


def definition(folder: Path, quantity: str, samples: str) -> Path:
    path = folder / "drawn.py"
    text = textwrap.dedent(DEFINITION).replace("QUANTITY", quantity).replace("SAMPLES", samples)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("quantity", ["R2", "mean_R2"])
def test_samples_that_are_asked_for_as_a_quantity_are_refused_before_the_sweep(
    tmp_path: Path, quantity: str
) -> None:
    store = tmp_path / "a.zarr"
    path = definition(tmp_path, quantity, 'at["R2"]')
    with pytest.raises(
        DefinitionError, match=r"(?s)earlier quantity.*the stored samples are at\.R2"
    ):
        qt.run(path, store=store, cluster="threads", progress=False)
    assert not store.exists()


def test_samples_by_their_own_name_are_measured(tmp_path: Path) -> None:
    from qtcore.workflow import load

    path = definition(tmp_path, "R2", "at.R2")
    ds = qt.run(path, store=tmp_path / "a.zarr", cluster="threads", progress=False)
    result = load(path).results(ds)
    assert float(result.R2[0]) == pytest.approx(float(ds.R2[0].mean()))
    assert list(result.R2_theory.values) == [0.5, 0.5]
