"""One slice more by a program of single unknowns; see `peeling`.

The halves of a plane hold x and y of the latest interface, in this order always. Where unknowns are
free (`peeled_answers`), the last vector of scratch receives by how much, squared, rounding errors count
more for what a slice cancels.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from qtcore.lanes import LANES, fma, load, splat, store
from qtcore.solve.kernel import ADVANCE, EXPAND, inner, kernel
from qtcore.solve.lead_matching import expand_complex
from qtcore.solve.peeled_answers import (
    answers_complex,
    answers_real,
    fulfil_complex,
    fulfil_real,
    largest_complex,
    largest_real,
    note_cancelling,
    note_sizes,
)
from qtcore.solve.peeled_steps import put, run_complex, run_real, sums_complex, sums_real
from qtcore.solve.peeling import Peeled
from qtcore.solve.projection import TILE

BATCH = 8
"""Slices whose answers are kept at once."""


def program_room(program: Peeled) -> int:
    """Return the lane vectors of scratch that a program needs, real or complex."""
    answers = 2 * program.free * (2 * program.rank + program.free)
    return TILE * program.places + BATCH * (answers + 3)


@inner
def _copy_in(x, room, start, stride, rows, inputs):
    """Copy a tile's interface, `rows` numbers, from its planes to the room; nothing is free."""
    for row in range(rows):
        at = TILE * row
        store(room, at, load(x, start + row))
        store(room, at + 1, load(x, start + stride + row))
        store(room, at + 2, load(x, start + 2 * stride + row))
        store(room, at + 3, load(x, start + 3 * stride + row))
    for j in range(TILE * rows, TILE * inputs):
        store(room, j, splat(0.0))


@inner
def _copy_out(x, room, start, stride, rows):
    """Copy it back."""
    for row in range(rows):
        at = TILE * row
        store(x, start + row, load(room, at))
        store(x, start + stride + row, load(room, at + 1))
        store(x, start + 2 * stride + row, load(room, at + 2))
        store(x, start + 3 * stride + row, load(room, at + 3))


