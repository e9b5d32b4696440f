"""Transmission from spin to spin through the engine: stored with labels, continued, compacted."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.made_up import made_up
from qtcore.store.compact import compact, expand
from qtcore.store.verify import verify
from qtcore.workflow import load
from tests.pages import HOW_TO, write_example

DEFINITION = """
    import qtcore as qt

    def wire(point):
        '''A strip whose bonds turn the spin at random.'''
        return qt.Wire(qt.Square(point.width), (qt.Box(point.disorder), qt.RandomSU2()))

    def measure(at):
        return {"flip": qt.estimate.mean(at.ln_T_spin_z[..., 0, 1])}

    workflow = qt.Workflow(
        "flip", "Spins that flip", "For tests.",
        {"quick": qt.Preset(disorder=(0.0, 1.0), energy=0.3, width=2, lengths=(2, 5), realizations=8)},
        wire=wire, observables=("ln_g", "ln_T_spin_z", "reflection_spin_x", "certificate_spin_z"),
    )
"""

Define = Callable[..., Path]


@pytest.fixture
def define(tmp_path: Path) -> Define:
    def write(*replacements: tuple[str, str]) -> Path:
        text = textwrap.dedent(DEFINITION)
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "flip.py"
        path.write_text(text)
        return path

    return write


def run(path: Path, **options: Any) -> xr.Dataset:
    store = path.with_name("a.zarr")
    return qt.run(path, store=store, cluster="threads", progress=False, **options)


def test_blocks_are_stored_with_labels_and_the_bits_of_the_library(define: Define) -> None:
    ds = run(define()).load()
    assert ds.ln_T_spin_z.dims == ("disorder", "realization", "length", "spin_out", "spin_in")
    assert ds.spin_out.values.tolist() == [1, -1]
    assert ds.spin_in.attrs["long_name"] == "spin that comes in, +1 up and -1 down"
    wire = qt.Wire(qt.Square(2), (qt.Box(1.0), qt.RandomSU2()))
    for axis, name, kind in (
        ("z", "ln_T_spin_z", "ln_T"),
        ("x", "reflection_spin_x", "reflection"),
    ):
        alone = qt.resolved_scattering(wire, 0.3, [2, 5], range(8), 1, f"spin_{axis}")
        stored = ds[name].sel(disorder=1.0).to_numpy()
        assert np.array_equal(stored, getattr(alone, kind).astype(stored.dtype))
    flipped = ds.ln_T_spin_z.sel(spin_out=1, spin_in=-1)
    assert np.isfinite(flipped).all()
    g = np.exp(ds.ln_T_spin_z).sum(("spin_out", "spin_in"))
    assert np.allclose(np.log(g), ds.ln_g, rtol=0, atol=1e-9)
    assert (ds.certificate_spin_z < 1e-6).all()


def test_store_is_continued_verified_and_compacted(define: Define) -> None:
    path = define()
    run(path)
    more = run(path, realizations=20).load()
    assert more.sizes["realization"] == 20
    store = path.with_name("a.zarr")
    assert verify(store).findings == []
    compact(store)
    assert verify(store).findings == []
    packed = qt.open(store).load()
    assert np.array_equal(packed.ln_T_spin_z, more.ln_T_spin_z)
    expand(store)
    assert qt.status(store).complete


def test_means_are_measured_unless_the_definition_says_more(define: Define) -> None:
    path = define()
    ds = run(path)
    result = load(path).results(ds)
    assert result.T_spin_z.dims == ("disorder", "length", "spin_out", "spin_in")
    expected = np.exp(ds.ln_T_spin_z).mean("realization")
    assert np.allclose(result.T_spin_z, expected)
    assert "mean_certificate_spin_z" not in result


def test_declared_quantities_may_have_the_spins_as_dimensions(define: Define) -> None:
    declared = """wire=wire, measure=measure, quantities=(qt.Quantity("T", ("length", "spin_out",
        "spin_in"), "", "transmission from spin to spin"),),"""
    path = define(
        (
            '    return {"flip": qt.estimate.mean(at.ln_T_spin_z[..., 0, 1])}',
            '    import numpy as np\n    return {"T": qt.estimate.mean(np.exp(at.ln_T_spin_z))}',
        ),
        ("wire=wire,", declared),
    )
    result = load(path).results(run(path))
    assert result.T.dims == ("disorder", "length", "spin_out", "spin_in")
    assert (result.T_error > 0).all()


def test_leads_that_do_not_conserve_the_spin_are_refused_before_the_run(define: Define) -> None:
    path = define(("qt.RandomSU2())", "), terms=(qt.Rashba(0.3),)"))
    with pytest.raises(qt.InputError, match=r"at disorder 0: spin_x is not conserved in the leads"):
        run(path)
    assert not path.with_name("a.zarr").exists()


def test_a_dry_run_makes_up_blocks_like_those_of_the_sweep(define: Define) -> None:
    workflow = load(define())
    made = made_up(workflow, workflow.sweep(workflow.preset("quick"), 1))
    assert made is not None
    assert made.ln_T_spin_z.dims == ("disorder", "realization", "length", "spin_out", "spin_in")
    assert made.spin_out.values.tolist() == [1, -1]
    assert (made.ln_T_spin_z < np.log(2)).all()
    assert (made.reflection_spin_x.sum(("spin_out", "spin_in")) < 4).all()
    assert workflow.results(made).T_spin_z.notnull().all()


def test_other_sweeps_keep_their_identity(define: Define) -> None:
    path = define(('"ln_T_spin_z", "reflection_spin_x", "certificate_spin_z"', '"reflection"'))
    workflow = load(path)
    assert workflow.sweep(workflow.preset("quick"), 1).dimensions == ()


def test_unknown_spin_is_refused_with_the_known_ones(define: Define) -> None:
    with pytest.raises(qt.InputError, match=r"ln_T_spin_z, .* got 'ln_T_spin_w'"):
        run(define(('ln_T_spin_z"', 'ln_T_spin_w"')))


@pytest.mark.parametrize(("name", "variable"), [("flip.py", "ln_T_spin_z"), ("layers.py", "ln_T")])
def test_definitions_of_the_page_run(tmp_path: Path, name: str, variable: str) -> None:
    ds = run(write_example(HOW_TO / "resolve-by-spin.md", name, tmp_path)).load()
    assert ds[variable].shape[-2:] == (2, 2)
    assert np.isfinite(ds[variable][..., 0, 0]).all()
    assert qt.status(tmp_path / "a.zarr").complete
