"""The wires that every law is tried on: a list for each axis, and a strategy that draws from all.

A new lattice, term, setting or kind of disorder is one more line here; a new solver one more name
in SOLVERS.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import qtcore as qt
from qtcore.model.terms import Pairing
from qtcore.solve.joined import joined

from . import truth

SOLVERS = ("transfer", "recursive")

SINGULAR = "the coupling between slices is singular"
BONDS = "the random coupling between slices connects each site with several"
MISSING = "sites of the sample are missing"
OTHER_LEADS = "the leads have another cross-section than the sample"
"""Why the transfer solver refuses a wire."""

LENGTHS = (1, 3, 9)
REALIZATIONS = (0, 3)
SEED = 5


def two_orbitals():
    """A slice of three sites with two orbitals each; one of them couples to the next slice."""
    h = np.kron(qt.Square(3).transverse(), np.array([[0.3, 0.4j], [-0.4j, -0.2]]))
    return qt.Custom(h, np.kron(np.eye(3), np.outer([1.0, 0.5j], [0.8, 0.1])), orbitals=2)


def dense():
    """A slice of four sites, each coupled to all of this slice and of the next."""
    rng = np.random.default_rng(7)
    h, v = rng.standard_normal((2, 4, 4)) + 1j * rng.standard_normal((2, 4, 4))
    return qt.Custom((h + h.conj().T) / 4, np.eye(4) + 0.2 * v)


LATTICES = {
    "chain": qt.Chain(),
    "strip": qt.Square(4),
    "cylinder": qt.Square(5, periodic=True),
    "bar": qt.Cubic(2, 3),
    "bar, closed along y": qt.Cubic(3, 2, (True, False)),
    "bar, closed along z": qt.Cubic(2, 3, (False, True)),
    "bar, closed both ways": qt.Cubic(3, 3, True),
    "zigzag ribbon": qt.Honeycomb(3, "zigzag"),
    "zigzag tube": qt.Honeycomb(4, "zigzag", periodic=True),
    "armchair ribbon": qt.Honeycomb(4, "armchair"),
    "armchair tube": qt.Honeycomb(4, "armchair", periodic=True),
    "two orbitals": two_orbitals(),
    "dense slice": dense(),
}

DISORDERS = {
    "box": qt.Box(1.0),
    "Gaussian": qt.Gaussian(0.4),
    "Cauchy": qt.Cauchy(0.1),
    "binary": qt.Binary(0.8, 0.3),
    "vacancies": qt.Vacancies(0.03),
    "correlated": qt.Correlated(0.4, 1.0),
    "remote": qt.RemoteImpurities(0.4, 1.0),
    "given": qt.Fixed(lambda x, y: 0.4 * np.cos(1.3 * x + 0.7 * y)),
    "several": (qt.Box(0.8), qt.Binary(0.5, 0.2), qt.Box(0.8)),
    "random hopping": (qt.Box(0.5), qt.RandomHopping(0.6)),
    "random phase": (qt.Box(0.5), qt.RandomPhase(0.4)),
    "random flux": (qt.Box(0.5), qt.RandomFlux(0.4)),
    "random SU(2)": (qt.Box(0.5), qt.RandomSU2()),
    "random Zeeman energy": (qt.Box(0.5), qt.WithMatrix(qt.Box(0.7), "sigma_z")),
    "magnetic impurities along x": (qt.Box(0.5), qt.MagneticImpurities(0.6, 0.4, (1, 0, 0))),
    "magnetic impurities": (qt.Box(0.5), qt.MagneticImpurities(0.6, 0.4)),
    "magnetic impurities, random hopping": (qt.RandomHopping(0.4), qt.MagneticImpurities(0.6)),
}


def always(_lattice):
    return True


def is_flat(lattice):
    return lattice.dimension == 2


def is_square(lattice):
    return isinstance(lattice, qt.Square)


def is_honeycomb(lattice):
    return isinstance(lattice, qt.Honeycomb)


@dataclass(frozen=True)
class Terms:
    """Terms that go together, their images under time reversal, and who takes them.

    `reverse` is None where no choice of parameters reverses time; `refusal` is the message for
    lattices that do not fit.
    """

    terms: tuple = ()
    reverse: tuple | None = ()
    fits: Callable = always
    refusal: str = ""

    def refused_by(self, lattice):
        """Return the messages, one of which a lattice refuses the terms with; none if it fits."""
        messages = [] if self.fits(lattice) else [self.refusal]
        if self.terms and lattice.orbitals > 1:
            messages.append("orbitals per site of its own")
        return messages


RASHBA, ANDO, KANE_MELE = qt.Rashba(0.3), qt.Ando(0.5), qt.KaneMele(0.1, 0.15)
DRESSELHAUS = qt.Dresselhaus(0.2)
BHZ = qt.BHZ(A=0.7, B=-0.6, D=-0.2, M=-0.8)
S_WAVE = (qt.SWavePairing(0.4), qt.ChemicalPotential(0.3))
NANOWIRE = (qt.SWavePairing(0.3, 0.5), qt.Rashba(0.3), qt.Zeeman(0.1, 0.2, 0.15))
NOT_FLAT = "needs a lattice in the plane z = 0"
NOT_SQUARE = "needs unit steps along x and y"
NOT_HONEYCOMB = "needs a lattice of two sublattices"

TERMS = {
    "plain": Terms(),
    "Rashba": Terms((RASHBA,), (RASHBA,), is_flat, NOT_FLAT),
    "Dresselhaus": Terms((DRESSELHAUS,), (DRESSELHAUS,), is_flat, NOT_FLAT),
    "Ando": Terms((ANDO,), (ANDO,)),
    "Zeeman": Terms((qt.Zeeman(0.1, 0.2, 0.15),), (qt.Zeeman(-0.1, -0.2, -0.15),)),
    "Ando and Zeeman": Terms((ANDO, qt.Zeeman(0.1, 0.0, 0.3)), (ANDO, qt.Zeeman(-0.1, 0.0, -0.3))),
    "QWZ": Terms((qt.QWZ(0.7, -1.0),), None, is_square, NOT_SQUARE),
    "QWZ, singular": Terms((qt.QWZ(1.0, -1.0),), None, is_square, NOT_SQUARE),
    "BHZ": Terms((BHZ,), (BHZ,), is_square, NOT_SQUARE),
    "Haldane": Terms(
        (qt.Haldane(0.1, 1.2, 0.2),), (qt.Haldane(0.1, -1.2, 0.2),), is_honeycomb, NOT_HONEYCOMB
    ),
    "Kane-Mele": Terms((KANE_MELE,), (KANE_MELE,), is_honeycomb, NOT_HONEYCOMB),
    "Kane-Mele and Rashba": Terms(
        (KANE_MELE, RASHBA), (KANE_MELE, RASHBA), is_honeycomb, NOT_HONEYCOMB
    ),
    "p-wave": Terms((qt.PWavePairing(0.4, 1),), (qt.PWavePairing(0.4, -1),), is_flat, NOT_FLAT),
    "s-wave": Terms(S_WAVE, S_WAVE),
    "s-wave, superconducting leads": Terms((qt.SWavePairing(0.2, in_leads=True),), None),
    "nanowire": Terms(NANOWIRE, None, is_flat, NOT_FLAT),
}

PAIRING = ("p-wave", "s-wave", "s-wave, superconducting leads", "nanowire")
ON_FEW_LATTICES = (*PAIRING, "Dresselhaus")
"""Terms whose bonds and sites are those of others on every lattice."""

FEW_LATTICES = ("chain", "strip", "zigzag ribbon")


def _flux(lattice):
    """A flux per plaquette; on a closed surface the smallest that it takes."""
    if isinstance(lattice, qt.Square) and lattice.periodic:
        return 1 / lattice.width
    return 0.03


def _whole_flux_only(lattice):
    return bool(lattice.wraps()) and not isinstance(lattice, qt.Square)


@dataclass(frozen=True)
class Setting:
    """Field and leads: keywords of the wire for a lattice, and the message where they misfit."""

    keywords: Callable
    refuses: Callable = lambda _lattice: ()


def _refuse_flux(lattice):
    # Along z alone a bar may be closed: a field in that direction does not pierce the seam.
    pierced = _whole_flux_only(lattice) and not (
        isinstance(lattice, qt.Cubic) and lattice.closed == (False, True)
    )
    return ("must be a whole number of h/e",) if pierced else ()


def _refuse_tilted(lattice):
    if lattice.dimension == 2:
        return ("field is for bars",)
    return ("must be a whole number of h/e",) if lattice.wraps() else ()


def _other_leads(lattice):
    """Leads wider than the sample, with hard walls."""
    if is_square(lattice):
        return {"lead_lattice": qt.Square(lattice.width + 2), "lead_offset": 1}
    if is_honeycomb(lattice):
        return {"lead_lattice": qt.Honeycomb(lattice.width + 2, lattice.edge)}
    if isinstance(lattice, qt.Cubic):
        return {"lead_lattice": qt.Cubic(lattice.width + 1, lattice.height)}
    return {"lead_lattice": qt.Square(lattice.sites + 1)}


def _refuse_other_leads(lattice):
    return ("orbitals per site, the sample",) if lattice.orbitals > 1 else ()


@dataclass(frozen=True)
class TurnedBonds:
    """Complex factors of bonds between the places (x, y[, z]) of both ends, Hermitian.

    They are periodic around tubes, where a bond over the seam may be seen from both sides.
    """

    lattice: object
    backwards: bool = False

    def __call__(self, *ends):
        x1, y1, x2, y2 = (ends[k] for k in (0, 1, len(ends) // 2, len(ends) // 2 + 1))
        around = [abs(wrap[1]) for wrap in self.lattice.wraps() if wrap[1]]
        q = 2 * np.pi / around[0] if around else 1.0
        size = 1 + 0.3 * np.cos(0.9 * (x1 + x2) + 0.5 * q * (y1 + y2))
        phase = (x2 - x1) * np.sin(q * (y1 + y2))
        phase += np.sin(x1 + 2 * q * y1) - np.sin(x2 + 2 * q * y2)
        return size * np.exp(-1j * phase if self.backwards else 1j * phase)


def structure(lattice, backwards=False):
    """Contacts of other bonds, and bonds with complex factors in the sample."""
    return (
        qt.TunnelContact(0.7, "left"),
        qt.ChangedBonds(TurnedBonds(lattice, backwards)),
        qt.TunnelContact(0.8, "right"),
    )


def one_missing(lattice):
    """One missing site in slice 1, unless that is all there is: then in no slice."""
    x, y, z = lattice.positions()[-1]
    x += lattice.period if lattice.sites > 1 else -lattice.period
    return qt.MissingSites(
        lambda *at: sum(abs(one - there) for one, there in zip(at, (x, y, z), strict=False)) < 0.1
    )


SETTINGS = {
    "no field": Setting(lambda _lattice: {}),
    "flux": Setting(lambda lattice: {"flux": _flux(lattice)}, _refuse_flux),
    "flux in the sample only": Setting(
        lambda lattice: {"flux": _flux(lattice), "field_in_leads": False}, _refuse_flux
    ),
    "tilted field": Setting(lambda _lattice: {"field": (0.04, -0.07, 0.03)}, _refuse_tilted),
    "doped leads": Setting(lambda _lattice: {"lead_shift": -0.4}),
    "other leads": Setting(_other_leads, _refuse_other_leads),
    "a gate": Setting(lambda _lattice: {"gates": (lambda x, y, *_z: 0.3 * np.cos(x - y),)}),
    "structure": Setting(lambda lattice: {"structure": structure(lattice)}),
    "missing sites": Setting(lambda lattice: {"structure": (one_missing(lattice),)}),
}

ON_STRIPS = {
    "narrower leads": Setting(lambda _: {"lead_lattice": qt.Square(2), "lead_offset": -1}),
    "leads apart": Setting(
        lambda strip: {"lead_lattice": qt.Chain(), "right_lead_offset": 1 - strip.width}
    ),
}
"""Settings that have solvers of their own on strips."""


@dataclass(frozen=True)
class System:
    """A wire and an energy at which its leads conduct, away from thresholds."""

    wire: qt.Wire
    energy: float
    reverse_terms: tuple | None
    realizations: tuple = REALIZATIONS
    lengths: tuple = LENGTHS
    seed: int = SEED

    def _is_straight_ahead(self):
        """Whether each site couples to its own successor in the next slice, and to no other."""
        slices = self.wire.slices()
        k, sites = self.wire.orbitals, self.wire.width
        ahead = np.abs(slices.v).reshape(sites, k, sites, k).sum(axis=(1, 3)) > 0
        return bool((ahead == np.eye(sites, dtype=bool)).all())

    @property
    def refused_by(self):
        """Solvers that cannot take it, and why."""
        if self.is_shaped and self._may_end_anywhere():
            return {}
        if self._misses_sites:
            return {"transfer": MISSING}
        if self.wire.random_bonds and not self._is_straight_ahead():
            return {"transfer": BONDS}
        if self.wire.lead_lattice is not None and self.wire.strip is None:
            return {"transfer": OTHER_LEADS}
        return {} if self._has_inverse() or self._is_peeled else {"transfer": SINGULAR}

    @property
    def _misses_sites(self):
        return any(isinstance(one, qt.MissingSites) for one in self.wire.structure)

    @property
    def is_shaped(self):
        """Whether the sites of slices, or of the leads, differ."""
        return self._misses_sites or self.wire.lead_lattice is not None

    def _has_inverse(self):
        """Whether the couplings between slices have one."""
        slices = self.wire.slices()
        return all(
            np.divide(*np.linalg.svd(v, compute_uv=False)[[-1, 0]]) >= 1e-10
            for v in (slices.v, slices.lead_v)
        )

    def _may_end_anywhere(self):
        """Whether columns can begin and end at any site, so that sites may be missing."""
        return self._has_inverse() and self._is_straight_ahead() and not self.wire.space.paired

    @property
    def _is_peeled(self):
        """Whether slices with a singular coupling are solved one unknown at a time."""
        slices = self.wire.slices()
        is_clean = slices.uniform and not self.wire.random_hopping
        return is_clean and joined(slices) is not None

    @property
    def numbers(self):
        """Realizations as the model takes them."""
        return np.array(self.realizations, dtype=np.uint64)

    def potential(self, length):
        """Return disorder and gates, (slice, site, realization)."""
        return self.wire.potential_of(self.numbers, 0, length, self.seed)

    @property
    def hopping(self):
        """Random hopping as the solvers take it, or None where h and v are clean."""
        if not self.wire.random_hopping:
            return None
        return lambda first, count: self.wire.hopping_of(self.numbers, first, count, self.seed)

    @property
    def spinful(self):
        """Whether the electrons have a spin."""
        parts = *self.wire.terms, *self.wire.disorders
        return any(getattr(part, "spin", False) for part in parts)

    def truth(self, number, length):
        """Return one of the realizations as dense matrices."""
        hopping = None
        if self.hopping is not None:
            found, M = self.hopping(0, length), len(self.wire.slices().h)
            hopping = found.inside.dense(M)[:, number], found.ahead.dense(M)[:, number]
        return truth.sample(self.wire.slices(), self.potential(length)[:, :, number], hopping)

    def reverse(self):
        """Return the wire with time reversed, or None where no parameters do that."""
        wire, lattice = self.wire, self.wire.lattice
        kinds = qt.RandomPhase | qt.RandomFlux | qt.WithMatrix
        turned = any(isinstance(one, kinds) for one in wire.disorders)
        if self.reverse_terms is None or turned:
            return None
        if isinstance(lattice, qt.Custom):
            lattice = qt.Custom(
                lattice.h.conj(), lattice.v.conj(), lattice.positions(), lattice.orbitals
            )
        turned = wire.structure == structure(wire.lattice)
        return replace(
            wire,
            lattice=lattice,
            terms=self.reverse_terms,
            flux=-wire.flux,
            field=tuple(-b for b in wire.field),
            structure=structure(wire.lattice, backwards=True) if turned else wire.structure,
        )

    def turn(self):
        """Return U of time reversal psi -> U psi^*, (M, M): i sigma_y on spin, which is outermost."""
        wire = self.wire
        if not self.spinful:
            return np.eye(len(wire.slices().h))
        bands = wire.orbitals // (4 if wire.space.paired else 2)
        spin = np.kron(np.array([[0, 1], [-1, 0]]), np.eye(bands))
        if wire.space.paired:
            spin = np.kron(np.eye(2), spin)
        return np.kron(np.eye(wire.lattice.sites), spin)


IN_FIELD = ("flux", "flux in the sample only", "tilted field")


def refusal(lattice, terms, setting, disorder):
    """Return a pattern for the message that a combination is refused with, or None."""
    messages = [*setting.refuses(lattice), *terms.refused_by(lattice)]
    further = any(isinstance(term, qt.Haldane | qt.KaneMele) for term in terms.terms)
    if further and setting == SETTINGS["flux in the sample only"]:
        messages.append("field_in_leads=False has no meaning with")
    paired = any(isinstance(term, Pairing) for term in terms.terms)
    if paired and setting in (SETTINGS[name] for name in IN_FIELD):
        messages.append("a field does not go with pairing")
    if paired and setting == SETTINGS["structure"]:
        messages.append("does not go with pairing")
    if disorder == DISORDERS["random flux"] and lattice.dimension == 3:
        messages.append("RandomFlux")
    if disorder == DISORDERS["given"] and lattice.dimension == 3:
        messages.append("must be a function V(x, y, z)")
    return "|".join(re.escape(message) for message in messages) or None


def build(lattice, terms, setting, disorder):
    """Return the wire of a combination."""
    return qt.Wire(lattice, disorder, terms=terms.terms, **setting.keywords(lattice))


def _combinations():
    """Yield names: every lattice with every term and with every setting, and terms in fields."""
    for lattice in LATTICES:
        few = () if lattice in FEW_LATTICES else ON_FEW_LATTICES
        yield from ((lattice, term, "no field", "box") for term in TERMS if term not in few)
        yield from ((lattice, "plain", setting, "box") for setting in list(SETTINGS)[1:-2])
    for setting in ("flux", "flux in the sample only", "doped leads"):
        yield from (("strip", term, setting, "box") for term in list(TERMS)[1:])
        yield from (("zigzag ribbon", term, setting, "box") for term in list(TERMS)[1:])
    for lattice in ("strip", "bar", "zigzag ribbon"):
        yield from ((lattice, "plain", "no field", disorder) for disorder in list(DISORDERS)[1:])
    for disorder in list(DISORDERS)[-8:]:
        yield from (("strip", term, "no field", disorder) for term in ("Ando", "Zeeman"))
        yield "strip", "plain", "flux", disorder
    for setting in list(SETTINGS)[-2:]:
        yield from ((lattice, "plain", setting, "box") for lattice in LATTICES)
    for disorder in ("random hopping", "random Zeeman energy", "magnetic impurities"):
        yield "strip", "nanowire", "no field", disorder
    yield "strip", "s-wave", "other leads", "box"
    yield from (("strip", "plain", setting, "box") for setting in ON_STRIPS)


def _sorted_out():
    accepted, refused = {}, {}
    for names in _combinations():
        setting = (SETTINGS | ON_STRIPS)[names[2]]
        parts = LATTICES[names[0]], TERMS[names[1]], setting, DISORDERS[names[3]]
        target = accepted if refusal(*parts) is None else refused
        target[", ".join(names)] = parts
    return accepted, refused


ACCEPTED, REFUSED = _sorted_out()
"""Combinations by name: (lattice, terms, setting, disorder)."""


@cache
def system(name):
    """Return a listed system."""
    lattice, terms, setting, disorder = ACCEPTED[name]
    wire = build(lattice, terms, setting, disorder)
    return System(wire, truth.conducting_energy(wire.slices()), terms.reverse)


@st.composite
def drawn_systems(draw):
    """Draw lattice, size, terms, setting, disorder, energy, lengths and seed."""
    lattice = draw(
        st.one_of(
            st.builds(qt.Square, st.integers(1, 7)),
            st.builds(qt.Square, st.integers(3, 7), st.just(True)),
            st.builds(qt.Cubic, st.integers(1, 3), st.integers(2, 3)),
            st.builds(qt.Cubic, st.just(3), st.integers(2, 3), st.just((True, False))),
            st.builds(qt.Honeycomb, st.integers(2, 4), st.sampled_from(["zigzag", "armchair"])),
            st.sampled_from(list(LATTICES.values())),
        )
    )
    fitting = [terms for terms in TERMS.values() if not terms.refused_by(lattice)]
    terms = draw(st.sampled_from(fitting))
    settings = [one for one in SETTINGS.values() if refusal(lattice, terms, one, None) is None]
    wire = build(
        lattice,
        terms,
        draw(st.sampled_from(settings)),
        qt.Box(draw(st.sampled_from([0.3, 1.0, 3.0]))),
    )
    energy = truth.conducting_energy(wire.slices(), draw(st.integers(-3000, 3000)) / 1000)
    # Leads without an energy to solve them at are no system.
    assume(energy is not None)
    lengths = tuple(sorted(draw(st.sets(st.integers(1, 12), min_size=2, max_size=3))))
    numbers = tuple(draw(st.lists(st.integers(0, 1000), min_size=2, max_size=2, unique=True)))
    return System(wire, energy, terms.reverse, numbers, lengths, draw(st.integers(0, 2**32)))
