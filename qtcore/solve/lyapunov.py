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
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.errors import InputError, QtcoreError
from qtcore.lanes import LANES, aligned
from qtcore.model.checks import whole_number
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.arguments import checked_energy, checked_wire
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.growth_guard import TERRAIN, heights, looked_back, safe_until
from qtcore.solve.kernel import ADVANCE, RENEW_FAST, Kernel, caller
from qtcore.solve.kernel_arguments import Medium, Run, Shape
from qtcore.solve.orthogonal import TILE
from qtcore.solve.pencil import factors
from qtcore.solve.preparation import stencil_room
from qtcore.solve.renewal import renew_fast
from qtcore.solve.sparse_stencil import advance_sparse, advance_sparse_real, pattern
from qtcore.solve.stencil import advance_strip, advance_strip_in_field
from qtcore.threads import one_thread

GROWTH = 1e8
"""Ratio of the fastest to the slowest solution at which they are made orthonormal again;
Gram-Schmidt then loses half of the sixteen digits in the smallest exponent, which leaves far more
than statistics does."""

LONGEST_RUN = 64
"""Slices between two orthonormalisations, at most."""

MOST_VALUES = 2**20
"""On-site values that are made at once, about (8 MiB)."""

_SHOWN = 2.0
"""Smallest exponent, in units of its error, of which the inverse has an error of its own."""

BLOCKS = 16
"""Parts that the measured stretch of every bar is cut into, for the errors."""


@dataclass(frozen=True, eq=False)
class Spectrum:
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
        places in `exponents`.
    """

    exponents: NDArray[np.float64]
    errors: NDArray[np.float64]
    blocks: NDArray[np.float64]

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


_advance, _renew = caller(ADVANCE), caller(RENEW_FAST)


PARITY, INTERVAL, SLICE, STATE = range(4)
"""Places in the state of eight bars: which half of x is the latest, slices between
orthonormalisations, slices behind; STATE is their number."""


class Bars(NamedTuple):
    """Eight bars: their columns, their state, and what is known of the heights (`growth_guard`)."""

    x: NDArray[np.float64]
    state: NDArray[np.int64]
    terrain: NDArray[np.float64]


class BarKit(NamedTuple):
    """What is the same for all bars: the wire, room, and the addresses of two kernels."""

    shape: Shape
    is_real: bool
    medium: Medium
    norms: NDArray[np.float64]
    scratch: NDArray[np.float64]
    advance: int
    renew_fast: int


@njit(nogil=True, cache=True)
def _walk(bars, slices, onsite, high, kit, grown):
    """Carry eight bars over `slices` slices and add ln |R_kk| to `grown` (column, lane).

    `onsite` and `high` hold E - eps and the heights from here on.
    """
    x, state, terrain = bars.x, bars.state, bars.terrain
    shape, medium, norms, scratch = kit.shape, kit.medium, kit.norms, kit.scratch
    limit = math.log(GROWTH)
    sites = shape.width // medium.orbitals
    n = 0
    while n < slices:
        wanted = min(state[INTERVAL], slices - n)
        count = safe_until(high[n:], 0, wanted, 0, state[INTERVAL], limit, terrain)
        run = Run(state[PARITY], state[SLICE], count, n * sites)
        _advance(kit.advance, (x, shape, run, onsite, medium, scratch))
        spread = math.log(_renew(kit.renew_fast, (x, shape, kit.is_real, norms))) / count
        for k in range(shape.width):
            for lane in range(LANES):
                grown[k, lane] += 0.5 * math.log(norms[k * LANES + lane])
        n += count
        state[PARITY], state[SLICE] = (state[PARITY] + count) % 2, state[SLICE] + count
        # A single slice that was too high to go on tells nothing of the others.
        measured = count == wanted or count > 1
        looked_back(terrain, count, measured)
        if measured:
            most = limit / max(spread, 1e-3)
            longest = min(most, 2.0 * state[INTERVAL], float(LONGEST_RUN))
            state[INTERVAL] = int(max(1.0, longest))


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


class _Bars:
    """Solutions of all bars on two neighbouring slices, eight bars at a time."""

    def __init__(self, slices: Slices, energy: float, bars: int) -> None:
        M = len(slices.h)
        if factors(slices.v)[0].shape[1] < M:
            raise InputError(
                "the coupling v between slices is singular, so that no transfer matrix exists; "
                "use the recursive solver for this wire"
            )
        self._energy, self._bars = energy, bars
        stencil, is_real, medium = _stencil(slices)
        planes = 1 if is_real else 2
        tiles = -(-M * planes // TILE)
        # All columns are fast ones (see `renewal`). An odd stride: planes do not fall onto the same
        # lines of the cache.
        shape = Shape(M, 2 * M + 1, M, tiles, 0, 0)
        room = aligned(M + 4), stencil_room(M)
        self._kit = BarKit(shape, is_real, medium, *room, stencil.address, renew_fast.address)
        # Generic solutions: those of a symmetric start could miss an exponent. They become
        # orthonormal after the first slice; LAPACK would change their last digits from call to call.
        start = np.random.default_rng(1).standard_normal((2 * M, M)) / math.sqrt(2 * M)
        self._groups = []
        for _ in range(-(-bars // LANES)):
            x = aligned(tiles * TILE * (2 * M + 1))
            # psi_n in the first half of a plane, psi_{n-1} in the second.
            columns = x.reshape(-1, 2 * M + 1, LANES)[: planes * M : planes]
            columns[:, :M], columns[:, M : 2 * M] = start.T[:, M:, None], start.T[:, :M, None]
            group = Bars(x, np.zeros(STATE, dtype=np.int64), np.zeros(TERRAIN))
            group.state[INTERVAL] = 1
            self._groups.append(group)

    def advance(self, potential: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry all solutions over slices; return ln |R_kk|, (realization, M).

        `potential` is (slice, site, realization), units of t.
        """
        M, slices = self._kit.shape.width, len(potential)
        grown = np.zeros((len(self._groups), M, LANES))
        for g, group in enumerate(self._groups):
            # The last group is filled up with copies of the last bar.
            bars = np.minimum(np.arange(g * LANES, (g + 1) * LANES), self._bars - 1)
            onsite = np.ascontiguousarray(self._energy - potential[:, :, bars])
            _walk(group, slices, onsite.ravel(), heights(onsite), self._kit, grown[g])
        return np.asarray(grown.swapaxes(1, 2).reshape(-1, M)[: self._bars])


