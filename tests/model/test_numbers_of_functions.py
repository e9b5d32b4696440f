"""What functions of the user return is bounded like what is given as a number, and warns of nothing."""

import re

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe

STRIP = qt.Square(3)


def constant(value):
    return lambda *places: value + 0 * places[0]


def wire(*structure, disorder=None, **settings):
    return qt.Wire(STRIP, disorder or qt.Box(1.0), structure=structure, **settings)


def solved(*structure, **settings):
    return qt.scattering(wire(*structure, **settings), 0.4, [2, 7], range(2), 1)


def paired(profile):
    terms = (qt.SWavePairing(0.3, profile=profile),)
    return qt.scattering(qt.Wire(STRIP, terms=terms), 0.4, [3], [0], 1)


MOST = "at most 1e+30 in size"
LEAST = "at least 1e-100 is allowed, or 0, which removes the bond"

REFUSED = {
    "ChangedBonds": (lambda: solved(qt.ChangedBonds(constant(1e300))), MOST),
    "strong bonds": (lambda: solved(qt.ChangedBonds(constant(1e16))), "at most 1e+15 is allowed"),
    "a strong bond": (
        lambda: solved(qt.ChangedBond((0, 0), (1, 0), 1e20)), "at most 1e+15 is allowed",
    ),
    "weak bonds": (lambda: solved(qt.ChangedBonds(constant(1e-170))), LEAST),
    "two weak contacts": (
        lambda: solved(qt.TunnelContact(1e-160, "left"), qt.TunnelContact(1e-160, "right")), LEAST,
    ),
    "factors that vanish together": (
        lambda: solved(qt.TunnelContact(1e-60, 1.5), qt.TunnelContact(1e-60, 1.5)), LEAST,
    ),
    "contacts that vanish together": (
        lambda: solved(qt.TunnelContact(1e-200, "left"), qt.TunnelContact(1e-200, "left")), LEAST,
    ),
    "t of TunnelContact": (lambda: solved(qt.TunnelContact(constant(1e300), 1.5)), MOST),
    "Strain to nothing": (lambda: solved(qt.Strain(lambda x, y: (1e3 * x, 0 * y))), LEAST),
    "Strain to infinity": (
        lambda: solved(qt.Strain(lambda x, y: (1e3 * x, 0 * y), -3.0)), "at most 1e+15 is allowed",
    ),
    "a gate": (lambda: solved(gates=(constant(1e300),)), MOST),
    "Profile": (lambda: solved(disorder=qt.Profile(qt.Box(1.0), constant(1e300))), MOST),
    "Profile times strength": (
        lambda: solved(disorder=qt.Profile(qt.Box(1e20), constant(1e20))), MOST,
    ),
    "Fixed, a function": (lambda: solved(disorder=qt.Fixed(constant(1e300))), MOST),
    "Fixed, an array": (lambda: qt.Fixed(np.full((3, 3), 1e300)), MOST),
    "WithMatrix": (lambda: qt.WithMatrix(qt.Box(1.0), np.diag([1e300, -1e300])), MOST),
    "Custom": (lambda: qt.Custom(np.diag([1e300, 0]), np.eye(2)), MOST),
    "a profile of pairing": (lambda: paired(constant(1e300)), MOST),
    "pairing times its profile": (
        lambda: qt.scattering(
            qt.Wire(STRIP, terms=(qt.SWavePairing(1e20, profile=constant(1e20)),)), 0.4, [3], [0], 1
        ),
        MOST,
    ),
    "LocalField": (lambda: solved(qt.LocalField(constant(1e300))), MOST),
    "phases of LocalField": (lambda: solved(qt.LocalField(constant(1e7))), "lose their digits"),
    "FluxTube": (lambda: qt.FluxTube(1.5, 0.5, 1e20), "at most 1e+06 in size"),
    "a field": (lambda: wire(flux=1e20), "at most 1e+06 in size"),
    "a field along x": (
        lambda: qt.Wire(qt.Cubic(2, 2), field=(1e20, 0, 0)), "at most 1e+06 in size",
    ),
    "a phase of pairing": (lambda: qt.SWavePairing(0.3, phase=1e20), "at most 1e+06 in size"),
    "a phase of p-wave pairing": (lambda: qt.PWavePairing(0.3, phase=1e20), "at most 1e+06 in size"),
    "an angle of Ando": (lambda: qt.Ando(1e20), "at most 1e+06 in size"),
    "a spin of another name": (
        lambda: observe.spin_chern_number(
            qt.Wire(qt.Square(6, periodic=True), terms=(qt.QWZ(),)), 0.0, 6, [0], 1,
            spin=np.diag([1e300, -1e300]),
        ),
        MOST,
    ),
    "a phase of Haldane": (lambda: qt.Haldane(0.3, 1e20), "at most 1e+06 in size"),
    "a twist": (
        lambda: qt.closed_sample(wire(), 5, 0, 1, periodic=True, twist=1e20), "at most 1e+06 in size",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_numbers_of_which_powers_do_not_fit_are_refused(name):
    make, words = REFUSED[name]
    with pytest.raises(qt.InputError, match=re.escape(words)):
        make()


ACCEPTED = {
    "bonds at the least": (qt.ChangedBonds(constant(1e-100)),),
    "contacts at the least": (
        qt.TunnelContact(1e-100, "left"), qt.TunnelContact(1e-100, 1.5), qt.TunnelContact(1e-100, "right"),
    ),
    "contacts at the most": (qt.TunnelContact(1e15, "left"), qt.TunnelContact(1e15, "right")),
}  # fmt: skip


@pytest.mark.parametrize("name", ACCEPTED)
def test_at_the_limits_ln_g_is_a_number(name):
    # Warnings are errors here: none of NumPy's comes out either.
    found = solved(*ACCEPTED[name])
    assert np.isfinite(found.ln_g).all()
    assert not found.suspect.any()


def test_two_weak_contacts_let_their_squares_through():
    # g is proportional to t^4 of two contacts that are weak enough.
    contacts = [
        solved(qt.TunnelContact(t, "left"), qt.TunnelContact(t, "right")) for t in (1e-100, 1e-50)
    ]
    apart = contacts[1].ln_g - contacts[0].ln_g
    assert apart == pytest.approx(np.full((2, 2), 4 * 50 * np.log(10)), rel=1e-10)


@pytest.mark.parametrize("solve", ["scattering", "terminal_scattering"])
def test_a_zero_that_may_be_too_small_for_a_number_is_suspect(solve):
    # The disorder is 10^200 times the coupling, and g some 10^-400, which is no zero.
    lattice = qt.Custom(np.zeros((2, 2)), 1e-200 * np.eye(2))
    narrow, energy = qt.Wire(lattice, qt.Box(0.5)), 0.4e-200
    if solve == "scattering":
        found = qt.scattering(narrow, energy, [3], range(2), 1)
        assert np.isneginf(found.ln_g).all()
        assert found.suspect.all()
    else:
        (found,) = qt.terminal_scattering(qt.Bar(narrow), energy, [3], range(2), 1)
        assert np.isneginf(found.ln_T[:, 0, 1]).all()
        assert (found.certificate[:, 0, 1] > 1).all()


@pytest.mark.parametrize("leads", [False, "right"])
@pytest.mark.parametrize("energy", [0.0, 0.05, 0.3])
def test_electrons_and_holes_warn_of_nothing_behind_weak_contacts(leads, energy):
    # All that comes in is reflected as what it is, and what passes is too small for a number.
    contacts = qt.TunnelContact(1e-100, "left"), qt.TunnelContact(1e-100, "right")
    terms = qt.SWavePairing(0.2, in_leads=leads), qt.ChemicalPotential(0.4)
    pairs = qt.Wire(qt.Square(2), qt.Box(1.0), terms=terms, structure=contacts)
    (found,) = observe.andreev(pairs, energy, [8], [0, 1], 3)
    assert found.R_ee == pytest.approx(np.full(2, found.channels), rel=1e-12)
    assert (found.R_he < 1e-24).all()  # rounding errors of amplitudes, squared
    assert (found.T_e < 1e-150).all()


def test_refusals_of_a_function_are_its_own():
    """A message of qtcore from within a user's function is not told as if the function were at fault."""

    def strength(x, y):
        return qt.Wire(qt.Square(0)) and 0 * x + y

    with pytest.raises(qt.InputError, match=r"^width") as refused:
        wire(gates=(strength,)).onsite(0, [0], 1)
    assert "but it raised" not in str(refused.value)
    with pytest.raises(qt.InputError, match=r"^width") as refused:
        observe.interaction_shifts(wire(), lambda r: strength(r, r), 4, [0], 1, electrons=4)
    assert "but it raised" not in str(refused.value)
    with pytest.raises(qt.InputError, match="displacement of Strain must return 2") as refused:
        solved(qt.Strain(lambda x, y: x))  # noqa: ARG005 - elementwise
    assert "but it raised" not in str(refused.value)


def test_a_tube_through_a_chain_is_told_that_there_are_no_loops():
    with pytest.raises(qt.InputError, match="therefore no loops; take a wider wire"):
        qt.Wire(qt.Chain(), structure=(qt.FluxTube(1.5, 0.0, 0.2),))
