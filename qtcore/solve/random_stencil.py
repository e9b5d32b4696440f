"""One slice more where the hopping is random, other in every slice and realization.

v_n psi_{n+1} = (E - eps_n - h_n) psi_n - v_{n-1}^+ psi_{n-1}, as in `sparse_stencil`. The latest slice is held as w_{n+1} = v_n psi_{n+1}, the wave as it leaves: psi_{n+1} follows when
it is needed. So the wire can end anywhere, since the contact to the lead takes the place of the
last v_n; and v_{-1}, before slice 0, is that of the clean wire.

v_n must couple each site with its own successor only, so that its inverse has the same blocks.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.lanes import LANES, fma, load, negative, splat, store
from qtcore.model.hopping import Entries
from qtcore.model.wire import Wire
from qtcore.solve.kernel import ADVANCE, always_inner, kernel
from qtcore.solve.kernel_arguments import Pattern
from qtcore.solve.projection import TILE

_CHUNK = 2**21
"""Numbers (re, im of every entry, slice and lane) that are made at once, about."""


@always_inner
def minus_lanes(x, planes, half, rows, first, r, sums):
    """Return two complex numbers less row r of a pattern times two complex columns.

    Entries are lane vectors, those of this slice from number `first` on.
    """
    starts, columns, values = rows.starts, rows.columns, rows.values
    u, v, w, z = planes
    a, b, c, d = sums
    for entry in range(starts[r], starts[r + 1]):
        j = half + columns[entry]
        re, im = load(values, 2 * (first + entry)), load(values, 2 * (first + entry) + 1)
        minus_re, minus_im = negative(re), negative(im)
        p, q = load(x, u + j), load(x, v + j)
        a = fma(minus_re, p, fma(im, q, a))
        b = fma(minus_re, q, fma(minus_im, p, b))
        p, q = load(x, w + j), load(x, z + j)
        c = fma(minus_re, p, fma(im, q, c))
        d = fma(minus_re, q, fma(minus_im, p, d))
    return a, b, c, d


@always_inner
def _copy(scratch, x, planes, half, M):
    """Copy two complex columns from the scratch room to one half of their planes."""
    for r in range(M):
        store(x, planes[0] + half + r, load(scratch, r))
        store(x, planes[1] + half + r, load(scratch, M + r))
        store(x, planes[2] + half + r, load(scratch, 2 * M + r))
        store(x, planes[3] + half + r, load(scratch, 3 * M + r))


@kernel(ADVANCE)
def advance_random(x, shape, run, onsite, medium, scratch):
    """Advance tiles of two complex columns; `scratch` has room for 4 M vectors.

    The values of the three patterns are lane vectors, slice by slice, from the slice on at which
    `onsite` begins: of h_n, of v_{n-1}^+ and of v_{n-1}^-1.
    """
    M, stride = shape.width, shape.stride
    parity, slices = run.parity, run.slices
    orbitals, h, v_dagger, v_inverse = medium.orbitals, medium.h, medium.v_dagger, medium.v_inverse
    sites = M // orbitals
    skipped = run.onsite // sites
    zero = splat(0.0)
    none = (zero, zero, zero, zero)
    for tile in range(shape.fast_tiles + shape.slow_tiles):
        start = tile * TILE * stride
        planes = (start, start + stride, start + 2 * stride, start + 3 * stride)
        here, there = parity * M, (1 - parity) * M
        for n in range(skipped, skipped + slices):
            first = n * len(v_inverse.columns)
            for r in range(M):
                a, b, c, f = minus_lanes(x, planes, here, v_inverse, first, r, none)
                store(scratch, r, negative(a))
                store(scratch, M + r, negative(b))
                store(scratch, 2 * M + r, negative(c))
                store(scratch, 3 * M + r, negative(f))
            _copy(scratch, x, planes, here, M)
            first, behind = n * len(h.columns), n * len(v_dagger.columns)
            for r in range(M):
                e = load(onsite, n * sites + r // orbitals)
                at = here + r
                a, b = e * load(x, planes[0] + at), e * load(x, planes[1] + at)
                c, f = e * load(x, planes[2] + at), e * load(x, planes[3] + at)
                sums = minus_lanes(x, planes, here, h, first, r, (a, b, c, f))
                a, b, c, f = minus_lanes(x, planes, there, v_dagger, behind, r, sums)
                store(scratch, r, a)
                store(scratch, M + r, b)
                store(scratch, 2 * M + r, c)
                store(scratch, 3 * M + r, f)
            _copy(scratch, x, planes, there, M)
            here, there = there, here


class LaneHopping:
    """The hopping of one group of realizations, some slices at a time, as the kernel reads it.

    Energies are in units of `unit`, see `Slices`.

    Attributes
    ----------
    slices : int
        How many at a time.
    h, v_dagger, v_inverse : Pattern
        Of h_n, v_{n-1}^+ and v_{n-1}^-1; values is (slice and entry, 2 * LANES), real parts first.
    """

    def __init__(self, wire: Wire, unit: float) -> None:
        slices = wire.slices().in_units(unit)
        self._unit = unit
        self._orbitals = k = wire.orbitals
        self._clean_v = slices.v
        probe = wire.hopping_of(np.zeros(1, dtype=np.uint64), 0, 1, 0)
        inside, ahead = probe.inside, probe.ahead
        M = len(slices.h)
        self._turned = np.lexsort((ahead.rows, ahead.columns))
        site = np.arange(M) // k
        rows, columns = np.nonzero(site[:, None] == site)
        entries = len(inside.rows) + len(ahead.rows) + len(rows)
        self.slices = max(1, _CHUNK // (2 * LANES * entries))
        self.h = self._pattern(inside.rows, inside.columns, M)
        turned = self._turned
        self.v_dagger = self._pattern(ahead.columns[turned], ahead.rows[turned], M)
        self.v_inverse = self._pattern(rows, columns, M)

    def _pattern(self, rows: NDArray[np.intp], columns: NDArray[np.intp], M: int) -> Pattern:
        starts = np.searchsorted(rows, np.arange(M + 1)).astype(np.int64)
        values = np.zeros((self.slices * len(rows), 2 * LANES))
        return Pattern(starts, columns.astype(np.int64), values)

    def fill(
        self, wire: Wire, samples: NDArray[np.uint64], first: int, slices: int, seed: int
    ) -> None:
        """Put in the values of a group from slice `first` on, at most `self.slices` slices."""
        before = 1 if first else 0
        found = wire.hopping_of(samples, first - before, slices + before, seed)
        found = found.in_units(self._unit)
        ahead = found.ahead
        # v_{n-1} of these slices, and the clean one before slice 0.
        behind = ahead.values[:slices]
        if not first:
            clean = self._clean_v[ahead.rows, ahead.columns]
            clean = np.broadcast_to(clean[:, None], behind.shape[1:])[None]
            behind = np.concatenate([clean, behind[:-1]])
        inverse = self._inverse(Entries(ahead.rows, ahead.columns, behind))
        inside = found.inside.values[before:]
        _put(inside, np.arange(inside.shape[1]), 1.0, self.h.values)
        _put(behind, self._turned, -1.0, self.v_dagger.values)
        _put(inverse, np.arange(inverse.shape[1]), 1.0, self.v_inverse.values)

    def stretches(self, slices: int) -> NDArray[np.float64]:
        """Return by how much the bonds before each of the slices can stretch a solution, (slice,).

        Logarithms, at least 0, of the slices that have been filled in.
        """
        entries = len(self.v_inverse.columns)
        inverse = np.abs(self.v_inverse.values[: slices * entries]).reshape(slices, -1)
        return np.asarray(np.log(np.maximum(inverse.max(axis=1), 1.0)))

    def _inverse(self, v: Entries) -> NDArray[np.complexfloating]:
        """Return the entries, (slice, entry, R), of the inverse blocks."""
        k, sites = self._orbitals, len(self._clean_v) // self._orbitals
        slices, _, lanes = v.values.shape
        blocks = np.zeros((k, k, slices, sites, lanes), dtype=np.complex128)
        blocks[v.rows % k, v.columns % k, :, v.rows // k] = v.values.swapaxes(0, 1)
        inverse: NDArray[np.complexfloating]
        if k == 1:
            inverse = 1 / blocks
        elif k == 2:
            (a, b), (c, d) = blocks
            inverse = np.stack([np.stack([d, -b]), np.stack([-c, a])]) / (a * d - b * c)
        else:
            inverse = np.moveaxis(
                np.linalg.inv(np.moveaxis(blocks, (0, 1), (3, 4))), (3, 4), (0, 1)
            )
        # Entries run over site, row, column.
        return np.moveaxis(inverse, (2, 3, 0, 1), (0, 1, 2, 3)).reshape(slices, -1, lanes)


@njit(nogil=True, cache=True)
def _put(values, order, sign, out):
    """Write entries, (slice, entry, R), in this order as pairs of lane vectors.

    Imaginary parts are multiplied by `sign`.
    """
    entries = len(order)
    for n in range(len(values)):
        for e in range(entries):
            for r in range(values.shape[2]):
                out[n * entries + e, r] = values[n, order[e], r].real
            for r in range(values.shape[2]):
                out[n * entries + e, LANES + r] = sign * values[n, order[e], r].imag


def couples_straight_ahead(v: NDArray[np.complexfloating], orbitals: int) -> bool:
    """Return whether a coupling takes each site to its own successor only."""
    site = np.arange(len(v)) // orbitals
    return not v[site[:, None] != site].any()
