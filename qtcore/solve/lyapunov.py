"""Lyapunov spectrum of a long bar: transfer matrices, kept apart by Gram-Schmidt, with error bars.

M solutions are carried along the bar and made orthonormal whenever they have grown apart; the
logarithms of the norms that are left of the columns, the diagonal of R, add up to the exponents,
gamma_1 > ... > gamma_M >= 0 per slice. The smallest one is 1 / xi. Eight bars of their own disorder
run side by side in the lanes of the transfer solver's kernels, which gives the errors their
independence.

Pichard and Sarma, J. Phys. C 14, L127 (1981); MacKinnon and Kramer, Z. Phys. B 53, 1 (1983);
Slevin and Ohtsuki, New J. Phys. 16, 015012 (2014) for errors from blocks.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, QtcoreError, brief
from qtcore.lanes import LANES
from qtcore.model.checks import whole_number
from qtcore.model.slices import Slices
from qtcore.model.structure.applied import removes_sites
from qtcore.model.wire import Wire
from qtcore.shown import ShownFields
from qtcore.solve.arguments import checked_energy, checked_wire, refuse_what_is_not_finite
from qtcore.solve.bars import LONGEST_RUN, Carried, EightBars
from qtcore.solve.bond_bars import BondBars, refuse_unless_straight
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.forgotten import forget, most
from qtcore.solve.growth_guard import heights
from qtcore.solve.kernel import Kernel
from qtcore.solve.kernel_arguments import Medium
from qtcore.solve.matrix_bars import MatrixBars
from qtcore.solve.pencil import factors
from qtcore.solve.site_basis import in_diagonal_form
from qtcore.solve.sparse_stencil import advance_sparse, advance_sparse_real, pattern
from qtcore.solve.stencil import advance_strip, advance_strip_in_field
from qtcore.threads import one_thread

MOST_VALUES = 2**20
"""On-site values that are made at once, about (8 MiB)."""

_SHOWN = 2.0
"""Smallest exponent, in units of its error, of which the inverse has an error of its own."""

LONGEST = 10**11
"""Slices of a bar, at most."""

BLOCKS = 16
"""Parts that the measured stretch of every bar is cut into, for the errors."""

FORGOTTEN: Literal["forgotten"] = "forgotten"

Skip = int | Literal["forgotten"]
"""What is not measured at the start of a bar: slices, or as many as it takes (`forgotten`)."""


@dataclass(frozen=True, eq=False, repr=False)
class Spectrum(ShownFields):
    """Lyapunov exponents with their statistical errors.

    Attributes
    ----------
    exponents : (M,) float array
        gamma_1 > ... > gamma_M >= 0, per slice.
    errors : (M,) float array
        Standard errors, from the scatter of all blocks of all bars.
    blocks : (realization, block, M) float array
        Exponents of the single blocks, which should be much longer than 1 / gamma_M; in the order in
        which Gram-Schmidt finds them, the smallest last. Two that are nearly equal may have changed
        places in `exponents`. Where time reversal makes Kramers pairs of random SU(2) bonds, both
        exponents of a pair are the same number.
    skipped : (realization,) int array
        Slices before the measured ones.
    """

    exponents: NDArray[np.float64]
    errors: NDArray[np.float64]
    blocks: NDArray[np.float64]
    skipped: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def smallest(self) -> NDArray[np.float64]:
        """gamma_M of each bar, (realization,), per slice: the mean of its blocks."""
        return np.asarray(self.blocks[:, :, -1].mean(axis=1))

    @property
    def localization_length(self) -> tuple[float, float]:
        """Localization length xi = 1 / gamma_M in slices, and its standard error.

        Raises
        ------
        QtcoreError
            If gamma_M is not above zero by twice its error, so that these bars show no localization.
        """
        smallest, error = float(self.exponents[-1]), float(self.errors[-1])
        if not smallest > _SHOWN * error:
            raise QtcoreError(
                "these bars show no localization: the smallest Lyapunov exponent is "
                f"{smallest:.2g} ± {error:.2g} per slice, and xi = 1 / exponent needs more than "
                f"{_SHOWN:g} errors above 0; take longer or more bars"
            )
        return 1 / smallest, error / smallest**2


def _stencil(slices: Slices) -> tuple[Kernel, bool, Medium]:
    """Return the stencil of a bar, whether its columns are real, and the medium that it takes."""
    h, v, M = slices.h, slices.v, len(slices.h)
    line = np.eye(M, k=1) + np.eye(M, k=-1)
    ring = line.copy()
    ring[[0, -1], [-1, 0]] += 1
    periodic = M > 2 and np.array_equal(h, ring)
    is_strip = slices.orbitals == 1 and (periodic or np.array_equal(h, line))
    is_plain = np.array_equal(v, np.eye(M))
    is_real = is_plain and not h.imag.any()
    stencil, phase = advance_sparse_real if is_real else advance_sparse, 0.0
    bonds = np.diag(v)
    if is_strip and is_plain:
        stencil = advance_strip
    elif is_strip and M > 1 and abs(abs(bonds[0]) - 1) < 1e-14:
        # A uniform phase of v is a gauge, and so is whether the field sits in v or in h.
        phase = -float(np.angle(bonds[1] / bonds[0]))
        along = bonds[0] * np.exp(-1j * phase * np.arange(M))
        if np.abs(v - np.diag(along)).max() < 1e-13:
            stencil = advance_strip_in_field
    patterns = pattern(h), pattern(v.conj().T), pattern(np.linalg.inv(v))
    return stencil, is_real, Medium(periodic, phase, slices.orbitals, *patterns)


def _carried(slices: Slices) -> Carried:
    """Return how the columns of a bar are carried on whose slices are all alike."""
    _refuse_singular(slices)
    stencil, is_real, medium = _stencil(slices)
    return Carried(len(slices.h), 1 if is_real else 2, stencil, medium)


def _refuse_singular(slices: Slices) -> None:
    if factors(slices.v)[0].shape[1] < len(slices.h):
        raise InputError(
            "the coupling v between slices is singular, so that no transfer matrix exists; "
            "docs/how-to/localization-length.md finds the localization length of such a wire from ln g"
        )


class _Bars:
    """Bars with one potential each and all slices alike, eight at a time."""

    def __init__(self, slices: Slices, energy: float, bars: int) -> None:
        carried = _carried(slices)
        self._energy, self._bars = energy, bars
        self._groups = [EightBars(carried) for _ in range(-(-bars // LANES))]

    def advance(self, potential: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry all solutions over slices; return ln |R_kk|, (realization, M).

        `potential` is (slice, site, realization), units of t.
        """
        grown = []
        for g, group in enumerate(self._groups):
            # The last group is filled up with copies of the last bar.
            bars = np.minimum(np.arange(g * LANES, (g + 1) * LANES), self._bars - 1)
            onsite = np.ascontiguousarray(self._energy - potential[:, :, bars])
            grown.append(group.advance(onsite, heights(onsite)))
        return np.concatenate(grown)[: self._bars]


