"""A slice solved one unknown at a time, where the coupling to the next slice cannot be inverted.

With v = A B^+ (A, B of r columns) neighbours meet in 2 r amplitudes at each interface,
x_n = B^+ psi_n and y_n = A^+ psi_{n-1}. What a slice makes of them follows from M + r equations,

    (E - eps - h) psi_n - A x_{n+1} = B y_n,    B^+ psi_n = x_n,    y_{n+1} = A^+ psi_n,

for the M + r unknowns psi_n and x_{n+1}. Sparse slices can be *peeled*: an equation in which a single
unknown is left gives that unknown, divided by a number that knows nothing of the disorder. The order
of these steps is found once and is a program for every slice.

Where every equation has several unknowns left, some are set *free*. As many equations have none left
at the end, which are conditions on the free unknowns: a small system for each slice, the *core*.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Matrix = NDArray[np.complexfloating]

_RANK = 1e-10
"""Singular values below this part of the largest one of v count as zero, as in `choice`."""

_NEGLIGIBLE = 1e-14
"""Elements below this part of the largest one are rounding errors, as in `sparse_stencil`."""

_PIVOT = 0.02
"""Part of the largest coefficient of its equation that an unknown must have to be solved for."""

MOST_FREE = 16
"""Free unknowns of a slice, at most: more of them would make the core the larger part."""


class Interface(NamedTuple):
    """Factors of a coupling v = A B^+.

    Attributes
    ----------
    A, B : (M, r) complex arrays
        Of full column rank, and as sparse as v where that is possible. To the program of a section
        (see `sections`) A belongs to the coupling behind it, and B to the one before.
    """

    A: Matrix
    B: Matrix


class Step(NamedTuple):
    """A number found from others, sum of (fixed + onsite * (E - eps)) * value over its terms.

    Attributes
    ----------
    component : int
        Component of the slice whose E - eps it takes.
    fixed, onsite : dict of int to complex
        Coefficients of the values at places.
    """

    component: int
    fixed: dict[int, complex]
    onsite: dict[int, complex]


class Peeled(NamedTuple):
    """The program of a slice.

    Values lie at places: x and y of the interface before (r each), the free unknowns, then what each
    step finds. The last steps, as many as there are free unknowns, must find zero.

    Attributes
    ----------
    rank, free : int
        r, and the number of free unknowns.
    steps : list of Step
        In this order.
    out : list of dict of int to complex
        The interface behind the slice, x then y, from values at places.
    layers : int
        How often a value is multiplied by some E - eps on its way through a slice, at most.
    """

    rank: int
    free: int
    steps: list[Step]
    out: list[dict[int, complex]]
    layers: int

    @property
    def places(self) -> int:
        """Number of places."""
        return 2 * self.rank + self.free + len(self.steps)


def interface(v: Matrix) -> Interface:
    """Return factors of a coupling that keep its zeros, a block of connected components each.

    A block of full column rank is A, with B = 1, and one of full row rank is B^+, with A = 1. Any
    other is combined from some of its own rows (Cheng, Gimbutas, Martinsson and Rokhlin, SIAM J.
    Sci. Comput. 26, 1389 (2005)).
    """
    (M, others), size = v.shape, np.abs(v)
    kept = np.where(size > _NEGLIGIBLE * size.max(initial=0.0), v, 0.0)
    rows, columns = np.nonzero(kept)
    graph = csr_array((np.ones(len(rows)), (rows, M + columns)), shape=(M + others, M + others))
    _, labels = connected_components(graph, directed=False)
    # In the order of the components that they lead to.
    order = np.unique(labels[M + columns], return_index=True)
    blocks = order[0][np.argsort(order[1])]
    scale, left, right = float(size.max(initial=0.0)), [], []
    for label in blocks:
        i, j = np.flatnonzero(labels[:M] == label), np.flatnonzero(labels[M:] == label)
        a, b = _factors(kept[np.ix_(i, j)], scale)
        A, B = (np.zeros((rows, a.shape[1]), dtype=np.complex128) for rows in v.shape)
        A[i], B[j] = a, b
        left.append(A)
        right.append(B)
    return Interface(np.hstack(left), np.hstack(right))


def _factors(block: Matrix, scale: float) -> tuple[Matrix, Matrix]:
    """Return a, b of full column rank with block = a b^+."""
    m, n = block.shape
    rank = int((np.linalg.svd(block, compute_uv=False) > _RANK * scale).sum())
    if rank == n:
        return block, np.eye(n, dtype=np.complex128)
    if rank == m:
        return np.eye(m, dtype=np.complex128), block.conj().T
    # Rows that span the others: the first ones that a pivoted QR takes.
    _, _, pivots = scipy.linalg.qr(block.conj().T, mode="economic", pivoting=True)
    basis = np.sort(pivots[:rank])
    a = np.linalg.lstsq(block[basis].T, block.T, rcond=None)[0].T
    a[np.abs(a) < _NEGLIGIBLE * 100] = 0.0
    return a, block[basis].conj().T


class _Equation(NamedTuple):
    """An equation, sum of coefficients times values = 0.

    Attributes
    ----------
    component : int
        Component whose slice equation it is, or -1.
    onsite : dict of int to complex
        Coefficients of E - eps times psi_k, by number k: of components of the same site.
    unknowns : dict of int to complex
        Coefficients without E - eps: psi_k is number k, x'_j number M + j.
    known : dict of int to complex
        Coefficients of places of the interface before.
    """

    component: int
    onsite: dict[int, complex]
    unknowns: dict[int, complex]
    known: dict[int, complex]

    @property
    def numbers(self) -> set[int]:
        """Unknowns that it holds."""
        return {*self.unknowns, *self.onsite}


def _sum(factors: Matrix, equations: Sequence[_Equation], component: int) -> _Equation:
    """Return a sum of equations, each times its factor."""
    sums: tuple[dict[int, complex], ...] = ({}, {}, {})
    for factor, one in zip(factors.tolist(), equations, strict=True):
        for total, part in zip(sums, (one.onsite, one.unknowns, one.known), strict=True):
            for at, value in part.items():
                total[at] = total.get(at, 0.0) + factor * value
    return _Equation(component, *sums)


def _entries(column: Matrix) -> dict[int, complex]:
    return {int(k): complex(column[k]) for k in np.flatnonzero(column)}


def _equations(h: Matrix, joint: Interface) -> tuple[list[_Equation], dict[int, int]]:
    """Return the equations of a slice, and places of components that are amplitudes themselves."""
    M, r = joint.A.shape
    A, B = joint
    single = {
        int(np.flatnonzero(B[:, j])[0]): j
        for j in range(r)
        if np.count_nonzero(B[:, j]) == 1 and B[:, j].sum() == 1
    }
    negligible = _NEGLIGIBLE * max(1.0, float(np.abs(h).max(initial=0.0)))
    inside = np.where(np.abs(h) > negligible, h, 0.0)
    equations = []
    for k in range(M):
        unknowns = {number: -value for number, value in _entries(inside[k]).items()}
        unknowns |= {M + j: -value for j, value in _entries(A[k]).items()}
        known = {r + j: -value for j, value in _entries(B[k]).items()}
        equations.append(_Equation(k, {k: 1.0 + 0j}, unknowns, known))
    for j in range(r):
        if j not in single.values():
            unknowns = _entries(B[:, j].conj())
            equations.append(_Equation(-1, {}, unknowns, {j: -1.0 + 0j}))
    return equations, single


class _Order:
    """The order in which equations are taken: kept up to date as unknowns become known."""

    def __init__(self, equations: list[_Equation], known: dict[int, int], orbitals: int) -> None:
        self.equations, self._orbitals = equations, orbitals
        self.left = [{number for number in one.numbers if number not in known} for one in equations]
        self._users: dict[int, list[int]] = {}
        for q, left in enumerate(self.left):
            for number in left:
                self._users.setdefault(number, []).append(q)
        self.waiting = set(range(len(equations)))
        self._separated: set[int] = set()
        self._ready = [q for q in self.waiting if self._pivot(q) is not None]
        heapq.heapify(self._ready)
        self._last = 0

    def _pivot(self, q: int) -> int | None:
        """Return the single unknown of an equation, if it can be solved for."""
        if len(self.left[q]) != 1:
            return None
        (number,) = self.left[q]
        return number if self._solves(q, number) else None

    def _solves(self, q: int, number: int) -> bool:
        if q in self._separated:
            return True
        one = self.equations[q]
        largest = max(map(abs, one.unknowns.values()), default=0.0)
        # What E - eps multiplies may vanish.
        size = abs(one.unknowns.get(number, 0.0)) if number not in one.onsite else 0.0
        return size > _PIVOT * largest

    def becomes_known(self, number: int) -> None:
        """Strike an unknown from all equations."""
        for q in self._users.get(number, ()):
            self.left[q].discard(number)
            if q in self.waiting and self._pivot(q) is not None:
                heapq.heappush(self._ready, q)

    def next_step(self) -> tuple[int, int] | None:
        """Return an equation and the unknown that it gives; None if every one has several left."""
        while self._ready:
            q = heapq.heappop(self._ready)
            number = self._pivot(q) if q in self.waiting else None
            if number is not None:
                self.waiting.discard(q)
                self._last = q
                return q, number
        return None

    def separates(self) -> bool:
        """Replace equations of a site that hold as many unknowns by one for each of these, if any do."""
        shared: dict[tuple[int, frozenset[int]], list[int]] = {}
        for q in sorted(self.waiting):
            one, left = self.equations[q], frozenset(self.left[q])
            if one.component >= 0 and len(left) > 1 and not left & set(one.onsite):
                shared.setdefault((one.component // self._orbitals, left), []).append(q)
        able = [
            self._separate(members, sorted(left))
            for (_, left), members in shared.items()
            if len(members) == len(left)
        ]
        return any(able)

    def _separate(self, members: list[int], numbers: list[int]) -> bool:
        """Solve equations for their unknowns, if these have large coefficients."""
        given = [self.equations[q] for q in members]
        block = np.array([[one.unknowns.get(number, 0.0) for number in numbers] for one in given])
        largest = max(abs(value) for one in given for value in one.unknowns.values())
        if not np.linalg.svd(block, compute_uv=False)[-1] > _PIVOT * largest:
            return False
        for q, number, factors in zip(members, numbers, np.linalg.inv(block), strict=True):
            one = _sum(factors, given, self.equations[q].component)
            kept = {at: value for at, value in one.unknowns.items() if at not in numbers}
            self.equations[q] = one._replace(unknowns={**kept, number: 1.0 + 0j})
            self.left[q] = {number}
            # Pivots are compared with what the block held, not with what its inverse makes of it.
            self._separated.add(q)
            heapq.heappush(self._ready, q)
        return True

    def to_set_free(self) -> list[int]:
        """Return unknowns that leave an equation with the fewest others a single one."""
        open_ones = [q for q in self.waiting if self.left[q]]
        q = min(open_ones, key=lambda q: (len(self.left[q]), abs(q - self._last), q))
        able = [number for number in sorted(self.left[q]) if self._solves(q, number)]
        return sorted(self.left[q] - {able[-1]}) if able else sorted(self.left[q])


def peeled(h: Matrix, joint: Interface, orbitals: int = 1) -> Peeled | None:
    """Return the program of a slice, or None if too many unknowns would have to be free.

    Parameters
    ----------
    h : (M, M) complex array
        H inside the slice.
    joint : Interface
        Factors of its coupling to the next one.
    orbitals : int
        Components on each site, which have the same E - eps.
    """
    M, r = joint.A.shape
    equations, single = _equations(h, joint)
    order = _Order(equations, single, orbitals)
    unknown = set(range(M + r)) - set(single)
    taken: list[tuple[int, int]] = []
    free: list[int] = []
    while unknown:
        step = order.next_step()
        if step is not None:
            taken.append(step)
            found = [step[1]]
        elif orbitals > 1 and order.separates():
            continue
        elif not any(order.left[q] for q in order.waiting):
            # No equation holds what is left: v and h do not say what it is.
            return None
        else:
            found = order.to_set_free()
            free += found
            if len(free) > MOST_FREE:
                return None
        for number in found:
            unknown.discard(number)
            order.becomes_known(number)
    if len(order.waiting) != len(free):
        return None
    return _program(M, joint, equations, single, taken, free, sorted(order.waiting))


def _program(
    M: int,
    joint: Interface,
    equations: list[_Equation],
    single: dict[int, int],
    taken: list[tuple[int, int]],
    free: list[int],
    conditions: list[int],
) -> Peeled:
    """Return steps, in places, from equations in the order taken."""
    r = joint.A.shape[1]
    place = dict(single)
    place.update({number: 2 * r + n for n, number in enumerate(free)})
    steps: list[Step] = []
    for q, number in [*taken, *((q, -1) for q in conditions)]:
        one = equations[q]
        factor = -1 / one.unknowns[number] if number >= 0 else 1.0
        fixed = {at: factor * value for at, value in one.known.items()}
        for other, value in one.unknowns.items():
            if other != number:
                fixed[place[other]] = fixed.get(place[other], 0.0) + factor * value
        onsite = {place[k]: factor * value for k, value in one.onsite.items()}
        if number >= 0:
            place[number] = 2 * r + len(free) + len(steps)
        steps.append(Step(max(one.component, 0), fixed, onsite))
    ahead = [{place[M + j]: 1.0 + 0j} for j in range(r)]
    behind = [
        {place[k]: value.conjugate() for k, value in _entries(joint.A[:, j]).items()}
        for j in range(r)
    ]
    found = Peeled(r, len(free), steps, ahead + behind, layers=0)
    return found._replace(layers=_layers(found))


def _layers(program: Peeled) -> int:
    first = 2 * program.rank + program.free
    depth = [0] * program.places
    for n, step in enumerate(program.steps):
        before = max((depth[at] for at in step.fixed), default=0)
        depth[first + n] = max(before, max((depth[at] + 1 for at in step.onsite), default=0))
    return max(depth)
