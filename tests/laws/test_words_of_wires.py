"""What messages advise is what helps, and numbers in them have the unit that they have."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qtcore as qt
from qtcore import observe
from qtcore.errors import InputError, QtcoreError
from qtcore.sweep.build import make_sweep
from qtcore.sweep.survey import channels

Places = NDArray[Any]


def nanowire(shift: float) -> qt.Wire:
    terms = (qt.SWavePairing(0.25), qt.ChemicalPotential(-4.0), qt.Rashba(0.3))
    return qt.Wire(qt.Chain(), qt.Box(0.1), terms=terms, lead_shift=shift)


def swept(point: object) -> qt.Wire:
    del point
    return nanowire(0.0)


def test_at_the_chemical_potential_the_leads_are_shifted_and_not_the_energy() -> None:
    with pytest.raises(QtcoreError) as refused:
        observe.andreev(nanowire(0.0), 0.0, [10], range(2), 1)
    assert "choose another lead_shift" in str(refused.value)
    assert "shift the energy" not in str(refused.value)
    assert observe.andreev(nanowire(-3.5), 0.0, [10], range(2), 1)[0].det_r.shape == (2,)
    preset = qt.Preset(energy=0.0, lengths=(10,), realizations=2)
    with pytest.raises(InputError, match="choose another lead_shift"):
        channels(make_sweep("wires", preset, 1, wire=swept, observables=("det_r",)))


def test_at_other_energies_the_energy_is_shifted() -> None:
    with pytest.raises(QtcoreError, match="choose another energy"):
        observe.andreev(nanowire(0.0), 1e-3, [10], range(2), 1)
    with pytest.raises(QtcoreError, match="choose an energy inside"):
        qt.open_channels(qt.Wire(qt.Chain()), 3.0)


def test_components_are_those_of_holes_and_bands_too() -> None:
    with pytest.raises(
        QtcoreError, match=r"4 components in a slice: sites, times orbitals of each"
    ):
        observe.andreev(nanowire(0.0), 0.0, [10], range(2), 1)
    assert len(nanowire(0.0).slices().h) == 4  # one site: two spins, electrons and holes


def test_the_function_of_a_profile_has_no_unit() -> None:
    words = "<lambda> must return real numbers"
    with pytest.raises(InputError, match=rf"factor of Profile {words} \(no unit\)"):
        qt.Wire(qt.Square(3), qt.Profile(qt.Box(1.0), lambda x, y: x + 1j * y))
    with pytest.raises(InputError, match=rf"potential {words} \(units of t\)"):
        qt.Wire(qt.Square(3), qt.Fixed(lambda x, y: x + 1j * y))


def test_bars_of_other_lattices_are_made_of_site_leads() -> None:
    honeycomb = qt.Honeycomb(8, "zigzag")
    words = "square strips.*Honeycomb.*qt.Bar.*qt.SiteLead"
    for make in (
        lambda: qt.HallBar(honeycomb, (2, 10), 4),  # type: ignore[arg-type]
        lambda: qt.FourProbe(honeycomb, (2, 10), 4),  # type: ignore[arg-type]
        lambda: qt.Cross(honeycomb, 2, 4),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match=words):
            make()
    assert qt.HallBar(qt.Square(8), (2, 10), 4).names == qt.HallBar(8, (2, 10), 4).names


def rising(x1: Places, y1: Places, x2: Places, y2: Places) -> Places:
    del x1, x2
    return 1 + 0.1 * (y1 + y2)


def periodic(x1: Places, y1: Places, x2: Places, y2: Places) -> Places:
    del x1, x2
    return 1 + 0.1 * np.cos(np.pi * (y1 + y2) / 2)


def winding(x1: Places, y1: Places, x2: Places, y2: Places) -> Places:
    del x1, x2
    return np.exp(0.1j * (y2 - y1))


def along(x1: Places, y1: Places, x2: Places, y2: Places) -> Places:
    del y1, y2
    return 1 + 0.1 * x1 * x2


@pytest.mark.parametrize(
    ("factor", "fits"), [(rising, False), (periodic, True), (winding, True), (along, True)]
)
def test_bonds_around_a_tube_close(factor: Callable[..., Any], fits: bool) -> None:
    def made() -> qt.Wire:
        changed = qt.ChangedBonds(factor)
        return qt.Wire(qt.Square(4, periodic=True), structure=[changed])

    if fits:
        wire = made()
        H = qt.closed_sample(wire, 2, 0, 1).H.toarray()
        np.testing.assert_array_equal(H, H.conj().T)
        return
    with pytest.raises(InputError, match="goes around"):
        qt.ln_conductance(made(), 0.3, [3], [0], 1)


def test_a_site_of_a_tube_has_one_displacement() -> None:
    def wire(displacement: Callable[..., Any], *, periodic: bool = True) -> qt.Wire:
        lattice = qt.Square(4, periodic=periodic)
        return qt.Wire(lattice, structure=[qt.Strain(displacement)])

    def stretched(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 0 * x, 0.1 * y

    def waved(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 0 * x, 0.1 * np.sin(np.pi * y / 2)

    words = re.escape("one site would have two displacements")
    with pytest.raises(InputError, match=words):
        qt.ln_conductance(wire(stretched), 0.3, [3], [0], 1)
    qt.ln_conductance(wire(stretched, periodic=False), 0.3, [3], [0], 1)
    H = qt.closed_sample(wire(waved), 1, 0, 1).H.toarray().real
    # The bond over the seam is shorter by u(3) - u(4) = 0.1, with u(4) = u(0).
    length = abs(1 + 0.1 * (np.sin(2 * np.pi) - np.sin(1.5 * np.pi)))
    assert abs(H[0, 3]) == pytest.approx(np.exp(-3.37 * (length - 1)))
