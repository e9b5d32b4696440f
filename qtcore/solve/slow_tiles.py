"""Columns kept apart in kernels that are called once for many slices; see `orthogonal` and `renewal`."""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from qtcore.lanes import LANES
from qtcore.solve.kernel import PROJECT_TILES, caller, inner
from qtcore.solve.orthogonal import orthonormalise_complex
from qtcore.solve.projection import BLOCK, TILE

_project_tiles = caller(PROJECT_TILES)


@inner
def spread(norms, count):
    """Return the ratio of the largest to the least of `count` norms, of which squares are given."""
    most, least = 1.0, 1.0
    for lane in range(LANES):
        for j in range(count):
            square = norms[j * LANES + lane]
            if not (square <= most):
                most = square
            least = min(least, square)
    return math.sqrt(most / least)


@inner
def orthonormalise_slow(x, project, first_tile, slow, stride, dot_rows, after):
    """Orthonormalise complex columns from a tile on; the squared norms that are left go to `after`.

    `project` is the address of `projection.tile_projector`.
    """
    tiles, same = (slow + 1) // 2, (stride, dot_rows, stride)
    for block in range(0, tiles, BLOCK):
        end = min(block + BLOCK, tiles)
        first, last = first_tile + block, first_tile + end
        _project_tiles(project, (x, False, first_tile, first, first, last, *same))
        for tile in range(block, end):
            t, columns = first_tile + tile, min(2, slow - 2 * tile)
            orthonormalise_complex(x, t * TILE, columns, *same, after, 2 * tile)
            if tile + 1 < end:
                _project_tiles(project, (x, False, t, t + 1, t + 1, last, *same))