Potential = Callable[[int, int], NDArray[np.float64]]
"""(first slice, number of slices) -> (slice, site, realization), units of t."""


@one_thread
def exponents(
    slices: Slices, potential: Potential, energy: float, length: int, skip: int | None = None
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
    skip : int, optional
        Slices before that, in which the solutions find their directions; length // 10 unless
        given. Should be several times 1 / gamma_M.

    Raises
    ------
    InputError
        If v is singular, or the length below 16 slices.
    """
    unit = slices.unit
    energy, slices = checked_energy(energy) / unit, slices.in_units(unit)
    length, skip = _stretch(length, skip)
    first = np.asarray(potential(0, 1))
    bars = _Bars(slices, energy, first.shape[2])
    at_once = max(LONGEST_RUN, MOST_VALUES // first.size)
    ends = skip + np.linspace(0, length, BLOCKS + 1).astype(int)
    sums: list[NDArray[np.float64]] = []
    n = 0
    for end in ends:
        total = np.zeros((first.shape[2], len(slices.h)))
        while n < end:
            count = int(min(at_once, end - n))
            total += bars.advance(np.asarray(potential(n, count)) / unit)
            n += count
        sums.append(total)
    return _spectrum(np.stack(sums[1:], axis=1) / np.diff(ends)[:, None])


def _stretch(length: int, skip: int | None) -> tuple[int, int]:
    """Return how many slices are measured and how many are not, or raise InputError."""
    length = whole_number("length (slices, one for each block at least)", length, BLOCKS)
    return length, length // 10 if skip is None else whole_number("skip (slices)", skip, 0)


def _spectrum(blocks: NDArray[np.float64]) -> Spectrum:
    """Return exponents and errors from blocks, (realization, block, M)."""
    means = blocks.mean(axis=(0, 1))
    errors = blocks.std(axis=(0, 1), ddof=1) / math.sqrt(blocks.shape[0] * blocks.shape[1])
    order = np.argsort(-means)
    return Spectrum(means[order], errors[order], blocks)


@one_thread
def lyapunov(
    wire: Wire,
    energy: float,
    length: int,
    realizations: Sequence[int],
    seed: int,
    skip: int | None = None,
) -> Spectrum:
    """Return the Lyapunov spectrum of a wire; see `exponents`.

    Eight bars run side by side, those whose numbers agree in all but the last three bits: a bar has
    the same bits whatever others are asked for.

    Parameters
    ----------
    wire : Wire
        The bar.
    energy : float
        Units of t.
    length : int
        Slices of every realization that are measured.
    realizations : sequence of int
        Numbers of the bars; whole groups of eight, such as 16 to 23, use the processor best.
    seed : int
        Seed of the ensemble.
    skip : int, optional
        Slices before the measured ones.

    Raises
    ------
    InputError
        If an argument is wrong, the disorder does not fit a wire of this length, or the coupling
        between slices is singular or random.
    """
    if checked_wire(wire).random_hopping:
        raise InputError(
            "lyapunov needs the same coupling between all slices, and this wire has bond disorder; "
            "take ln_conductance of long wires instead, <ln g> = -2 L / xi"
        )
    length, skip = _stretch(length, skip)
    ensemble = Ensemble([skip + length], realizations, seed)
    wire.check_length(ensemble.longest)

    def of_group(group: int) -> NDArray[np.float64]:
        bars = np.arange(group * LANES, (group + 1) * LANES, dtype=np.uint64)

        def potential(first: int, count: int) -> NDArray[np.float64]:
            return np.asarray(wire.potential_of(bars, first, count, ensemble.seed))

        return exponents(wire.slices(), potential, energy, length, skip).blocks

    blocks = np.concatenate([of_group(group) for group in ensemble.groups])
    return _spectrum(blocks[ensemble.rows])
