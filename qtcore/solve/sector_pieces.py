"""A wire as one piece for each sector of a quantity that all of it conserves.

Then nothing passes from one sector to another, and each is a wire of its own with the same disorder
by address, whose ln g is known at any depth.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.pencil import Matrix
from qtcore.solve.portions import Portion, of_piece
from qtcore.solve.rotation import rotated_slices
from qtcore.solve.sectors import Sectors, is_conserved
from qtcore.solve.separation import Kind, Piece, piece_of, restricted, thinner_slices

_COMMUTE = 1e-13
"""Element of a commutator, relative to its factors, that is rounding error."""


def sector_portions(
    wire: Wire, blocks: Matrix | None, sectors: Sectors, energy: float, absorption: float
) -> list[Portion | None] | None:
    """Return what is solved of a wire for each sector, None in it for one without open channels.

    None if the sample does not conserve the quantity, or the wire is better solved as a whole: where
    rounding errors of the energy count, as close to a threshold.

    Parameters
    ----------
    wire : Wire
        The wire, whose leads conserve the quantity.
    blocks : (site, k, k) complex array or None
        The quantity on each site of the sample; None if it connects sites.
    sectors : Sectors
        Its eigenspaces in the leads.
    energy, absorption : float
        Units of t.
    """
    # Pieces see a potential that is the same for all orbitals of a site.
    is_scalar = wire.site_matrices is None
    keeps = is_scalar and keeps_sectors(wire, blocks, sectors)
    pieces = _pieces(wire, blocks, sectors) if keeps else None
    if pieces is None:
        return None
    found = []
    for piece, is_exact in pieces:
        portion, is_clear = of_piece(piece, energy, absorption)
        if not (is_clear or is_exact):
            return None
        found.append(portion)
    return found


def keeps_sectors(wire: Wire, blocks: Matrix | None, sectors: Sectors) -> bool:
    """Return whether a sample conserves what its leads do, so that nothing leaves its sector."""
    if blocks is None or any(kind.spin for kind in wire.bond_disorders):
        return False
    if wire.site_matrices is not None and not _commute(wire.site_matrices.matrices, blocks):
        return False
    return _is_conserved_in(wire.slices(), blocks, sectors)


def _pieces(wire: Wire, blocks: Matrix | None, sectors: Sectors) -> list[tuple[Piece, bool]] | None:
    """Return a piece for each sector, and whether its matrices are those of the wire to the last bit."""
    assert blocks is not None
    slices = wire.slices()
    alike = bool((blocks == blocks[0]).all())
    if not (alike or slices.uniform):
        return None
    U, block = _orbitals(blocks[:1] if alike else blocks, sectors)
    is_diagonal = np.array_equal(U, np.broadcast_to(np.eye(U.shape[1]), U.shape))
    turned = slices if is_diagonal else rotated_slices(slices, U)
    M = len(slices.h)
    of_sample = np.resize(block, M)
    of_lead = np.resize(block, len(slices.lead_h))
    found = []
    for sector in range(len(sectors.values)):
        own, lead = (np.flatnonzero(one == sector) for one in (of_sample, of_lead))
        if not len(own) or not turned.lead_v[np.ix_(lead, lead)].any():
            return None
        given, places = restricted(turned, own, lead)
        thin = thinner_slices(given)
        piece = piece_of(wire, thin or given, places, Kind(sector, 1, None))
        if wire.random_hopping and piece.plain is None:
            return None
        found.append((piece, is_diagonal and thin is None))
    return found


def _commute(matrices: Matrix, blocks: Matrix) -> bool:
    """Return whether matrices of disorder (field, k, k) conserve the quantity on every site."""
    size = np.abs(matrices).max(axis=(1, 2), keepdims=True)
    scaled = (matrices / size)[:, None]
    off = np.abs(scaled @ blocks - blocks @ scaled).max()
    return bool(off <= _COMMUTE * np.abs(blocks).max())


def _is_conserved_in(slices: Slices, blocks: Matrix, sectors: Sectors) -> bool:
    """Return whether the clean sample and its contacts conserve the quantity, as the leads do."""
    sites, k, _ = blocks.shape
    Q = np.zeros((sites, k, sites, k), dtype=np.complex128)
    Q[np.arange(sites), :, np.arange(sites), :] = blocks
    inside = Q.reshape(sites * k, sites * k)
    size = max(float(np.abs(one).max()) for one in (slices.h, slices.v, slices.lead_v))
    if np.array_equal(inside, np.diag(np.diagonal(inside))):
        size = 0.0  # nothing is rounded: the smallest coupling is one
    pairs = [
        (inside, slices.h, inside),
        (inside, slices.v, inside),
        (sectors.matrix, slices.left_contact, inside),
        (inside, slices.right_contact, sectors.matrix),
    ]
    return all(is_conserved(one, H, size, other) for one, H, other in pairs)


def _orbitals(blocks: Matrix, sectors: Sectors) -> tuple[NDArray[np.complex128], NDArray[np.intp]]:
    """Return the orbitals of each site that belong to one sector, and the sector of each component."""
    unitary, numbers = [], []
    for block in blocks:
        if np.array_equal(block, np.diag(np.diagonal(block))):  # nothing is rounded then
            level, vectors = np.diagonal(block).real, np.eye(len(block), dtype=np.complex128)
        else:
            level, vectors = np.linalg.eigh(block)
        numbers.append(np.abs(level[:, None] - np.array(sectors.values)).argmin(axis=1))
        unitary.append(vectors)
    return np.stack(unitary).astype(np.complex128), np.concatenate(numbers)
