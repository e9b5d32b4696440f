"""The page on rings and billiards runs, and its sweep computes what it says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt

from .pages import HOW_TO, blocks, write_example

QUIET: dict[str, Any] = {"cluster": "threads", "progress": False}

PAGE = HOW_TO / "rings-and-billiards.md"


def test_the_page_on_rings_and_billiards_runs() -> None:
    namespace: dict[str, Any] = {}
    for line, source in blocks(PAGE, "python"):
        exec(compile("\n" * line + source, str(PAGE), "exec"), namespace)
    levels, cavity = namespace["levels"], namespace["cavity"]
    assert len(levels) == (~cavity.missing_sites(0, 40)).sum()


def test_its_sweep_over_flux_and_contact_is_what_the_solver_says(tmp_path: Path) -> None:
    definition = write_example(PAGE, "ring.py", tmp_path)
    namespace: dict[str, Any] = {}
    exec(compile(definition.read_text(encoding="utf-8"), str(definition), "exec"), namespace)
    store = tmp_path / "a.zarr"
    qt.run(definition, store=store, realizations=8, **QUIET)
    with qt.open(store) as ds:
        assert ds.ln_g.dims == ("tube", "contact", "realization", "length")
        assert ds.tube.attrs["units"] == "h/e"
        for tube, contact in ((0.25, 0.5), (0.5, 1.0)):
            wire = namespace["wire"](_Point(tube, contact))
            exact = qt.scattering(wire, 0.8, [15], range(8), 1)
            found = ds.sel(tube=tube, contact=contact)
            np.testing.assert_array_equal(found.ln_g, exact.ln_g)
        # One impurity configuration, seen at every flux and behind every contact.
        assert "tube" in ds.attrs["common_disorder"]
        assert "contact" in ds.attrs["common_disorder"]
        assert "MissingSites(outside)" in ds.attrs["spec"]
        assert "np.hypot(x - 7, y - 7)" in ds.attrs["spec"]
    qt.run(
        definition, store=store, settings={"tube": (0.0, 0.1, 0.25, 0.5)}, realizations=8, **QUIET
    )
    assert qt.status(store).complete
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text.replace("r < 3.5", "r < 4.5"), encoding="utf-8")
    with pytest.raises(qt.QtcoreError, match="outside"):
        qt.run(definition, store=store, realizations=8, **QUIET)


class _Point:
    """What the page's `wire` reads of a point."""

    def __init__(self, tube: float, contact: float) -> None:
        self.tube, self.contact, self.disorder = tube, contact, 1.0


def test_a_wire_that_its_structure_cuts_is_refused_before_a_sweep_begins(tmp_path: Path) -> None:
    definition = write_example(PAGE, "ring.py", tmp_path)
    store = tmp_path / "a.zarr"
    with pytest.raises(qt.InputError, match="contact 0: the structure cuts the wire apart"):
        qt.run(definition, store=store, settings={"contact": (0.0, 1.0)}, realizations=8, **QUIET)
    assert not store.exists()
