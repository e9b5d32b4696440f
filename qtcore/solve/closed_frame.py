"""What the Chebyshev recursion knows of a closed sample: all of H but its diagonal.

The samples of an ensemble differ in their on-site values, and share the rest unless bonds are
random. A square lattice of constant hopping needs no more than its extent.
"""

from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError
from qtcore.lanes import LANES
from qtcore.model.checks import LARGEST_NUMBER
from qtcore.model.wire import Wire
from qtcore.solve.chebyshev_sparse import sweep_sparse
from qtcore.solve.chebyshev_strip import sweep_strip
from qtcore.solve.closed import closed_hamiltonian
from qtcore.solve.sample import HoppingOf

_CACHE = 8 * 2**20
"""Bytes that a few slices of two vectors may take, so that they stay in a cache. The last one, which
cores share, still saves half of the time where they do not fit into a core's own."""

_MOST_STEPS = 8
"""Steps of the recursion in one walk; more gain nothing."""

_LEAST_ROWS = 128
"""Rows of a block, at least; a walk over blocks has its own cost."""

_NARROW = 16
"""Sites across below which a strip is walked through in blocks of rows, as any H is."""

_NOT_HERMITIAN = 1e-12

LANE_BYTES = 8 * LANES


class Sweep(Protocol):
    """Some steps of the recursion; see `chebyshev_strip.sweep_strip`."""

    def __call__(
        self,
        x: NDArray[np.float64],
        z: NDArray[np.float64],
        onsite: NDArray[np.float64],
        shared: bool,
        steps: int,
        sums: NDArray[np.float64],
        weights: NDArray[np.float64],
        into: NDArray[np.float64],
        targets: int,
    ) -> None:
        """Do `steps` steps."""
        ...


class Frame(Protocol):
    """All of H but the on-site values.

    Attributes
    ----------
    size : int
        Rows of H, D.
    planes : int
        Lane vectors a row: 1 for real vectors, 2 for complex ones.
    room : int
        Lane vectors that an array for the recursion needs.
    steps : int
        Steps of the recursion in one walk, at most.
    diagonal, reach : (D,) float arrays
        Clean diagonal of H, and the sum of the other entries' absolute values in each row.
    """

    size: int
    planes: int
    room: int
    steps: int
    diagonal: NDArray[np.float64]
    reach: NDArray[np.float64]

    def sweep(self, scale: float) -> Sweep:
        """Return the recursion with the entries times `scale`."""
        ...


