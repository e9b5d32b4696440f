"""From the steps through the sections of a slice to the arrays that the kernels read.

Places of values that nobody reads any more are used again, and what leaves a section is put where the
next one looks for it, as far as that is free: planes of wide ribbons stay in the first-level cache then.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.solve.kernel_arguments import Program, Terms
from qtcore.solve.peeling import Peeled


class _Places(NamedTuple):
    """Where the values of a section lie: inputs, then what steps find; and how many places it takes."""

    of: list[int]
    number: int


def compiled(
    programs: Sequence[Peeled], components: Sequence[NDArray[np.intp]], orbitals: int
) -> Program:
    """Return the programs of the sections of a slice as the kernels read them.

    Parameters
    ----------
    programs : sequence of Peeled
        One for each section.
    components : sequence of int arrays
        The components of the slice that each section has.
    orbitals : int
        Orbitals on each site of the slice.
    """
    sections: list[list[int]] = []
    sites: list[int] = []
    to: list[int] = []
    found: list[dict[int, complex]] = []
    out: list[dict[int, complex]] = []
    out_to: list[int] = []
    most = answers = 0
    for program, own in zip(programs, components, strict=True):
        r, first, moved = program.rank, len(sites), len(out)
        places = _kept(program) if program.free else _used_again(program)
        at = places.of

        def placed(terms: dict[int, complex], at: list[int] = at) -> dict[int, complex]:
            return {at[value]: factor for value, factor in terms.items()}

        for n, step in enumerate(program.steps):
            sites.append(int(own[step.component]) // orbitals)
            to.append(at[2 * r + program.free + n])
            found += [placed(step.onsite), placed(step.fixed)]
        for row in (*range(r, 2 * r), *range(r)):
            terms = placed(program.out[row])
            if program.free or terms != {row: 1.0}:
                out.append(terms)
                out_to.append(row)
        sections.append([program.free, first, len(sites), moved, len(out)])
        most = max(most, places.number)
        answers = max(answers, 2 * program.free * (2 * r + program.free))
    return Program(
        np.array(sections, dtype=np.int64),
        np.array(sites, dtype=np.int64),
        np.array(to, dtype=np.int64),
        *(_sums(found), _sums(out)),
        np.array(out_to, dtype=np.int64),
        most,
        answers,
    )


def _sums(terms: list[dict[int, complex]]) -> Terms:
    """Return sums of terms, coefficients by place."""
    sizes = [len(one) for one in terms]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    places = np.array([at for one in terms for at in one], dtype=np.int64)
    values = np.array([value for one in terms for value in one.values()], dtype=np.complex128)
    return Terms(starts, places, values.real.copy(), values.imag.copy())


def _kept(program: Peeled) -> _Places:
    """Return a place of its own for each value, the conditions last, as `peeled_answers` has it."""
    return _Places(list(range(program.places)), program.places)


def _used_again(program: Peeled) -> _Places:
    """Return places that are used again.

    What leaves the section does not lie where anything else does that leaves it, so that it can be
    copied there in the order y, x.
    """
    r, steps = program.rank, program.steps
    end, last = len(steps), {}
    for n, step in enumerate(steps):
        last.update(dict.fromkeys((*step.fixed, *step.onsite), n))
    leaving = {value for row in program.out for value in row}
    last.update(dict.fromkeys(leaving, end))
    home = {next(iter(row)): j for j, row in enumerate(program.out) if [*row.values()] == [1.0]}
    found_at = {value - 2 * r: row for value, row in home.items() if value >= 2 * r}
    blocked = dict.fromkeys(range(2 * r), end) | {row: n for n, row in found_at.items()}
    at, free, count = list(range(2 * r)), set[int](), 2 * r
    ends: dict[int, list[int]] = {}
    for value, n in last.items():
        ends.setdefault(n, []).append(value)
    free.update(value for value in range(2 * r) if value not in last)
    for n in range(len(steps)):
        # A step reads all that it needs before it puts what it finds.
        free.update(at[value] for value in ends.get(n, ()))
        value = 2 * r + n
        own = home.get(value, -1)
        able = [own] if own in free else [place for place in free if place >= 2 * r]
        if not able and value not in leaving:
            able = [place for place in free if last.get(value, n) <= blocked[place]]
        place = min(able, default=count)
        count = max(count, place + 1)
        free.discard(place)
        at.append(place)
        if value not in last:
            free.add(place)
    return _Places(at, count)