@kernel(ADVANCE)
def advance_peeled_real(x, shape, run, onsite, medium, scratch):
    """Advance tiles of four real planes; `scratch` has the room of the program."""
    r, stride, program = shape.width, shape.stride, medium.program
    free, inputs = program.free, 2 * r + program.free
    kept, answers = TILE * (inputs + len(program.sites)), 2 * free * inputs
    sizes = kept + BATCH * answers
    zero, one = splat(0.0), splat(1.0)
    none = (zero, zero, zero, zero)
    out = program.out
    for batch in range(0, run.slices, BATCH):
        end = min(batch + BATCH, run.slices)
        if free > 0:
            for n in range(batch, end):
                base, at = run.onsite + n * medium.sites, kept + (n - batch) * answers
                size = sizes + 3 * (n - batch)
                store(scratch, size, answers_real(scratch, program, r, onsite, base, at))
                store(scratch, size + 1, zero)
                store(scratch, size + 2, zero)
        for tile in range(shape.fast_tiles + shape.slow_tiles):
            start = tile * TILE * stride
            _copy_in(x, scratch, start, stride, 2 * r, inputs)
            for n in range(batch, end):
                run_real(scratch, program, inputs, onsite, run.onsite + n * medium.sites)
                # What is behind the slice may be what was ahead of it: it goes first.
                for row in range(r, 2 * r):
                    put(scratch, row, sums_real(scratch, out, row, one, none))
                for row in range(r):
                    put(scratch, row, sums_real(scratch, out, row, one, none))
                if free > 0:
                    inside = largest_real(scratch, inputs, len(program.sites))
                    fulfil_real(scratch, program, r, kept + (n - batch) * answers)
                    behind = largest_real(scratch, 0, 2 * r)
                    note_sizes(scratch, sizes + 3 * (n - batch), inside, behind)
            _copy_out(x, scratch, start, stride, 2 * r)
        if free > 0:
            note_cancelling(scratch, sizes, end - batch, len(scratch) // LANES - 1)


@kernel(ADVANCE)
def advance_peeled(x, shape, run, onsite, medium, scratch):
    """Advance tiles of two complex columns; see `advance_peeled_real`."""
    r, stride, program = shape.width, shape.stride, medium.program
    free, inputs = program.free, 2 * r + program.free
    kept, answers = TILE * (inputs + len(program.sites)), 2 * free * inputs
    sizes = kept + BATCH * answers
    zero, one = splat(0.0), splat(1.0)
    none = (zero, zero, zero, zero)
    out = program.out
    for batch in range(0, run.slices, BATCH):
        end = min(batch + BATCH, run.slices)
        if free > 0:
            for n in range(batch, end):
                base, at = run.onsite + n * medium.sites, kept + (n - batch) * answers
                size = sizes + 3 * (n - batch)
                store(scratch, size, answers_complex(scratch, program, r, onsite, base, at))
                store(scratch, size + 1, zero)
                store(scratch, size + 2, zero)
        for tile in range(shape.fast_tiles + shape.slow_tiles):
            start = tile * TILE * stride
            _copy_in(x, scratch, start, stride, 2 * r, inputs)
            for n in range(batch, end):
                run_complex(scratch, program, inputs, onsite, run.onsite + n * medium.sites)
                for row in range(r, 2 * r):
                    put(scratch, row, sums_complex(scratch, out, row, one, none))
                for row in range(r):
                    put(scratch, row, sums_complex(scratch, out, row, one, none))
                if free > 0:
                    inside = largest_complex(scratch, inputs, len(program.sites))
                    fulfil_complex(scratch, program, r, kept + (n - batch) * answers)
                    behind = largest_complex(scratch, 0, 2 * r)
                    note_sizes(scratch, sizes + 3 * (n - batch), inside, behind)
            _copy_out(x, scratch, start, stride, 2 * r)
        if free > 0:
            note_cancelling(scratch, sizes, end - batch, len(scratch) // LANES - 1)


@inner
def _expand_real_pair(x, first, stride, r, projector, rows, y, to, y_stride):
    """Write the amplitudes of two real columns of x to y, rows a multiple of two."""
    for k in range(0, rows, 2):
        a0 = b0 = c0 = d0 = splat(0.0)
        a1 = b1 = c1 = d1 = splat(0.0)
        for row in range(2 * r):
            # x lies before y in a plane; the projector has y, the earlier one, first.
            at = first + (row + r if row < r else row - r)
            u, v = load(x, at), load(x, at + stride)
            re, im = splat(projector[k, row, 0]), splat(projector[k, row, 1])
            a0, b0, c0, d0 = fma(re, u, a0), fma(im, u, b0), fma(re, v, c0), fma(im, v, d0)
            re, im = splat(projector[k + 1, row, 0]), splat(projector[k + 1, row, 1])
            a1, b1, c1, d1 = fma(re, u, a1), fma(im, u, b1), fma(re, v, c1), fma(im, v, d1)
        store(y, to + k, a0), store(y, to + y_stride + k, b0)
        store(y, to + 2 * y_stride + k, c0), store(y, to + 3 * y_stride + k, d0)
        store(y, to + k + 1, a1), store(y, to + y_stride + k + 1, b1)
        store(y, to + 2 * y_stride + k + 1, c1), store(y, to + 3 * y_stride + k + 1, d1)


@kernel(EXPAND)
def expand_peeled(x, y, shape, parity, length, lead, scratch):  # noqa: ARG001 # called like the others
    """Write the amplitudes of all columns; the fast ones are real or complex."""
    r, stride, fast, slow = shape.width, shape.stride, shape.fast, shape.slow
    projector = lead.projector
    rows, y_stride = projector.shape[0], r + 2 * slow + 1
    if lead.is_real:
        for j in range(0, fast, 2):
            to = 2 * j * y_stride
            _expand_real_pair(x, j * stride, stride, r, projector, rows, y, to, y_stride)
    else:
        for j in range(fast):
            to = 2 * j * y_stride
            expand_complex(x, 2 * j, stride, r, 0, projector, rows, y, to, y_stride)
    first, y_first = shape.fast_tiles * TILE, (fast + 1) // 2 * TILE
    for j in range(slow):
        plane, to = first + 2 * j, (y_first + 2 * j) * y_stride
        expand_complex(x, plane, stride, r, 0, projector, rows, y, to, y_stride)
