"""Lengths, and what is counted in them, are slices where a slice is not one site long."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.answers.estimators import localization_length
from qtcore.model.lattice.contract import Lattice
from qtcore.store.verify import verify
from qtcore.sweep.build import make_sweep
from qtcore.sweep.prepare_store import layout
from qtcore.sweep.survey import survey

IN_SITES = (qt.Chain(), qt.Square(3), qt.Square(3, periodic=True), qt.Cubic(2, 3))

IN_SLICES = (
    qt.Honeycomb(2),
    qt.Honeycomb(4, "armchair", periodic=True),
    qt.Custom(np.eye(2), np.eye(2), positions=[(0, 0), (0.5, 0)]),
    qt.Custom(np.eye(2), np.eye(2), period=2.0),
)


def wire(point: Any) -> qt.Wire:
    lattice = qt.Square(3) if point.edge == "none" else qt.Honeycomb(2, point.edge)
    return qt.Wire(lattice, qt.Box(1.0))


def unit_of(*edges: str) -> str:
    """Return the unit in which a sweep over wires with these edges states its lengths."""
    cases = qt.Cases([{"edge": edge} for edge in edges])
    preset = qt.Preset(sample=cases, energy=0.3, lengths=(4, 8), realizations=8)
    sweep = make_sweep("lengths", preset, 1, wire=wire, observables=("ln_g",))
    (length,) = layout(sweep, 8).dimensions
    return length.units


@pytest.mark.parametrize("lattice", IN_SITES, ids=repr)
def test_a_slice_that_is_one_site_long(lattice: Lattice) -> None:
    assert lattice.slice_is_one_site_long


@pytest.mark.parametrize("lattice", IN_SLICES, ids=repr)
def test_a_slice_that_is_not_one_site_long(lattice: Lattice) -> None:
    assert not lattice.slice_is_one_site_long


def test_a_sweep_says_what_its_lengths_count() -> None:
    assert unit_of("none") == "sites"
    assert unit_of("zigzag") == "slices"
    assert unit_of("none", "armchair") == "slices"


@pytest.mark.usefixtures("one_client")
def test_stores_of_before_that_count_sites_go_on_and_meet_those_that_count_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ribbons.py"
    path.write_text(
        "import qtcore as qt\n\n"
        "def wire(point):\n    return qt.Wire(qt.Honeycomb(2), qt.Box(point.disorder))\n\n"
        "workflow = qt.Workflow('ribbons', 'Ribbons', 'For tests.', {'quick': qt.Preset(\n"
        "    disorder=(2.0,), energy=0.3, lengths=(4, 8, 16), realizations=8)}, wire=wire)\n"
    )
    run: dict[str, Any] = {"cluster": "threads", "progress": False}
    with monkeypatch.context() as earlier:
        earlier.setattr(Lattice, "slice_is_one_site_long", True)
        survey.cache_clear()
        before = qt.run(path, store=tmp_path / "before.zarr", **run)
    survey.cache_clear()
    assert before.data.length.units == "sites"
    after = qt.run(path, store=tmp_path / "after.zarr", seed=2, **run)
    assert after.data.length.units == "slices"
    assert localization_length(after.data).localization_length.units == "slices"
    longer = qt.extend(before.store, realizations=16, add={"disorder": (3.0,)}, **run)
    np.testing.assert_array_equal(longer.data.ln_g[:1, :8], before.data.ln_g)
    assert verify(before.store).findings == []
    assert qt.compare(before.store, after.store) is not None
    for number, pair in enumerate(((before.store, after.store), (after.store, before.store))):
        together = qt.merge(*pair, to=tmp_path / f"both{number}.zarr", trust=True)
        assert together.length.units == "slices"
