"""Flops of the transfer solver, counted from its algorithm.

A fused multiply-add counts two, an addition or a product one; random numbers, the padding of
columns to tiles, square roots and divisions do not count. Per realization, with M sites across,
N slow (open, complex) and F = M - N fast (closed) columns, which are real where v = 1, h is real:

==========  =====================================================================================
stencil     per slice and element: of a strip 4 in a real plane (one fused multiply-add, two
            additions), with a field 16 in a complex column; else for every entry in the rows of h
            and, unless v = 1, of v^+ and v^-1: 2 in a real plane, in a complex column 4 if the
            entry is real or imaginary and 8 if not; where slices are peeled the same for every
            term of the steps, and M is the rank of v
look        Gram-Schmidt of the fast columns, 2 M rows; their projection out of the slow ones
renewal     Gram-Schmidt of the slow columns, and the same operations on triangular P
closing     expansion of all columns in the lead's modes (incoming A of M rows, outgoing B of N
            rows), Gram-Schmidt of A with B and P along, and the sums |t|², |r|²
==========  =====================================================================================
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import qtcore as qt
from qtcore.solve.certified import tightness_of
from qtcore.solve.choice import choose
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.joined import is_singular, joined
from qtcore.solve.peeling import Peeled
from qtcore.solve.portions import portions
from qtcore.solve.transfer import Member, transfer_family

PARTS = ("stencil", "looks", "renewals", "closings")
"""What flops are counted of."""


@dataclass(frozen=True)
class Work:
    """What one realization went through, on average, in all independent parts of its wire."""

    slices: int
    closings: int
    looks: float
    renewals: float


def counted(
    wire: qt.Wire,
    energy: float,
    lengths: list[int],
    realizations: range,
    seed: int,
    tolerance: float | None = None,
) -> tuple[Work, dict[str, float]] | None:
    """Solve an ensemble; return the work and the flops per realization, part by part.

    All independent parts of a wire that are solved count; what is equal to another one is not. None
    if one of them is not for the transfer solver.
    """
    ensemble = Ensemble(lengths, realizations, seed, tolerance=tolerance)
    looks, renewals, flops = 0.0, 0.0, dict.fromkeys(PARTS, 0.0)
    for one in portions(wire, energy):
        if choose(one.wire).method != "transfer":
            return None
        member = Member(one.wire, one.modes, one.energy)
        (found,) = transfer_family([member], ensemble, ensemble.groups, tightness_of(ensemble))
        own_looks, own_renewals = (float(mean) for mean in found.renewals.mean(axis=0))
        work = Work(max(lengths), len(lengths), own_looks, own_renewals)
        for part, number in transfer_flops(one.wire, one.modes.channels, work).items():
            flops[part] += number
        looks, renewals = looks + own_looks, renewals + own_renewals
    return Work(max(lengths), len(lengths), looks, renewals), flops


def gram_schmidt(columns: int, dot_rows: int, rows: int, is_complex: bool) -> float:
    """Return the flops of orthonormalising columns; scalar products use `dot_rows` of `rows`."""
    pairs = columns * (columns - 1) / 2
    if is_complex:
        return pairs * 8 * (dot_rows + rows) + columns * (4 * dot_rows + 2 * rows)
    return pairs * 2 * (dot_rows + rows) + columns * (2 * dot_rows + rows)


def triangular_along(slow: int) -> float:
    """Return the flops that the Gram-Schmidt of slow columns costs on triangular P."""
    column = np.arange(1, slow + 1)
    return float(np.sum(8 * (slow - column) * column + 2 * column))


def entry_flops(matrix: NDArray[np.complexfloating]) -> float:
    """Return the flops of a sparse matrix times one complex column."""
    entries = matrix[matrix != 0]
    mixed = (entries.real != 0) & (entries.imag != 0)
    return float(4 * len(entries) + 4 * mixed.sum())


def stencil_flops(wire: qt.Wire, channels: int, is_real: bool) -> float:
    """Return the flops of one slice, on all columns."""
    slices = wire.slices()
    M, N = len(slices.h), channels
    planes = M + N if is_real else 2 * M
    if wire.strip is not None:
        return float(4 * M * planes if is_real else 16 * M * M)
    if is_real:
        # The on-site term and psi_{n-1} in one fused multiply-add.
        return float((2 * np.count_nonzero(slices.h) + 2 * M) * planes)
    column = 4 * M + entry_flops(slices.h)
    if np.array_equal(slices.v, np.eye(M)):
        return float((column + 2 * M) * M)
    matrices = (slices.v.conj().T, np.linalg.inv(slices.v).round(14))
    return float((column + sum(entry_flops(v) for v in matrices)) * M)


def peeled_flops(program: Peeled, channels: int, is_real: bool) -> float:
    """Return the flops of one slice that is peeled, on all columns."""
    columns = program.rank + channels if is_real else program.rank
    rows = [terms for step in program.steps for terms in (step.fixed, step.onsite)]
    terms = np.array([value for row in (*rows, *program.out) for value in row.values()])
    answers = program.free * (program.free + 2 * program.rank)
    if is_real:
        return float(2 * (len(terms) + answers) * columns)
    return float((entry_flops(terms) + 8 * answers) * columns)


def transfer_flops(wire: qt.Wire, channels: int, work: Work) -> dict[str, float]:
    """Return the flops of one realization, part by part."""
    slices = wire.slices()
    M, N = len(slices.h), channels
    peeled = joined(slices) if wire.strip is None and is_singular(slices) else None
    plain = peeled is not None or np.array_equal(slices.v, np.eye(M))
    is_real = plain and not (slices.h.imag.any() or slices.v.imag.any())
    if peeled is not None:
        M = peeled.programs[0].rank
    F, A_and_B = M - N, M + N
    # A real fast column on a complex slow one costs what two pairs of real columns do.
    pair = 2 * 2 * 4 * M if is_real else 8 * 4 * M
    if is_real and peeled is not None:
        # Products of complex weights and real numbers.
        expansion = 4 * A_and_B * 2 * M * (2 * N + F)
    elif is_real:
        # Transverse components of both slices, then two products of a complex and a real number.
        expansion = (2 * M * 2 * M + A_and_B * 6) * (2 * N + F)
    else:
        expansion = 8 * A_and_B * 2 * M * (N + F)
    look = gram_schmidt(F, 2 * M, 2 * M, not is_real) + N * F * pair + 8 * M * N
    renewal = gram_schmidt(N, 2 * M, 2 * M, True) + triangular_along(N)
    closing = (
        expansion
        + gram_schmidt(N + F, M, A_and_B, True)
        + triangular_along(N)
        + 8 * N * N * (N + 1) / 2  # |t|²: triangular P times N open rows of A
        + 8 * N * M * F
        + 4 * N * M  # |r|²: all of B, less B times the closed rows of A
    )
    if peeled is None:
        stencil = stencil_flops(wire, N, is_real)
    else:
        stencil = sum(peeled_flops(program, N, is_real) for program in peeled.programs)
    return {
        "stencil": stencil * work.slices,
        "looks": look * work.looks,
        "renewals": renewal * work.renewals,
        "closings": closing * work.closings,
    }