class StripFrame:
    """A square lattice of hopping 1.

    Parameters
    ----------
    slices, width : int
        Extent.
    along, across : bool
        Whether it is closed.
    """

    planes = 1

    def __init__(self, slices: int, width: int, along: bool, across: bool) -> None:
        self._lattice = slices, width, along, across
        self.size, self.room = slices * width, (slices + 1) * width
        # Two arrays, and two slices more than steps.
        fitting = _CACHE // (2 * LANE_BYTES * width) - 2
        self.steps = max(1, min(_MOST_STEPS, fitting, slices // 2))
        self.diagonal = np.zeros(self.size)
        beside = np.full((slices, width), 4.0)
        if not along:
            beside[0] -= 1
            beside[-1] -= 1
        if not across:
            beside[:, 0] -= 1
            beside[:, -1] -= 1
        self.reach = beside.ravel()

    def sweep(self, scale: float) -> Sweep:
        """Return the recursion with the hopping times `scale`."""
        lattice = self._lattice

        def walk(x, z, onsite, shared, steps, sums, weights, into, targets):  # type: ignore[no-untyped-def]
            sweep_strip(
                x, z, onsite, shared, scale, lattice, steps, sums, targets, weights, into
            )  # fmt: skip

        return walk


class SparseFrame:
    """Any Hermitian H.

    Parameters
    ----------
    H : (D, D) array, sparse or not
        Units of t.

    Raises
    ------
    InputError
        If H is no square matrix, has an entry that is not finite, or is not Hermitian.
    """

    def __init__(self, H: Any) -> None:
        matrix = _checked(H)
        self.size = D = matrix.shape[0]
        found = matrix.tocoo()
        beside = found.row != found.col
        rows, columns, values = (
            part[beside] for part in (found.row, found.col, found.data.astype(np.complex128))
        )
        turning = values.imag != 0
        if turning.any():  # they lie sorted by row and column
            order = np.lexsort((turning, rows))
            rows, columns, values, turning = (
                part[order] for part in (rows, columns, values, turning)
            )
        starts = np.searchsorted(rows, np.arange(D + 1)).astype(np.int64)
        turns = starts[:-1] + np.bincount(rows[~turning], minlength=D)
        self._pattern = starts, turns.astype(np.int64), columns.astype(np.int64)
        self._values = np.ascontiguousarray(values.real), np.ascontiguousarray(values.imag)
        self.planes = 2 if turning.any() else 1
        self.room = self.planes * D
        self.diagonal = np.asarray(matrix.diagonal().real, dtype=np.float64)
        reach = np.bincount(rows, weights=np.abs(values), minlength=D)
        self.reach = np.asarray(reach, dtype=np.float64)
        self._bounds, self._around = _blocks(rows, columns, D)
        blocks = len(self._bounds) - 1
        per_row = 2 * self.planes * LANE_BYTES + 24 * len(rows) / D
        fitting = int(_CACHE / (per_row * D / blocks)) - 2
        most = blocks // 2 if self._around else _MOST_STEPS
        self.steps = max(1, min(_MOST_STEPS, fitting, most))

    def sweep(self, scale: float) -> Sweep:
        """Return the recursion with the entries times `scale`."""
        real, imaginary = (part * scale for part in self._values)
        rows = (*self._pattern, real, imaginary)
        is_complex, bounds, around = self.planes == 2, self._bounds, self._around

        def walk(x, z, onsite, shared, steps, sums, weights, into, targets):  # type: ignore[no-untyped-def]
            sweep_sparse(
                x, z, onsite, shared, rows, is_complex, bounds, around, steps, sums, targets,
                weights, into,
            )  # fmt: skip

        return walk


def _checked(H: Any) -> Any:
    """Return H as a sparse array, or raise InputError."""
    shape: tuple[int, ...] = getattr(H, "shape", ())
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        raise InputError(
            f"H must be a square matrix such as closed_sample(...).H, got shape {shape}"
        )
    try:
        matrix = sparse.csr_array(H)
    except (TypeError, ValueError):  # of objects, or of texts
        raise InputError(
            f"H must be a matrix of numbers such as closed_sample(...).H, got entries of dtype "
            f"{getattr(H, 'dtype', None)}"
        ) from None
    if not matrix.has_canonical_format:
        matrix = matrix.copy()  # the user's own stays as it is
        matrix.sum_duplicates()
    if not np.isfinite(matrix.data).all():
        raise InputError("H must be finite everywhere (units of t)")
    if matrix.nnz and float(abs(matrix).max()) > LARGEST_NUMBER:
        raise InputError(
            f"entries of H must be at most {LARGEST_NUMBER:g} in size (units of t), got "
            f"{float(abs(matrix).max()):.3g}"
        )
    refuse_not_hermitian(matrix, "H")
    return matrix


def refuse_not_hermitian(matrix: Any, name: str) -> None:
    """Raise InputError if a sparse matrix is not Hermitian."""
    away = abs(matrix - matrix.conj().T)
    largest = float(abs(matrix).max()) if matrix.nnz else 0.0
    if away.nnz and float(away.max()) > _NOT_HERMITIAN * largest:
        raise InputError(
            f"{name} must be Hermitian; {name} - {name}^+ has an entry of size "
            f"{float(away.max()):.3g} (units of t)"
        )


def _blocks(
    rows: NDArray[np.integer[Any]], columns: NDArray[np.integer[Any]], D: int
) -> tuple[NDArray[np.int64], bool]:
    """Return blocks of rows that are coupled to their neighbours only, and whether around a ring."""
    distance = np.abs(rows.astype(np.int64) - columns)
    straight = int(distance.max(initial=0))
    ring = int(np.minimum(distance, D - distance).max(initial=0))
    around = D // max(straight, _LEAST_ROWS) < 3
    blocks = D // max(ring if around else straight, _LEAST_ROWS)
    if around and blocks < 3:
        around, blocks = False, 1
    return np.linspace(0, D, max(1, blocks) + 1).astype(np.int64), around


class WireFrame:
    """The frame of a wire's closed samples of one length, made once if all share it.

    Parameters
    ----------
    wire : Wire
        The wire.
    length : int
        Slices.
    periodic : bool
        Whether the last slice is coupled to the first.
    """

    def __init__(self, wire: Wire, length: int, periodic: bool) -> None:
        self._wire, self._length, self._periodic = wire, length, periodic

    def of(self, hopping: HoppingOf | None) -> Frame:
        """Return the frame of a sample, whose random hopping is given if it has one."""
        return self._clean if hopping is None else SparseFrame(self.matrix(hopping))

    def matrix(self, hopping: HoppingOf | None = None) -> Any:
        """Return H without disorder of the sites, a sparse (D, D) array, units of t."""
        return self._clean_matrix if hopping is None else self._made(hopping)

    @cached_property
    def _clean_matrix(self) -> Any:
        return self._made(None)

    def _made(self, hopping: HoppingOf | None) -> Any:
        slices = self._wire.slices()
        none = np.zeros((self._length, slices.sites))
        return closed_hamiltonian(slices, none, self._periodic, hopping=hopping)

    @cached_property
    def _clean(self) -> Frame:
        strip = self._wire.strip
        if strip is not None and not self._wire.phase and strip.width >= _NARROW:
            return StripFrame(self._length, strip.width, self._periodic, bool(strip.periodic))
        return SparseFrame(self.matrix())
