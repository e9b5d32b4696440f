"""Solutions that are carried along eight bars, and kept apart by Gram-Schmidt.

M columns hold two neighbouring slices each. They go on by a stencil until they have grown apart,
are made orthonormal, and the logarithms of the norms that are left of them are added up.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.lanes import LANES, aligned
from qtcore.solve.growth_guard import TERRAIN, looked_back, safe_until
from qtcore.solve.kernel import ADVANCE, RENEW_FAST, Kernel, caller
from qtcore.solve.kernel_arguments import Medium, Run, Shape
from qtcore.solve.paired import renew_paired
from qtcore.solve.preparation import stencil_room
from qtcore.solve.projection import TILE
from qtcore.solve.renewal import renew_fast

GROWTH = 1e8
"""Ratio of the fastest to the slowest solution at which they are made orthonormal again;
Gram-Schmidt then loses half of the sixteen digits in the smallest exponent, which leaves far more
than statistics does."""

LONGEST_RUN = 64
"""Slices between two orthonormalisations, at most."""

_advance, _renew = caller(ADVANCE), caller(RENEW_FAST)

PARITY, INTERVAL, SLICE, STATE = range(4)
"""Places in the state of eight bars: which half of x is the latest, slices between
orthonormalisations, slices behind; STATE is their number."""


class Columns(NamedTuple):
    """The columns of eight bars, their state, and what is known of the heights (`growth_guard`)."""

    x: NDArray[np.float64]
    state: NDArray[np.int64]
    terrain: NDArray[np.float64]


class BarKit(NamedTuple):
    """What stays the same along the bars: the wire, room, and the addresses of two kernels."""

    shape: Shape
    is_real: bool
    medium: Medium
    norms: NDArray[np.float64]
    scratch: NDArray[np.float64]
    advance: int
    renew_fast: int


class Carried(NamedTuple):
    """How the columns of a kind of bar are carried on.

    Attributes
    ----------
    width : int
        Rows of a slice, which are as many as the columns, M.
    planes : int
        Of a column: 1 (real), 2 (complex) or 4 (quaternions, each a Kramers pair).
    stencil : Kernel
        What advances them.
    medium : Medium
        What the stencil goes through.
    """

    width: int
    planes: int
    stencil: Kernel
    medium: Medium


@njit(nogil=True, cache=True)
def _walk(bars, slices, onsite, high, kit, grown):
    """Carry eight bars over `slices` slices and add ln |R_kk| to `grown` (column, lane).

    `onsite` and `high` hold E - eps and the heights from here on.
    """
    x, state, terrain = bars.x, bars.state, bars.terrain
    shape, medium, norms, scratch = kit.shape, kit.medium, kit.norms, kit.scratch
    limit = math.log(GROWTH)
    sites = medium.sites or shape.width // medium.orbitals
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


class EightBars:
    """The columns of eight bars, from a generic start on."""

    def __init__(self, carried: Carried) -> None:
        M, planes = carried.width, carried.planes
        tiles = -(-M * planes // TILE)
        # All columns are fast ones (see `renewal`). An odd stride: planes do not fall onto the same
        # lines of the cache.
        shape = Shape(M, 2 * M + 1, M, tiles, 0, 0)
        renew = renew_paired if planes == TILE else renew_fast
        kernels = carried.stencil.address, renew.address
        room = aligned(M + 4), stencil_room(M)
        self._kit = BarKit(shape, planes == 1, carried.medium, *room, *kernels)
        # Generic solutions: those of a symmetric start could miss an exponent. They become
        # orthonormal after the first slice; LAPACK would change their last digits from call to call.
        start = np.random.default_rng(1).standard_normal((2 * M, M)) / math.sqrt(2 * M)
        x = aligned(tiles * TILE * (2 * M + 1))
        # psi_n in the first half of a plane, psi_{n-1} in the second.
        columns = x.reshape(-1, 2 * M + 1, LANES)[: planes * M : planes]
        columns[:, :M], columns[:, M : 2 * M] = start.T[:, M:, None], start.T[:, :M, None]
        self._columns = Columns(x, np.zeros(STATE, dtype=np.int64), np.zeros(TERRAIN))
        self._columns.state[INTERVAL] = 1

    def advance(
        self, onsite: NDArray[np.float64], high: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Carry all solutions over slices; return ln |R_kk|, (lane, M).

        Parameters
        ----------
        onsite : (slice, site, lane) float array
            E - eps, in the unit of the medium.
        high : (slice,) float array
            Logarithm of what a slice can stretch solutions by, see `growth_guard`.
        """
        grown = np.zeros((self._kit.shape.width, LANES))
        flat = np.ascontiguousarray(onsite).ravel()
        _walk(self._columns, len(onsite), flat, high, self._kit, grown)
        return grown.T
