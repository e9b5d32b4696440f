"""What compiled functions are told, by name: tuples with fields, and the types that Numba gives them.

To Numba a tuple with names is the same memory as one without, and a name costs nothing.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

COUNT = types.int64
FLAG = types.boolean
REAL = types.float64
PLANES = types.float64[::1]
"""Flat array of lane vectors."""
TABLE = types.float64[:, ::1]
_PROJECTOR = types.float64[:, :, ::1]


class Shape(NamedTuple):
    """Columns of solutions in memory; see `renewal`.

    Attributes
    ----------
    width : int
        Sites (or components) across, M; of a peeled slice the rank of its coupling.
    stride : int
        Vectors between planes.
    fast, fast_tiles : int
        Columns that are closed in the lead, and their tiles, which come first.
    slow, slow_tiles : int
        Open columns, and their tiles.
    """

    width: int
    stride: int
    fast: int
    fast_tiles: int
    slow: int
    slow_tiles: int


class Run(NamedTuple):
    """Slices that a stencil does in one go.

    Attributes
    ----------
    parity : int
        Which half of a plane holds the latest slice.
    first, slices : int
        Number of the first one, and how many.
    onsite : int
        Vector at which their E - eps begins.
    """

    parity: int
    first: int
    slices: int
    onsite: int


class Pattern(NamedTuple):
    """Rows of a sparse matrix, one behind the other.

    Attributes
    ----------
    starts : (rows + 1,) int array
        Where each row begins in the other two.
    columns : (entries,) int array
        Column numbers.
    values : (entries, 2) float array
        Real and imaginary parts; of random hopping (slice and entry, 2 * LANES), real parts first.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]


class Terms(NamedTuple):
    """Sums of values times coefficients, one behind the other.

    Attributes
    ----------
    starts : (sums + 1,) int array
        Where each sum begins in the others.
    places : (terms,) int array
        Place of each value.
    real, imaginary : (terms,) float arrays
        Its coefficient.
    """

    starts: NDArray[np.int64]
    places: NDArray[np.int64]
    real: NDArray[np.float64]
    imaginary: NDArray[np.float64]


class Program(NamedTuple):
    """The steps through a slice of which not every component reaches the next; see `peeling`.

    Attributes
    ----------
    sections : (sections, 5) int array
        Of each section of a slice: the number of unknowns that no step finds, and of steps at its end
        that must find zero; its first step and the one behind its last; the same of sums of `out`.
    sites : (steps,) int array
        Site whose E - eps a step takes.
    to : (steps,) int array
        Place of what it finds.
    found : Terms
        Two sums for each step, of which the first one is multiplied by E - eps.
    out : Terms
        A sum for each amplitude of the interface behind a section that does not lie there already: y,
        then x.
    out_to : (sums of out,) int array
        Its place.
    places, answers : int
        Places, and vectors of answers (see `peeled_answers`), that the largest section needs.
    """

    sections: NDArray[np.int64]
    sites: NDArray[np.int64]
    to: NDArray[np.int64]
    found: Terms
    out: Terms
    out_to: NDArray[np.int64]
    places: int
    answers: int


_NOWHERE = np.zeros(0, np.int64)
_NOTHING = Terms(np.zeros(1, np.int64), _NOWHERE, np.zeros(0), np.zeros(0))
_NO_SECTIONS = np.zeros((1, 5), np.int64)
NO_PROGRAM = Program(
    _NO_SECTIONS, _NOWHERE, _NOWHERE, _NOTHING, _NOTHING, _NOWHERE, places=0, answers=0
)
"""Stands for a program where the coupling has an inverse."""


_NONE_CHANGED = np.zeros(1, np.int64)


