"""From a wire to the arrays that the transfer solver works on."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.lanes import aligned
from qtcore.model.disorder import Box
from qtcore.model.removed import has_removed_sites
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.carried import Carried, through_slices
from qtcore.solve.fixed_hopping import FixedHopping
from qtcore.solve.joined import is_singular, joined
from qtcore.solve.kernel import Kernel
from qtcore.solve.kernel_arguments import MatchedLead, Medium, Shape, Workspace
from qtcore.solve.lead_matching import MATCHED, expand_complex_columns, expand_real_columns
from qtcore.solve.lead_weights import mode_projector, mode_weights
from qtcore.solve.modes import Modes, in_units
from qtcore.solve.narrow_leads import at_both_ends
from qtcore.solve.peeled_program import compiled
from qtcore.solve.peeled_stencil import (
    advance_peeled,
    advance_peeled_real,
    expand_peeled,
    program_room,
)
from qtcore.solve.projection import TILE
from qtcore.solve.random_stencil import LaneHopping
from qtcore.solve.sparse_stencil import pattern
from qtcore.solve.stencil import advance_strip, advance_strip_in_field

LONGEST_RUN = 64
"""Slices between two looks at the columns, at most."""

_REAL = 1e-9
"""Singular value, relative to the largest one, below which real vectors count as dependent."""

_OF_SECTIONS = 2.0
"""By how much rounding errors count more where slices are passed in sections: of some 4,000 values of
ribbons, most of them with missing sites, one had an error as large as its certificate."""

_FEW = 12
"""Fast columns up to which none of them are looked at more often than others."""

_CAUTIOUS = 2
"""First interval between two looks, where nothing is known of how fast columns grow."""


@dataclass(frozen=True)
class Prepared:
    """What the compiled solver is told of a wire and its leads.

    Attributes
    ----------
    shape : Shape
        Columns in memory.
    start : (plane, row) float array
        Planes at slice 0.
    advance : Kernel
        The stencil for this kind of wire.
    expand : Kernel
        What writes the columns in terms of the right lead's modes.
    medium : Medium
        What the stencil goes through.
    lead : MatchedLead
        The right lead.
    hopping : LaneHopping, FixedHopping or None
        Random hopping or structure, which has its arrays in `medium`.
    fastest : float
        Bound on how much a column can grow per slice, or 0 if there is none.
    unit : float
        What energies are counted in, units of t.
    steepness : float
        By how much rounding errors of the columns count more where a mode is slow: the largest
        amplitude of an open mode in a wave of size one, at least 1.
    layers : int
        Layers of a peeled slice, see `growth_guard.heights`, or 0.
    room : int
        Vectors of scratch that the stencil needs.
    gain : float
        How many times the rounding errors of a column the stencil leaves in a slice, at least 1.
    structured : bool
        Whether it is a strip that is plain but for its structure.
    quick : int
        Tiles of fast columns that are looked at more often than the others; see `quick_looks`.
    sections : tuple of int arrays
        The sites of each section that a peeled slice is passed in; empty elsewhere. To the kernels
        sections are slices.
    on_orbitals : bool
        Whether the stencil takes matrices on the sites, see `SiteMatrices.elements`, for the potential.
    """

    shape: Shape
    start: NDArray[np.float64]
    advance: Kernel
    expand: Kernel
    medium: Medium
    lead: MatchedLead
    hopping: LaneHopping | FixedHopping | None
    fastest: float
    unit: float
    steepness: float
    layers: int = 0
    room: int = 0
    gain: float = 1.0
    structured: bool = False
    quick: int = 0
    sections: tuple[NDArray[np.intp], ...] = ()
    on_orbitals: bool = False

    def first_interval(self, growth: float) -> int:
        """Return how many slices are safe before growth has been measured."""
        if self.fastest == 0:
            return _CAUTIOUS
        return int(max(1, min(LONGEST_RUN, math.log(growth) / math.log(self.fastest))))


def prepare(
    wire: Wire, modes: Modes, energy: float, absorption: float = 0.0, *, mirrored: bool = False
) -> Prepared:
    """Return what the compiled solver needs; `modes` are those that `wire_modes` gives.

    The couplings between slices must be invertible, or the slices be peeled (`choice` sees to it). A
    wire with absorption may be asked for as it is read from right to left (`mirrored`), and its modes
    alike.
    """
    if wire.strip is not None and absorption == 0:
        modes, right = at_both_ends(wire, modes)
        unit, carried = 1.0, _through_strip(wire, modes, energy)
    else:
        slices = wire.slices().mirrored if mirrored else wire.slices()
        unit = slices.unit
        modes = right = in_units(modes, unit)
        if is_singular(slices):
            carried = _through_peeled(wire, slices, modes, energy, absorption)
        else:
            carried = through_slices(wire, slices, modes, absorption)
    M, N = len(carried.latest), modes.channels
    fast, slow, is_real = M - N, N, carried.is_real
    tiles = -(-fast // 4) if is_real else -(-fast // 2)
    shape = Shape(M, 2 * M + N, fast, tiles, slow, -(-slow // 2))
    columns = np.concatenate([carried.latest, carried.before])
    lead, largest = _matched_lead(wire, carried.modes or right, carried)
    return Prepared(
        shape,
        start=starting_planes(columns, shape, is_real),
        advance=carried.advance,
        expand=_expand(carried),
        medium=carried.medium,
        lead=lead,
        hopping=carried.hopping,
        fastest=carried.fastest,
        unit=unit,
        steepness=max(1.0, largest),
        layers=carried.layers,
        room=max(_plain_room(M), carried.room),
        gain=max(1.0, carried.gain),
        structured=carried.structured,
        quick=_quick_tiles(carried.quick, shape, is_real),
        sections=carried.sections,
        on_orbitals=carried.on_orbitals,
    )


def _quick_tiles(columns: int, shape: Shape, is_real: bool) -> int:
    """Return the tiles that hold the quickest columns, or 0 if looks at all of them cost little more."""
    tiles = -(-columns // (4 if is_real else 2))
    return tiles if shape.fast > _FEW and 2 * tiles <= shape.fast_tiles else 0


def _expand(carried: Carried) -> Kernel:
    if carried.modes is not None:
        return expand_peeled
    return expand_real_columns if carried.is_real else expand_complex_columns


def _through_strip(wire: Wire, modes: Modes, energy: float) -> Carried:
    """Return how a square strip is carried on, whose couplings are known."""
    assert wire.strip is not None
    M, is_real, fastest, before = modes.width, wire.phase == 0, 0.0, modes.left
    if wire.plain_strip is not None:
        # The hopping across has a norm below 2, so that no column grows faster than in a
        # uniform potential at a distance |E| + 2 + W/2 from the band centre.
        highest = abs(energy) + 2 + wire.plain_strip[1].strength / 2
        fastest = math.exp(math.acosh(highest / 2 + 0.05))
    if not is_real and wire.field_in_leads:
        before = before * np.exp(1j * wire.phase * np.arange(M))[:, None]
    nothing = pattern(np.zeros((M, M), dtype=np.complex128))
    return Carried(
        advance_strip if is_real else advance_strip_in_field,
        Medium(wire.strip.periodic, wire.phase, 1, *3 * (nothing,), M),
        is_real,
        modes.left_ahead,
        before,
        np.eye(M, dtype=np.complex128),
        fastest=fastest,
    )


def _through_peeled(
    wire: Wire, slices: Slices, modes: Modes, energy: float, absorption: float
) -> Carried:
    """Return how a wire is carried on whose slices are peeled; `modes` as in `_through_slices`."""
    removed = has_removed_sites((*wire.disorders, *wire.gates))
    found = joined(slices, absorption, in_sections=removed)
    assert found is not None
    channels, layers = modes.channels, max(program.layers for program in found.programs)
    waves = found.at_interfaces(modes)
    latest, before = found.into_x @ waves.left_ahead, found.into_y @ waves.left
    matrices = slices.h, slices.v, slices.lead_h, slices.lead_v
    fast = None
    if not (absorption or any(matrix.imag.any() for matrix in matrices)):
        fast = _real_basis(np.concatenate([latest, before])[:, channels:])
    if fast is not None:
        latest[:, channels:], before[:, channels:] = np.split(fast, 2)
    steps = compiled(found.programs, found.components, slices.orbitals)
    nothing = pattern(np.zeros((1, 1), dtype=np.complex128))
    # What grows most does so by the inverse of what shrinks most.
    fastest = found.growth**2
    if isinstance(wire.disorder, Box):
        highest = (abs(energy) + wire.disorder.strength / 2) / slices.unit
        fastest = max(fastest, (1 + highest) ** layers)
    return Carried(
        advance_peeled if fast is None else advance_peeled_real,
        Medium(False, 0.0, slices.orbitals, *3 * (nothing,), slices.sites, steps),
        fast is not None,
        latest,
        before,
        found.out_of_x,
        fastest=fastest,
        out_of_before=found.out_of_y,
        modes=waves,
        layers=layers,
        room=program_room(steps),
        gain=(_OF_SECTIONS if len(found.programs) > 1 else 1.0) * found.gain,
        quick=found.quick,
        sections=tuple(np.unique(own // slices.orbitals) for own in found.components),
    )


def _real_basis(waves: NDArray[np.complexfloating]) -> NDArray[np.float64] | None:
    """Return as many real vectors that span the same, or None if there are none.

    The closed waves of a real lead come with their conjugates.
    """
    parts = np.hstack([waves.real, waves.imag])
    U, sizes, _ = np.linalg.svd(parts, full_matrices=False)
    count = waves.shape[1]
    if count and (sizes[count:] > _REAL * sizes[0]).any():
        return None
    return U[:, :count]


def _matched_lead(wire: Wire, modes: Modes, carried: Carried) -> tuple[MatchedLead, float]:
    """Return the right lead, and the largest amplitude of an open mode in a wave of size one."""
    M, N = modes.width, modes.channels
    functions, weights = np.zeros((M, -(-M // 4) * 4)), np.zeros((0, 5))
    projector = np.zeros((0, 2 * M, 2))
    if carried.is_real and modes.separable is not None:
        functions[:, :M] = modes.separable.functions
        weights = mode_weights(modes, modes.separable)
        largest = np.linalg.norm(weights[:N, 1:], axis=1).max()
    else:
        projector = mode_projector(modes, carried.out_of, carried.out_of_before)
        largest = np.linalg.norm(projector[:N], axis=(1, 2)).max()
    lead = MatchedLead(
        functions,
        weights,
        projector,
        turned=np.zeros_like(projector),
        phase=carried.medium.phase,
        field_in_leads=bool(wire.field_in_leads),
        is_real=carried.is_real,
    )
    return lead, float(largest)


def workspace(shape: Shape, room: int) -> Workspace:
    """Return aligned room, `room` vectors of it for the stencil.

    One more receives what a stencil cancels; see `peeled_stencil`.
    """
    M, slow = shape.width, shape.slow
    y_planes = ((shape.fast + 1) // 2 + shape.slow_tiles) * TILE
    return Workspace(
        x=aligned((shape.fast_tiles + shape.slow_tiles) * TILE * shape.stride),
        y=aligned(y_planes * (M + 2 * slow + 1) + 1),
        work=aligned(room + 1),
        norms=aligned(M + 4),
        after=aligned(M + 4),
        scratch=aligned(MATCHED),
    )


def stencil_room(M: int) -> NDArray[np.float64]:
    """Return the scratch that most stencils and the closing make do with, for M rows."""
    return aligned(_plain_room(M))


def _plain_room(M: int) -> int:
    return 4 * (M + 3)


def starting_planes(
    columns: NDArray[np.complexfloating], shape: Shape, is_real: bool
) -> NDArray[np.float64]:
    """Return the planes (plane, row) of (psi_0, psi_{-1}) column by column, with P = 1."""
    M, fast, slow = shape.width, shape.fast, shape.slow
    planes = np.zeros(((shape.fast_tiles + shape.slow_tiles) * TILE, shape.stride))
    if is_real:
        planes[:fast, : 2 * M] = columns[:, slow:].real.T
    else:
        planes[0 : 2 * fast : 2, : 2 * M] = columns[:, slow:].real.T
        planes[1 : 2 * fast : 2, : 2 * M] = columns[:, slow:].imag.T
    first = shape.fast_tiles * TILE
    planes[first : first + 2 * slow : 2, : 2 * M] = columns[:, :slow].real.T
    planes[first + 1 : first + 2 * slow : 2, : 2 * M] = columns[:, :slow].imag.T
    numbers = np.arange(slow)
    planes[first + 2 * numbers, 2 * M + numbers] = 1.0
    return planes
