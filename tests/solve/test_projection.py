"""Projection of tiles: rows at a time and tiles together change no bit, and what is left is right."""

import numpy as np
import pytest

from qtcore.compiled import njit
from qtcore.lanes import aligned
from qtcore.solve import projection
from qtcore.solve.kernel import PROJECT_TILES, caller
from qtcore.solve.projection import BLOCK, NARROW, ROWS, TILE
from qtcore.units import LANES

SOURCES, DOT_ROWS, ROWS_IN_ALL = 3, NARROW + ROWS + 5, NARROW + ROWS + 12
STRIDE = ROWS_IN_ALL + 3


_project_tiles = caller(PROJECT_TILES)


@njit(nogil=True, error_model="numpy")
def together(x, is_real, address):
    """Remove the sources from a block of tiles behind them."""
    targets = SOURCES, SOURCES + BLOCK
    _project_tiles(address, (x, is_real, 0, SOURCES, *targets, STRIDE, DOT_ROWS, ROWS_IN_ALL))


@njit(nogil=True, error_model="numpy")
def one_by_one(x, is_real):
    """Do the same tile by tile, all rows at once."""
    for tile in range(SOURCES, SOURCES + BLOCK):
        for source in range(SOURCES):
            pair = source * TILE, tile * TILE, STRIDE, DOT_ROWS, ROWS_IN_ALL
            if is_real:
                projection._project_real(x, *pair)
            else:
                projection.project_complex(x, *pair)


@pytest.mark.parametrize("is_real", [True, False])
def test_rows_at_a_time_change_no_bit_and_nothing_of_the_sources_is_left(is_real):
    rng = np.random.default_rng(1)
    tiles = SOURCES + BLOCK
    planes = rng.standard_normal((tiles * TILE, STRIDE, LANES))
    columns = SOURCES * TILE // (1 if is_real else 2)
    for lane in range(LANES):
        # The rows that define the inner product are those of orthonormal columns.
        shape = DOT_ROWS, columns
        some = rng.standard_normal(shape) + (0 if is_real else 1j * rng.standard_normal(shape))
        Q = np.linalg.qr(some)[0].T
        parts = Q if is_real else np.stack([Q.real, Q.imag], axis=1).reshape(-1, DOT_ROWS)
        planes[: SOURCES * TILE, :DOT_ROWS, lane] = parts
    found, plain = aligned(planes.size // LANES), aligned(planes.size // LANES)
    found[:] = plain[:] = planes.ravel()
    together(found, is_real, projection.tile_projector.address)
    one_by_one(plain, is_real)
    assert np.array_equal(found, plain)
    after = found.reshape(planes.shape)
    assert np.array_equal(after[: SOURCES * TILE], planes[: SOURCES * TILE])
    assert np.array_equal(after[:, ROWS_IN_ALL:], planes[:, ROWS_IN_ALL:])
    before = planes if is_real else planes[0::2] + 1j * planes[1::2]
    after = after if is_real else after[0::2] + 1j * after[1::2]
    for lane in range(LANES):
        Q, T = before[:columns, :, lane], before[columns:, :, lane]
        shares = T[:, :DOT_ROWS] @ Q[:, :DOT_ROWS].conj().T
        expected = T[:, :ROWS_IN_ALL] - shares @ Q[:, :ROWS_IN_ALL]
        assert np.abs(after[columns:, :ROWS_IN_ALL, lane] - expected).max() < 1e-12
