"""The pages on invariants and on interactions say what is true, and their definitions run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.store.compact import compact
from qtcore.store.verify import verify

from .pages import HOW_TO, blocks, write_example

INVARIANTS, INTERACTIONS = HOW_TO / "invariants.md", HOW_TO / "interactions.md"


@pytest.mark.parametrize("page", [INVARIANTS, INTERACTIONS], ids=lambda page: page.stem)
def test_examples_run(page: Path) -> None:
    examples = blocks(page, "python")
    assert len(examples) > 1
    namespace: dict[str, Any] = {}
    for line, source in examples:
        exec(compile("\n" * line + source, str(page), "exec"), namespace)


@pytest.mark.further
def test_invariants_are_stored_continued_verified_and_compacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_example(INVARIANTS, "chern.py", tmp_path)
    options: dict[str, Any] = {"cluster": "threads", "progress": False, "store": "chern.zarr"}
    few = qt.run("chern.py", realizations=8, **options).load()
    ds = qt.run("chern.py", realizations=10, **options).load()
    # The first realizations are those of the shorter run, and those that a call of one's own gives.
    for name in ("bott_index", "bott_index_branch", "bott_index_suspect", "charge_pumped"):
        assert np.array_equal(
            ds[name].isel(realization=slice(8)), few[name].isel(realization=slice(8))
        )
    tube = qt.Wire(
        qt.Square(6, periodic=True), qt.Box(4.0), terms=(qt.QWZ(1.0, -1.0),), lead_shift=1.5
    )
    seed = int(ds.attrs["seed"])
    own = qt.observe.bott_index(tube, 0.0, 12, [5, 9], seed)
    stored = ds.sel(disorder=4.0, realization=[5, 9]).squeeze()
    assert stored.bott_index.values.tolist() == own.values.tolist()
    assert np.array_equal(stored.bott_index_branch, own.branch)
    pumped = qt.observe.charge_pumped(tube, 0.0, 12, [5, 9], seed)
    assert stored.charge_pumped.values.tolist() == pumped.values.tolist()
    assert ds.bott_index.attrs["units"] == "e²/h"
    assert not verify("chern.zarr").findings
    compact("chern.zarr")
    again = qt.open("chern.zarr").load()
    assert np.array_equal(again.bott_index, ds.bott_index)
    assert all(check.passed for check in qt.check("chern.zarr", workflow="chern.py"))
    # Far from the transition both agree.
    mean = ds.mean("realization").squeeze()
    for name in ("bott_index", "charge_pumped"):
        assert mean[name].sel(disorder=[1.0, 12.0]).values.tolist() == [1.0, 0.0]


def test_interactions_in_a_sweep_raise_the_density_of_a_dirty_metal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_example(INTERACTIONS, "exchange.py", tmp_path)
    ds = qt.run("exchange.py", cluster="threads", progress=False, store="exchange.zarr").load()
    at_fermi = ds.change.sel(from_fermi=0.0).squeeze()
    error = at_fermi.std("realization", ddof=1) / 32**0.5
    weak, strong = (float(at_fermi.mean("realization").sel(disorder=W)) for W in (2.0, 4.0))
    assert 0 < weak < strong
    assert weak > 4 * float(error.sel(disorder=2.0))
