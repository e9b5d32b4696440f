"""Conductances say whether they count one spin or both: in stores, results and on axes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.figures.words import unit_of
from qtcore.store.compact import compact
from qtcore.store.verify import verify
from qtcore.sweep import prepare_store
from qtcore.sweep.build import make_sweep
from qtcore.sweep.spins import stated_channels, stated_outputs
from qtcore.units import Spins, unit_of_g
from qtcore.workflow import load

pytestmark = pytest.mark.usefixtures("one_client")

MIXTURE = "both spins counted where the orbitals hold the spin and per spin elsewhere"

DEFINITION = """
    import qtcore as qt

    def wire(point):
        '''A strip, with Rashba coupling where there is any.'''
        terms = (qt.Rashba(point.rashba),) if point.rashba else ()
        return qt.Wire(qt.Square(3), qt.Box(1.0), terms=terms)

    workflow = qt.Workflow(
        "strips", "Strips", "For tests.",
        {"quick": qt.Preset(rashba=(0.0,), energy=0.3, lengths=(6,), realizations=8)},
        wire=wire,
    )
"""


def plain(point: Any) -> qt.Wire:
    del point
    return qt.Wire(qt.Square(3), qt.Box(1.0))


def spinful(point: Any) -> qt.Wire:
    del point
    return qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.Rashba(0.2),))


def from_disorder(point: Any) -> qt.Wire:
    del point
    return qt.Wire(qt.Square(3), qt.MagneticImpurities(0.5, 0.3))


def both(point: Any) -> qt.Wire:
    return spinful(point) if point.rashba else plain(point)


def paired(point: Any) -> qt.Wire:
    del point
    terms = (qt.PWavePairing(0.6), qt.ChemicalPotential(0.5))
    return qt.Wire(qt.Chain(), qt.Box(0.3), terms=terms, lead_shift=0.5)


def bar(point: Any) -> qt.Bar:
    del point
    return qt.HallBar(6, (3, 9), 2, qt.Box(1.0))


def spinful_bar(point: Any) -> qt.Bar:
    del point
    return qt.HallBar(6, (3, 9), 2, qt.Box(1.0), terms=(qt.Zeeman(bz=0.1),))


def sweep_of(wire: Callable[[Any], Any], *observables: Any, **fields: Any) -> qt.Sweep:
    preset = qt.Preset(**{"energy": 0.3, "lengths": (14,), "realizations": 8, **fields})
    return make_sweep("spins", preset, 1, wire=wire, observables=observables or ("ln_g",))


def about(sweep: qt.Sweep) -> dict[str, tuple[str, str]]:
    """Units and words of what a sweep stores."""
    return {
        one.name: (one.attributes["units"], one.attributes["long_name"])
        for one in stated_outputs(sweep)
    }


@pytest.mark.parametrize(
    ("wire", "axes", "words", "unit"),
    [
        (plain, {}, "e²/h per spin", "e²/h per spin"),
        (spinful, {}, "e²/h, both spins counted", "e²/h"),
        (from_disorder, {}, "e²/h, both spins counted", "e²/h"),
        (both, {"rashba": (0.0, 0.2)}, f"e²/h, {MIXTURE}", "e²/h, both spins or per spin"),
        (both, {"rashba": (0.1, 0.2)}, "e²/h, both spins counted", "e²/h"),
    ],
)
def test_the_unit_of_g_is_that_of_the_orbitals(
    wire: Callable[[Any], qt.Wire], axes: dict[str, Any], words: str, unit: str
) -> None:
    sweep = sweep_of(wire, **axes)
    assert about(sweep)["ln_g"] == ("", f"ln g, g in {words}, waves from the left")
    assert unit_of_g(about(sweep)["ln_g"][1]) == unit
    assert stated_channels(sweep) == f"open modes in each lead{words.removeprefix('e²/h')}"


def test_points_that_nobody_computes_do_not_count() -> None:
    sweep = sweep_of(both, rashba=(0.0, 0.2)).changed(realizations=(0, 8))
    assert about(sweep)["ln_g"][1] == "ln g, g in e²/h, both spins counted, waves from the left"


def test_electrons_and_holes_are_no_conductance_and_an_andreev_conductance_is_one() -> None:
    sweep = sweep_of(paired, "ln_g", "G_NS", "R_he", energy=0.0)
    said = about(sweep)
    assert said["ln_g"][1].startswith("ln g, g = Σ Tₙ of electrons and holes, no conductance")
    assert unit_of_g(said["ln_g"][1]) == ""
    assert said["G_NS"][0] == "e²/h"
    assert said["R_he"][0] == ""
    assert stated_channels(sweep) == "open modes in each lead, electrons and holes"


def test_channels_of_a_store_count_holes_and_those_of_andreev_do_not() -> None:
    sweep = sweep_of(paired, "ln_g", energy=0.0)
    wire = paired(None)
    electrons = qt.observe.andreev(wire, 0.0, [14], range(1), 1)[0].channels
    stored = int(prepare_store.channels(sweep).max())  # type: ignore[union-attr]
    assert (stored, electrons) == (2, 1)
    assert "holes" in stated_channels(sweep)


@pytest.mark.parametrize(
    ("device", "end", "words"),
    [(bar, " per spin", " per spin"), (spinful_bar, "", ", both spins counted")],
)
def test_what_is_read_off_bars_counts_spins(
    device: Callable[[Any], qt.Bar], end: str, words: str
) -> None:
    current = ("left", "right")
    said = about(
        sweep_of(
            device,
            *("T_ij", "ln_T_ij", "N_i"),
            qt.Resistance("R_xx", current=current, voltage=("top 1", "top 2")),
            qt.Conductance("G", current=current),
            qt.Conductance("ln_G", current=current, logarithm=True),
            qt.Voltage("V", current=current, lead="top 1"),
        )
    )
    assert said["R_xx"][0] == f"h/e²{end}"
    assert said["G"][0] == f"e²/h{end}"
    assert said["ln_G"] == (
        "",
        f"ln of the conductance in e²/h{words} from left to right, other leads floating",
    )
    assert said["V"][0] == ""
    assert all(said[name][1].endswith(words) for name in ("T_ij", "ln_T_ij", "N_i"))


def test_a_wire_without_spin_has_half_the_modes_of_the_same_wire_with_it() -> None:
    """The truth behind the words: Rashba coupling of no strength doubles every channel."""
    doubled = qt.Wire(qt.Square(3), qt.Box(1.0), terms=(qt.Zeeman(bz=0.0),))
    g = [np.exp(qt.ln_conductance(wire, 0.3, [8], range(4), 1)) for wire in (plain(None), doubled)]
    np.testing.assert_allclose(g[1], doubled.spins * g[0], rtol=1e-9)
    assert doubled.spins == 2


def test_a_store_its_table_and_its_axes_say_it(define: Callable[..., Path]) -> None:
    path = define(DEFINITION, ("rashba=(0.0,)", "rashba=(0.1, 0.2)"))
    ds = qt.run(path, store=path.with_name("a.zarr"), cluster="threads", progress=False)
    assert ds.ln_g.attrs["long_name"] == "ln g, g in e²/h, both spins counted, waves from the left"
    assert ds.channels.attrs["long_name"] == "open modes in each lead, both spins counted"
    workflow = load(path)
    result = workflow.results(ds)
    assert result.g.attrs["units"] == "e²/h"
    assert unit_of(result, "g") == "e²/h"
    labels = [axes.get_ylabel() for axes in workflow.figure(ds, result).axes]
    assert any("⟨g⟩" in label for label in labels)
    assert not any("per spin" in label for label in labels)


def test_a_store_keeps_its_attributes_and_says_where_they_are_wrong(
    define: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setLevel(0)  # a cluster in this process has raised it
    path = define(DEFINITION, ("rashba=(0.0,)", "rashba=(0.2,)"))
    store = path.with_name("a.zarr")
    run: dict[str, Any] = {"store": store, "cluster": "threads", "progress": False}

    def as_before(sweep: qt.Sweep) -> tuple[Any, ...]:
        spec, *others = sweep.outputs
        words = f"ln g, g in {Spins.ONE.words('e²/h')}, waves from the left"
        return (replace(spec, attributes={"units": "", "long_name": words}), *others)

    with monkeypatch.context() as earlier:
        earlier.setattr(prepare_store, "stated_outputs", as_before)
        first = qt.run(path, **run)
    caplog.clear()
    whole = qt.run(path, realizations=16, **run)
    assert whole.ln_g.attrs == first.ln_g.attrs
    assert "per spin" in whole.ln_g.attrs["long_name"]
    assert "states other units than its wires have" in caplog.text
    assert "both spins counted" in caplog.text
    np.testing.assert_array_equal(whole.ln_g[..., :8, :], first.ln_g)
    assert load(path).results(whole).g.attrs["units"] == "e²/h per spin"  # what the store says
    assert verify(store).findings == []
    compact(store)
    assert qt.open(store).ln_g.attrs == first.ln_g.attrs


def test_new_values_that_mix_spins_are_told(
    define: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setLevel(0)  # a cluster in this process has raised it
    path = define(DEFINITION)
    run: dict[str, Any] = {"store": path.with_name("a.zarr"), "cluster": "threads"}
    qt.run(path, progress=False, **run)
    qt.run(path, progress=False, **run)
    assert "other units" not in caplog.text
    qt.run(path, progress=False, settings={"rashba": (0.0, 0.3)}, **run)
    assert "both spins or per spin" in caplog.text
