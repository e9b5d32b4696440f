"""One section of a slice more by a program of single unknowns; see `peeling`.

The halves of a plane hold x and y of the latest interface, in this order always. Where unknowns are
free (`peeled_answers`), the last vector of scratch receives by how much, squared, rounding errors count
more for what a slice cancels.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from typing import Any, NamedTuple

from qtcore.lanes import LANES, element, fma, load, splat, store
from qtcore.solve.kernel import ADVANCE, EXPAND, inner, kernel
from qtcore.solve.kernel_arguments import Program
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
from qtcore.solve.projection import TILE

FREE, FIRST, LAST, MOVED, MOVED_END = range(5)
"""Columns of `Program.sections`."""

BATCH = 8
"""Sections whose answers are kept at once."""


def program_room(program: Program) -> int:
    """Return the lane vectors of scratch that a program needs, real or complex."""
    return TILE * program.places + BATCH * (program.answers + 3)


@inner
def _copy_in(x, room, start, stride, rows):
    """Copy a tile's interface, `rows` numbers, from its planes to the room."""
    for row in range(rows):
        at = TILE * row
        store(room, at, load(x, start + row))
        store(room, at + 1, load(x, start + stride + row))
        store(room, at + 2, load(x, start + 2 * stride + row))
        store(room, at + 3, load(x, start + 3 * stride + row))


@inner
def _copy_out(x, room, start, stride, rows):
    """Copy it back."""
    for row in range(rows):
        at = TILE * row
        store(x, start + row, load(room, at))
        store(x, start + stride + row, load(room, at + 1))
        store(x, start + 2 * stride + row, load(room, at + 2))
        store(x, start + 3 * stride + row, load(room, at + 3))


class _Kind(NamedTuple):
    """What is done alike for real planes and for complex columns."""

    name: str
    sums: Any
    run: Any
    answers: Any
    fulfil: Any
    largest: Any


def _frame(kind: _Kind) -> Any:
    """Return what advances tiles of four real planes, or of two complex columns."""

    def compiled(function: Any) -> Any:
        # Numba tells functions apart by their names, in its folder too.
        function.__qualname__ = f"{function.__name__}_{name}"
        return inner(function)

    name, sums, steps, answers_of, fulfil, largest = kind

    def answered(program, r, run, sites, onsite, batch, end, scratch):
        """Find the answers of some sections, once for all columns."""
        count, kept = len(program.sections), TILE * program.places
        sizes = kept + BATCH * program.answers
        for n in range(batch, end):
            section, behind = (run.first + n) % count, (run.first % count + n) // count
            size, done = sizes + 3 * (n - batch), splat(1.0)
            if program.sections[section, FREE] > 0:
                at, base = kept + (n - batch) * program.answers, run.onsite + behind * sites
                done = answers_of(scratch, program, section, r, onsite, base, at)
            store(scratch, size, done)
            store(scratch, size + 1, splat(0.0))
            # Where nothing is free nothing is cancelled.
            store(scratch, size + 2, splat(0.0 if program.sections[section, FREE] > 0 else 1.0))

    answered = compiled(answered)

    def advance(x, shape, run, onsite, medium, scratch):
        r, stride, program = shape.width, shape.stride, medium.program
        sections, out, out_to = program.sections, program.out, program.out_to
        count, kept = len(sections), TILE * program.places
        sizes = kept + BATCH * program.answers
        zero, one = splat(0.0), splat(1.0)
        none = (zero, zero, zero, zero)
        for batch in range(0, run.slices, BATCH):
            end = min(batch + BATCH, run.slices)
            if program.answers > 0:
                answered(program, r, run, medium.sites, onsite, batch, end, scratch)
            for tile in range(shape.fast_tiles + shape.slow_tiles):
                start = tile * TILE * stride
                _copy_in(x, scratch, start, stride, 2 * r)
                section, base = (run.first + batch) % count, run.onsite
                base += (run.first % count + batch) // count * medium.sites
                for n in range(batch, end):
                    free = sections[section, FREE]
                    first, last = sections[section, FIRST], sections[section, LAST]
                    moved, moved_end = sections[section, MOVED], sections[section, MOVED_END]
                    for j in range(TILE * 2 * r, TILE * (2 * r + free)):
                        store(scratch, j, zero)
                    steps(scratch, program, first, last, onsite, base)
                    # What is behind the slice may be what was ahead of it: it goes first.
                    for row in range(moved, moved_end):
                        put(scratch, element(out_to, row), sums(scratch, out, row, one, none))
                    if free > 0:
                        inside = largest(scratch, 2 * r + free, last - first)
                        at = kept + (n - batch) * program.answers
                        fulfil(scratch, free, last - first, r, at)
                        note_sizes(
                            scratch, sizes + 3 * (n - batch), inside, largest(scratch, 0, 2 * r)
                        )
                    section += 1
                    if section == count:
                        section, base = 0, base + medium.sites
                _copy_out(x, scratch, start, stride, 2 * r)
            if program.answers > 0:
                note_cancelling(scratch, sizes, end - batch, len(scratch) // LANES - 1)

    return compiled(advance)


_advance_real = _frame(_Kind("real", sums_real, run_real, answers_real, fulfil_real, largest_real))
_advance_complex = _frame(
    _Kind("complex", sums_complex, run_complex, answers_complex, fulfil_complex, largest_complex)
)


@kernel(ADVANCE)
def advance_peeled_real(x, shape, run, onsite, medium, scratch):
    """Advance tiles of four real planes; `scratch` has the room of the program."""
    _advance_real(x, shape, run, onsite, medium, scratch)


@kernel(ADVANCE)
def advance_peeled(x, shape, run, onsite, medium, scratch):
    """Advance tiles of two complex columns in the same way."""
    _advance_complex(x, shape, run, onsite, medium, scratch)


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