class Medium(NamedTuple):
    """The wire that a stencil goes through.

    Attributes
    ----------
    periodic : bool
        Whether a strip is a cylinder.
    phase : float
        Of a strip in a field, per plaquette.
    orbitals : int
        Components on each site.
    h, v_dagger, v_inverse : Pattern
        H inside a slice, v^+ and v^-1; empty for strips.
    sites : int
        On-site values in a slice, where `slice_loop` hands them out.
    program : Program
        What takes the place of the patterns where v has no inverse; empty elsewhere.
    changed : (1 + slice,) int array
        Where slices are plain but for a few: the number of the first slice that the patterns hold,
        and of each slice whether it is other than the clean one. Without slices none is.
    """

    periodic: bool
    phase: float
    orbitals: int
    h: Pattern
    v_dagger: Pattern
    v_inverse: Pattern
    sites: int = 0
    program: Program = NO_PROGRAM
    changed: NDArray[np.int64] = _NONE_CHANGED


class MatchedLead(NamedTuple):
    """What the right lead is matched with; see `lead_matching`.

    Attributes
    ----------
    functions : (M, padded) float array
        Real transverse functions.
    weights : (rows, 5) float array
        Mode number, and what reads amplitudes off its transverse components.
    projector : (rows, 2 M, 2) float array
        The same for leads that have no such functions.
    turned : (rows, 2 M, 2) float array
        Room for it in the gauge of a slice.
    phase : float
        Of a strip in a field, per plaquette.
    field_in_leads : bool
        Whether the field fills the lead.
    is_real : bool
        Whether fast columns are real, and the lead has such functions.
    """

    functions: NDArray[np.float64]
    weights: NDArray[np.float64]
    projector: NDArray[np.float64]
    turned: NDArray[np.float64]
    phase: float
    field_in_leads: bool
    is_real: bool


class BoxDisorder(NamedTuple):
    """Box disorder that is made on the way, if it is: keys, samples, full width W, energy."""

    is_made: bool
    keys: NDArray[np.uint64]
    realizations: NDArray[np.uint64]
    strength: float
    energy: float


class Limits(NamedTuple):
    """How far columns may grow apart, and which are looked at more often than others.

    See `Tightness` and `Prepared`.
    """

    growth: float
    slow_growth: float
    steepness: float
    quick: int = 0


class Progress(NamedTuple):
    """What is known of the group at hand; places are named in `slice_loop`, `graded`, `growth_guard`."""

    state: NDArray[np.int64]
    scales: NDArray[np.float64]
    terrain: NDArray[np.float64]


class Workspace(NamedTuple):
    """Aligned room: columns of solutions, their amplitudes in the right lead, and scratch."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    work: NDArray[np.float64]
    norms: NDArray[np.float64]
    after: NDArray[np.float64]
    scratch: NDArray[np.float64]


class Addresses(NamedTuple):
    """Where the kernels are that a wire needs."""

    advance: int
    expand: int
    match: int
    renew_fast: int
    project_fast_out: int
    renew_slow: int


class Kit(NamedTuple):
    """What stays the same for all groups of a call.

    Attributes
    ----------
    start : (plane, row) float array
        Planes at slice 0.
    first_interval : int
        Slices that are safe before growth has been measured.
    medium, shape, lead, limits, progress, memory, kernels
        See each.
    """

    start: NDArray[np.float64]
    first_interval: int
    medium: Medium
    shape: Shape
    lead: MatchedLead
    limits: Limits
    progress: Progress
    memory: Workspace
    kernels: Addresses


def _named(names: type[Any], *fields: Any) -> Any:
    """Return Numba's type of a tuple with names."""
    return types.BaseTuple.from_types(fields, names)


SHAPE = _named(Shape, *6 * (COUNT,))
RUN = _named(Run, *4 * (COUNT,))
PATTERN = _named(Pattern, types.int64[::1], types.int64[::1], TABLE)
_NUMBERS = types.int64[::1]
_TERMS = _named(Terms, _NUMBERS, _NUMBERS, PLANES, PLANES)
PROGRAM = _named(
    Program,
    *(types.int64[:, ::1], _NUMBERS, _NUMBERS),
    *(_TERMS, _TERMS, _NUMBERS, COUNT, COUNT),
)
MEDIUM = _named(
    Medium, FLAG, REAL, COUNT, PATTERN, PATTERN, PATTERN, COUNT, PROGRAM, types.int64[::1]
)
LEAD = _named(MatchedLead, TABLE, TABLE, _PROJECTOR, _PROJECTOR, REAL, FLAG, FLAG)