@cache
def _keep_freed_memory() -> None:
    """Let the C library keep freed arrays for the next ones, from now on.

    glibc gives freed blocks back to the system if they are larger than any that was freed before
    (mallopt(3): its thresholds are dynamic, up to 32 MiB). Every page of the next array is then a
    fault, which took three quarters of the time of plain strips. So a large block, of which no page
    is touched, is freed once.
    """
    np.empty(2 * MOST_VALUES)


Potential = Callable[[int, int], NDArray[np.float64]]
"""(first slice, number of slices) -> (slice, site, realization), units of t."""

Advance = Callable[[int, int], NDArray[np.float64]]
"""(first slice, number of slices) -> ln |R_kk|, (realization, M)."""


class Measured(NamedTuple):
    """Exponents of all blocks, (realization, block, M), and the slices before, (realization,)."""

    blocks: NDArray[np.float64]
    skipped: NDArray[np.int64]


@one_thread
def exponents(
    slices: Slices, potential: Potential, energy: float, length: int, skip: Skip | None = None
) -> Spectrum:
    """Return the Lyapunov spectrum of bars.

    Parameters
    ----------
    slices : Slices
        The clean bar; v must be invertible. Its leads do not matter.
    potential : callable
        (first slice, number of slices) -> (slice, site, realization) float array, units of t.
    energy : float
        Units of t.
    length : int
        Slices of every bar that are measured; in 16 blocks.
    skip : int or "forgotten", optional
        Slices before that, in which the solutions find their directions; length // 10 unless
        given. Should be 12 to 24 times 1 / gamma_M (`forgotten`). "forgotten" finds out on the way
        how many it takes, at most as many as are measured: bars of any length then have no bias
        that shows.

    Raises
    ------
    InputError
        If v is singular, or the length below 16 slices.
    QtcoreError
        If the start is not forgotten within so many, where that is asked for.
    """
    _keep_freed_memory()
    unit = slices.unit
    energy, slices = checked_energy(energy) / unit, slices.in_units(unit)
    length, skip = _stretch(length, skip)
    first = np.asarray(potential(0, 1))
    bars = _Bars(slices, energy, first.shape[2])

    def advance(n: int, count: int) -> NDArray[np.float64]:
        return bars.advance(np.asarray(potential(n, count)) / unit)

    at_once = max(LONGEST_RUN, MOST_VALUES // first.size)
    return _spectrum(*_measured(advance, at_once, length, skip))


def _measured(advance: Advance, at_once: int, length: int, skip: Skip) -> Measured:
    """Carry bars over what is skipped and what is measured."""

    def walk(n: int, end: int) -> NDArray[np.float64]:
        total: NDArray[np.float64] | float = 0.0
        while n < end:
            count = int(min(at_once, end - n))
            total = total + advance(n, count)
            n += count
        return np.asarray(total)

    if skip == FORGOTTEN:
        skipped = forget(walk, length)
    else:
        skipped = int(skip)
        walk(0, skipped)
    ends = skipped + np.linspace(0, length, BLOCKS + 1).astype(int)
    sums = [walk(n, end) for n, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
    blocks = np.stack(sums, axis=1) / np.diff(ends)[:, None]
    return Measured(blocks, np.full(len(blocks), skipped))


def _stretch(length: int, skip: Skip | None) -> tuple[int, Skip]:
    """Return how many slices are measured and which are not, or raise InputError."""
    length = whole_number("length (slices, one for each block at least)", length, BLOCKS)
    _refuse_endless("length", length)
    if isinstance(skip, str):
        if skip != FORGOTTEN:
            raise InputError(f"skip must be a number of slices or {FORGOTTEN!r}, got {brief(skip)}")
        return length, skip
    if skip is None:
        return length, length // 10
    skip = whole_number("skip (slices)", skip, 0)
    _refuse_endless("skip", skip)
    return length, skip


def _refuse_endless(name: str, slices: int) -> None:
    if slices > LONGEST:
        raise InputError(
            f"{name} (slices) must be at most {LONGEST:,}, which takes hours even for the narrowest "
            f"bar, got {slices:,}; more bars tell the same as longer ones"
        )


def _spectrum(blocks: NDArray[np.float64], skipped: NDArray[np.int64]) -> Spectrum:
    """Return exponents and errors from blocks, (realization, block, M)."""
    refuse_what_is_not_finite("exponents", blocks)
    means = blocks.mean(axis=(0, 1))
    errors = blocks.std(axis=(0, 1), ddof=1) / math.sqrt(blocks.shape[0] * blocks.shape[1])
    order = np.argsort(-means)
    return Spectrum(means[order], errors[order], blocks, skipped)


@one_thread
def lyapunov(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    skip: Skip | None = None,
) -> Spectrum:
    """Return the Lyapunov spectrum of a wire; see `exponents`.

    Eight bars run side by side, those whose numbers agree in all but the last three bits: a bar has
    the same bits whatever others are asked for. Bars are independent pieces of one endless wire:
    with `skip="forgotten"` many short ones tell the same as a long one.

    Bonds may be random (`RandomSU2`, `RandomPhase`, `RandomFlux`, `RandomHopping`), also several
    kinds at once and with terms and fields. The bonds are those of `Wire.hopping_of`, as everywhere.
    A bond along the wire may be weak, but not zero.

    Structure may change bonds by functions of position, which are asked for at every slice, those of
    `skip` included. In a long bar only what goes on for ever matters, such as bonds that alternate.

    Parameters
    ----------
    wire : Wire
        The bar; its leads do not matter.
    energy : float
        Units of t.
    length : int
        Slices of every realization that are measured.
    realizations : sequence of int
        Numbers of the bars; whole groups of eight, such as 16 to 23, use the processor best.
    seed : int
        Seed of the ensemble.
    skip : int or "forgotten", optional
        Slices before the measured ones. "forgotten" finds out how many it takes for each eight
        bars, 128 to the greater of 1024 and `length`.

    Raises
    ------
    InputError
        If an argument is wrong, the disorder does not fit a wire of this length, or the coupling
        between slices is singular, or random and from each site to several.
    QtcoreError
        If a random bond along the wire is exactly zero, or if the start is not forgotten
        within so many slices, where that is asked for.
    """
    wire = in_diagonal_form(checked_wire(wire))
    is_random = wire.random_bonds
    energy = checked_energy(energy)
    if removes_sites(wire.structure):
        raise InputError(
            "lyapunov has no transfer matrix through missing sites; docs/how-to/localization-length.md "
            "finds the localization length of such a wire from ln g"
        )
    if wire.random_hopping:
        _refuse_singular(wire.slices())
    if is_random:
        refuse_unless_straight(wire)
    length, skip = _stretch(length, skip)
    before = most(length) if skip == FORGOTTEN else int(skip)
    ensemble = Ensemble([before + length], realizations, seed)
    wire.check_length(ensemble.longest)

    def of_group(group: int) -> Measured:
        bars = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)
        if wire.random_hopping:
            kind = BondBars if is_random else MatrixBars
            eight = kind(wire, energy, bars, ensemble.seed)
            return _measured(eight.advance, eight.slices, length, skip)

        def potential(first: int, count: int) -> NDArray[np.float64]:
            return np.asarray(wire.potential_of(bars, first, count, ensemble.seed))

        found = exponents(wire.slices(), potential, energy, length, skip)
        return Measured(found.blocks, found.skipped)

    each = [of_group(group) for group in ensemble.groups]
    blocks, skipped = (np.concatenate(parts)[ensemble.rows] for parts in zip(*each, strict=True))
    return _spectrum(blocks, skipped)
