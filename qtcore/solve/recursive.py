"""Recursive Green's functions: any slice, an inversion each. Slower than transfer, and its referee.

The left part of the wire acts on slice n through a self-energy, Sigma_n = v^+ g_{n-1} v with
g_n = (E - h - eps_n - Sigma_n)^-1. What lies between the left lead and slice n is kept in the N
open channels only. A length L is closed with the right lead's self-energy on slice L - 1, on a
copy. Nothing inverts v, so it may be singular, and the field sits in v (the transfer solver has it
elsewhere): the two solvers share neither their algorithm nor their gauge.

Lee and Fisher, PRL 47, 882 (1981); MacKinnon, Z. Phys. B 59, 385 (1985); Fisher and Lee, PRB 23,
6851 (1981).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.contacts import Contact, Leads, SortOf, attach
from qtcore.solve.doubt import DOUBTFUL, Passed, cancelled, judged, largest, sensitivity, shaken
from qtcore.solve.elimination import GROWTH, Before, beyond, rescaled, responses, size
from qtcore.solve.energies import counted_in
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.pencil import Matrix
from qtcore.solve.sample import (
    HoppingOf,
    PotentialOf,
    SampleSlice,
    Step,
    addressed,
    in_units,
    sample_slices,
)
from qtcore.solve.smatrix import SMatrices

_OF_AN_ELEMENT = 0.125
"""Rounding error of an element of a block, two units in the last place, where that of a factor by
which errors are amplified counts as one."""


_STEPS = 16
"""Slices that are looked at together for what makes a result doubtful."""


def scattering_matrices(
    slices: Slices,
    energy: float,
    lengths: Sequence[int],
    potential: NDArray[np.float64] | PotentialOf,
    absorption: float = 0.0,
    hopping: HoppingOf | None = None,
    nudge: float = 0.0,
    shake: int = 0,
    sort: SortOf | None = None,
) -> list[SMatrices]:
    """Return the scattering matrices of an ensemble at every length, in one pass.

    Memory does not grow with the length where potential and hopping are functions.

    Parameters
    ----------
    slices : Slices
        The clean wire and its leads.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices, each >= 1.
    potential : (slice, site, realization) float array or function
        Disorder and gates, units of t, or a function of (first slice, number of slices) that
        returns those.
    absorption : float
        eta >= 0 of a self-energy -i eta on every site (units of t): S is no longer unitary.
    hopping : function, optional
        Random hopping of (first slice, number of slices); see `Wire.hopping_of`.
    nudge : float
        By how many of its rounding errors the leads' energy is moved; see `general_modes`.
    shake : int
        Number of the changes of the sample by rounding errors, or 0 for none; see `shaken`.
    sort : function, optional
        Which modes of the leads S refers to; see `attach`.

    Returns
    -------
    list of SMatrices
        One for each length.

    Raises
    ------
    InputError
        If the potential does not fit the wire, or no mode is open.
    """
    unit = slices.unit
    if unit != 1:
        slices, energy, absorption = slices.in_units(unit), energy / unit, absorption / unit
        potential, hopping = in_units(potential, hopping, unit)
    sample = sample_slices(slices, lengths[-1], potential, hopping)
    with counted_in(unit):
        leads = attach(slices, energy, nudge, keeps_unknowns=True, sort=sort)
    if shake:
        sample = shaken(sample, energy + 1j * absorption, shake)
    return list(solved(sample, leads, energy + 1j * absorption, lengths))


def solved(
    sample: Iterable[SampleSlice], leads: Leads, energy: complex, lengths: Sequence[int]
) -> Iterator[SMatrices]:
    """Yield the scattering matrices of a sample that ends after each of these numbers of slices.

    Parameters
    ----------
    sample : iterable of SampleSlice
        As many slices as the last length, the first one at the left lead. They may differ in size,
        if only the slices at which a length ends begin with what the right contact touches.
    leads : Leads
        Contacts to the first slice and to those at which a length ends.
    energy : complex
        Energy plus i times the absorption, units of t.
    lengths : sequence of int
        Strictly increasing.
    """
    reached = None
    for number, (H, step) in enumerate(sample, start=1):
        if reached is None:
            reached = _start(leads.left, len(H))
        standing = reached.on(energy * np.eye(H.shape[1]) - H)
        if number in lengths:
            yield _closed(standing, leads.right)
        if number == lengths[-1]:
            return
        reached = _advanced(standing, step, size(leads.right.lead.v))


class _Reached(NamedTuple):
    """What lies between the left lead and a slice, or that slice included.

    Attributes
    ----------
    out : (realization, N', M) complex array
        What reaches the left lead from this slice, times exp(-log_out).
    arriving : (realization, M, N') complex array
        What arrives here from the left lead, times exp(-log_arriving).
    back : (realization, N', N') complex array
        What came back into the left lead before this slice.
    log_out, log_arriving : (realization,) float arrays
        Natural logarithms of the scales.
    amplified : (realization,) float array
        Sum of the squares of the factors by which rounding errors were amplified.
    doubt, lowest : (realization,), (realization, 2) float arrays
        See `Before`.
    block : (realization, M, M) complex array
        What is to be inverted, units of t: minus the self-energy of all that lies to the left, and
        E - H of this slice if it is included.
    waves : dict of int to Before
        Realizations in which the bond before this slice carries waves. Their places above are
        empty: zeros, and a block of one.
    steps : list of Passed
        What has not been counted in the doubt yet, but for the first one.
    """

    out: Matrix
    arriving: Matrix
    back: Matrix
    log_out: NDArray[np.float64]
    log_arriving: NDArray[np.float64]
    amplified: NDArray[np.float64]
    doubt: NDArray[np.float64]
    lowest: NDArray[np.float64]
    block: Matrix
    waves: dict[int, Before]
    steps: list[Passed]

    @classmethod
    def alone(cls, before: Before) -> "_Reached":
        """Return an ensemble of a single realization."""
        return cls(
            before.out[None],
            before.arriving[None],
            before.back[None],
            np.array([before.log_out]),
            np.array([before.log_arriving]),
            np.array([before.amplified]),
            np.array([before.doubt]),
            before.lowest[None],
            before.block[None],
            {},
            [],
        )

    def on(self, inside: Matrix) -> "_Reached":
        """Return the same with E - H of the slice, (realization, M, M), included."""
        M, K = inside.shape[1], self.block.shape[1]
        # Behind the orbitals of the first slice there may be unknowns of the left contact.
        block, waves = _extended(inside, K, K) + self.block, {}
        for r, before in self.waves.items():
            extended = before.block.copy()
            extended[:M, :M] += inside[r]
            waves[r], block[r] = before._replace(block=extended), np.eye(M)
        return self._replace(block=block, waves=waves)

    def judged(self) -> "_Reached":
        """Return the same with all steps counted in the doubt."""
        if len(self.steps) < 2:
            return self
        doubt, lowest = judged(self.steps, self.doubt, self.lowest)
        return self._replace(doubt=doubt, lowest=lowest, steps=self.steps[-1:])

    def single(self, r: int) -> Before:
        """Return one realization."""
        return self.waves.get(r) or Before(*(part[r] for part in self[:-2]))


def _start(left: Contact, R: int) -> _Reached:
    parts = (left.read, left.source, -left.direct)
    out, arriving, back = (np.broadcast_to(part, (R, *part.shape)) for part in parts)
    block = np.broadcast_to(-left.sigma, (R, *left.sigma.shape))
    zeros = np.zeros((5, R))
    lowest = np.log([size(left.read) or 1.0, size(left.source) or 1.0])
    first = zeros[4], *np.broadcast_to(lowest[:, None], (2, R))
    return _Reached(
        *(out, arriving, back, *zeros[:4], np.broadcast_to(lowest, (R, 2)), block, {}, [first])
    )


def _advanced(standing: _Reached, step: Step, unit: float) -> _Reached:
    """Return what lies between the left lead and the next slice; `unit` as in `response`."""
    out, arriving, back, log_out, log_arriving, amplified, *_, block, waves, steps = standing
    (R, K, _), (_, M, rank) = block.shape, step.A.shape
    coupled = _extended(np.broadcast_to(step.A, (R, M, rank)), K, rank)
    thickness = 1.0 if step.B is None else size(step.B)
    found = responses(block, np.concatenate([coupled, arriving], axis=2), unit)
    ahead, through = found[:, :, :rank], found[:, :, rank:]
    back = back + np.exp(log_out + log_arriving)[:, None, None] * (out @ through)
    out, log_out = rescaled(step.ahead(out @ ahead), log_out)
    # The left contact's unknowns behind the orbitals have no bond to the next slice.
    ahead, through = ahead[:, :M], through[:, :M]
    growth = np.abs(ahead).max(axis=(1, 2), initial=0.0) * thickness
    arriving, log_arriving = rescaled(step.back(through), log_arriving)
    # What is large already passes its rounding errors on to what becomes large.
    condition = growth * np.maximum(1.0, steps[-1][0])
    surface = step.ahead(step.back(ahead))
    special = sorted({*waves, *np.flatnonzero(~(condition < GROWTH)).tolist()})
    if special or len(steps) > _STEPS:
        standing = standing.judged()
    reached = _Reached(
        *(out, arriving, back, log_out, log_arriving, amplified + condition**2),
        *(standing.doubt, standing.lowest, -surface, {}),
        [*standing.steps, (growth, log_out, log_arriving)],
    )
    if special:
        reached = reached.judged()
    for r in special:
        following = beyond(standing.single(r), step.A[r % len(step.A)], step.B)
        if len(following.block) > surface.shape[1]:
            reached.waves[r] = following
            following = Before(*np.zeros(len(Before._fields)))
        arrays: tuple[NDArray[Any], ...] = reached[:-2]
        for array, part in zip(arrays, following, strict=True):
            array[r] = np.asarray(part)
        # What the step has left behind is that of the waves now.
        growth[r] = 0.0
    return reached


def _closed(standing: _Reached, right: Contact) -> SMatrices:
    """Return the scattering matrices of wires that end with this slice."""
    found = _attached(standing, right)
    for r, before in standing.waves.items():
        alone = _attached(_Reached.alone(before), right)
        for field in fields(found):
            getattr(found, field.name)[r] = getattr(alone, field.name)[0]
    return found


def _attached(standing: _Reached, right: Contact) -> SMatrices:
    """Attach the right lead to the first M of the K unknowns of a slice, its own come last."""
    out, arriving, back, log_out, log_arriving, amplified, doubt, _, block, *_ = standing.judged()
    (R, K, _), N, M = block.shape, right.channels, len(right.sigma) - right.unknowns
    total = K + right.unknowns
    place = np.r_[:M, K:total]
    closing = np.zeros((total, total), dtype=np.complex128)
    source = np.zeros((R, total, N), dtype=np.complex128)
    read = np.zeros((N, total), dtype=np.complex128)
    closing[place[:, None], place] = right.sigma
    source[:, place] = right.source
    read[:, place] = right.read
    arriving = _extended(arriving, total, arriving.shape[2])
    probe = np.broadcast_to(np.cos(np.arange(total))[:, None], (R, total, 1))
    both = np.concatenate([source, arriving, probe], axis=2)
    out = _extended(out, out.shape[1], total)
    unit = size(right.lead.v)
    psi = responses(_extended(block, total, total) - closing, both, unit, probes=1)
    from_right, from_left, probed = psi[:, :, :N], psi[:, :, N:-1], largest(psi[:, :, -1:])
    scale = np.exp(log_out + log_arriving)[:, None, None]
    t, t_prime = out @ from_right, read @ from_left
    doubt = np.maximum(doubt, probed * unit)
    for parts, whole in (
        (size(source) * largest(out), t),
        (size(read) * largest(arriving), t_prime),
    ):
        doubt = np.maximum(doubt, cancelled(probed * parts, largest(whole)))
    resonance = sensitivity(from_right, t_prime) * unit * _OF_AN_ELEMENT
    return SMatrices(
        t=t,
        r=read @ from_right - right.direct,
        t_prime=t_prime,
        r_prime=back + scale * (out @ from_left),
        log_scale=log_out.copy(),
        log_scale_prime=log_arriving.copy(),
        # What is known no better is measured; see `doubt`.
        amplification=np.sqrt(
            amplified + resonance**2 + np.where(doubt > DOUBTFUL, 0.0, doubt) ** 2
        ),
        doubt=doubt,
    )


def _extended(matrices: Matrix, rows: int, columns: int) -> Matrix:
    """Return matrices with zeros behind their rows and columns, a copy if there are any."""
    more = rows - matrices.shape[1], columns - matrices.shape[2]
    return np.pad(matrices, ((0, 0), (0, more[0]), (0, more[1]))) if any(more) else matrices


def ensemble_matrices(wire: Wire, energy: float, ensemble: Ensemble) -> list[SMatrices]:
    """Return the scattering matrices of samples of a wire at every length, in bounded memory.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    ensemble : Ensemble
        Lengths, samples and absorption.

    Raises
    ------
    InputError
        If the disorder does not fit a wire of this length, or no mode is open.
    """
    wire.check_length(ensemble.longest)
    potential, hopping = addressed(wire, ensemble.numbers, ensemble.seed)
    absorption, lengths = ensemble.absorption, ensemble.lengths
    return scattering_matrices(wire.slices(), energy, lengths, potential, absorption, hopping)
