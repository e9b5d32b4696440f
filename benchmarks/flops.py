"""Flops of the transfer solver, counted from its algorithm.

A fused multiply-add counts two, an addition or a product one; random numbers, the padding of
columns to tiles, square roots and divisions do not count. Per realization, with M sites across,
N slow (open, complex) and F = M - N fast (closed) columns, which are real without a field:

==========  =====================================================================================
stencil     per slice and site 4 in a real plane (one fused multiply-add, two additions), with a
            field 16 in a complex column
look        Gram-Schmidt of the fast columns, 2 M rows; their projection out of the slow ones
renewal     Gram-Schmidt of the slow columns, and the same operations on triangular P
closing     expansion of all columns in the lead's modes (incoming A of M rows, outgoing B of N
            rows), Gram-Schmidt of A with B and P along, and the sums |t|², |r|²
==========  =====================================================================================
"""

from dataclasses import dataclass

import numpy as np

import qtcore as qt
from qtcore.solve.scattering import wire_modes
from qtcore.solve.transfer import transfer


@dataclass(frozen=True)
class Work:
    """What one realization went through, on average."""

    slices: int
    closings: int
    looks: float
    renewals: float


def performed(
    wire: qt.Wire, energy: float, lengths: list[int], realizations: range, seed: int
) -> Work:
    """Solve an ensemble and return the work per realization."""
    groups = sorted({number // qt.solve.LANES for number in realizations})
    modes = wire_modes(wire, energy)
    found = transfer(wire, modes, energy, lengths, groups, seed)
    looks, renewals = found.renewals.mean(axis=0)
    return Work(max(lengths), len(lengths), float(looks), float(renewals))


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


def transfer_flops(width: int, channels: int, work: Work, in_field: bool) -> dict[str, float]:
    """Return the flops of one realization, part by part."""
    M, N = width, channels
    F, A_and_B = M - N, M + N
    # A real fast column on a complex slow one costs what two pairs of real columns do.
    pair = 8 * 4 * M if in_field else 2 * 2 * 4 * M
    planes = 2 * N + F
    if in_field:
        stencil = 16 * M * (N + F)
        expansion = 8 * A_and_B * 2 * M * (N + F)
    else:
        stencil = 4 * M * planes
        # Sine transforms of both slices, then two products of a complex and a real number a row.
        expansion = 2 * M * 2 * M * planes + A_and_B * 6 * planes
    look = gram_schmidt(F, 2 * M, 2 * M, in_field) + N * F * pair + 8 * M * N
    renewal = gram_schmidt(N, 2 * M, 2 * M, True) + triangular_along(N)
    closing = (
        expansion
        + gram_schmidt(N + F, M, A_and_B, True)
        + triangular_along(N)
        + 8 * N * N * (N + 1) / 2  # |t|²: triangular P times N open rows of A
        + 8 * N * M * F
        + 4 * N * M  # |r|²: all of B, less B times the closed rows of A
    )
    return {
        "stencil": float(stencil * work.slices),
        "looks": look * work.looks,
        "renewals": renewal * work.renewals,
        "closings": closing * work.closings,
    }
