"""What the engine stores of wires with pairing is what one asks for by hand; nonsense is refused."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.sweep import build
from qtcore.sweep.survey import channels

pytestmark = pytest.mark.usefixtures("one_client")

DEFINITION = """
    import qtcore as qt
    import xarray as xr
    from matplotlib.figure import Figure

    def wire(point: qt.Point) -> qt.Wire:
        '''A Kitaev chain.'''
        terms = (qt.PWavePairing(0.6), qt.ChemicalPotential(point.mu))
        return qt.Wire(qt.Chain(), qt.Box(point.disorder), terms=terms, lead_shift=point.mu)

    def analyse(dataset):
        return xr.Dataset()

    def draw(dataset, result):
        return Figure()

    def check(result):
        return []

    workflow = qt.Workflow(
        "majorana", "A chain", "For tests.",
        {"quick": qt.Preset(
            mu=qt.Axis((0.5, 2.8), units="t", long_name="chemical potential"),
            disorder=0.3, energy=0.0, lengths=(40, 80), realizations=12)},
        wire=wire, observables=("ln_g", "G_NS", "R_he", "T_ee", "det_r"),
        analyse=analyse, draw=draw, check=check,
    )
"""


def chain(mu: float) -> qt.Wire:
    terms = (qt.PWavePairing(0.6), qt.ChemicalPotential(mu))
    return qt.Wire(qt.Chain(), qt.Box(0.3), terms=terms, lead_shift=mu)


def paired(point: qt.Point) -> qt.Wire:
    return chain(point.mu)


def normal(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Chain(), qt.Box(point.disorder))


def test_a_sweep_stores_andreev_conductance_and_invariant(define: Callable[..., Path]) -> None:
    path = define(textwrap.dedent(DEFINITION))
    store = path.with_name("a.zarr")
    ds = qt.run(path, store=store, cluster="threads", progress=False)
    assert ds.det_r.dims == ("mu", "realization", "length")
    assert "class D" in ds.det_r.attrs["long_name"]
    for number, mu in enumerate((0.5, 2.8)):
        found = observe.andreev(chain(mu), 0.0, [40, 80], range(12), 1)
        for place, S in enumerate(found):
            at = {"mu": number, "length": place}
            for name in ("G_NS", "R_he", "T_ee", "det_r"):
                stored = ds[name].isel(at).values
                assert np.abs(stored - getattr(S, name)).max() < 1e-12
        fast = qt.ln_conductance(chain(mu), 0.0, [40, 80], range(12), 1)
        assert np.array_equal(ds.ln_g.isel(mu=number).values, fast)
    assert (np.sign(ds.det_r.isel(length=1)) == np.array([[-1], [1]])).all()
    # A block has the same bits whatever else is asked for.
    sweep = build.make_sweep(
        "majorana",
        qt.Preset(mu=0.5, disorder=0.3, energy=0.0, lengths=(40, 80), realizations=12),
        1,
        wire=paired,
        observables=("G_NS", "det_r"),
    )
    part = sweep.solve(sweep.point(0), range(5, 7))
    assert np.array_equal(part["det_r"], ds.det_r.isel(mu=0, realization=slice(5, 7)).values)


@pytest.mark.parametrize(
    ("wire", "energy", "words"), [(paired, 0.1, "at the energy 0"), (normal, 0.0, "SWavePairing")]
)
def test_observables_of_pairing_are_refused_where_they_have_no_meaning(
    wire: Callable[[Any], qt.Wire], energy: float, words: str
) -> None:
    preset = qt.Preset(mu=0.5, disorder=0.3, energy=energy, lengths=(40,), realizations=8)
    sweep = build.make_sweep("majorana", preset, 1, wire=wire, observables=("det_r",))
    with pytest.raises(qt.InputError, match=words):
        channels(sweep)


def junction(point: qt.Point) -> qt.Wire:
    terms = (qt.PWavePairing(0.6, in_leads="right"), qt.ChemicalPotential(point.mu))
    return qt.Wire(qt.Chain(), qt.Box(point.disorder), terms=terms)


def turned(point: qt.Point) -> qt.Wire:
    terms = (qt.PWavePairing(0.6, in_leads="left"), qt.ChemicalPotential(point.mu))
    return qt.Wire(qt.Chain(), qt.Box(point.disorder), terms=terms)


def test_a_sweep_of_a_junction_stores_what_it_reflects() -> None:
    preset = qt.Preset(mu=0.5, disorder=0.3, energy=0.0, lengths=(4, 8), realizations=12)
    sweep = build.make_sweep("n-s", preset, 1, wire=junction, observables=("G_NS", "det_r"))
    assert channels(sweep).item() == 2
    found = sweep.solve(sweep.point(0), range(3, 9))
    assert np.abs(found["G_NS"] - 2).max() < 1e-9
    assert np.abs(found["det_r"] + 1).max() < 1e-9


@pytest.mark.parametrize(
    ("wire", "names", "words"),
    [
        (junction, ("G_NS", "ln_g"), "ln_g is for wires whose leads are alike"),
        (junction, ("T_ee",), "T_ee is for wires whose leads are alike"),
        (turned, ("G_NS",), "left lead is a superconductor"),
    ],
)
def test_a_sweep_of_a_junction_refuses_what_passes_it(
    wire: Callable[[Any], qt.Wire], names: tuple[str, ...], words: str
) -> None:
    preset = qt.Preset(mu=0.5, disorder=0.3, energy=0.0, lengths=(4,), realizations=8)
    sweep = build.make_sweep("n-s", preset, 1, wire=wire, observables=names)
    with pytest.raises(qt.InputError, match=words):
        channels(sweep)
