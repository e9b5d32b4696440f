"""Gram-Schmidt on columns of lane vectors; see `projection` for how they lie in tiles.

The loss of orthogonality of the modified process is harmless on the way: all that counts is that the
columns stay far from dependent. Where the right lead is matched it counts (`skewed_tiles`). `dot_rows` of a plane define the inner product; the column
operations apply to all `rows`.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from qtcore.lanes import fma, larger, load, negative, splat, square_root, store
from qtcore.solve.kernel import ORTHONORMALISE_TILES, inner, kernel, named
from qtcore.solve.projection import BLOCK, TILE, project_tiles, tile_projector


@inner
def orthonormalise_real(x, t, columns, stride, dot_rows, rows, norms, first_norm):
    """Orthonormalise up to four real columns among themselves.

    Their squared norms behind the projections go to `norms` from number `first_norm` on.
    """
    for j in range(columns):
        u = (t + j) * stride
        for i in range(j):
            q = (t + i) * stride
            c = splat(0.0)
            for r in range(dot_rows):
                c = fma(load(x, q + r), load(x, u + r), c)
            c = negative(c)
            for r in range(rows):
                store(x, u + r, fma(c, load(x, q + r), load(x, u + r)))
        square = splat(0.0)
        for r in range(dot_rows):
            a = load(x, u + r)
            square = fma(a, a, square)
        store(norms, first_norm + j, square)
        inverse = splat(1.0) / square_root(square)
        for r in range(rows):
            store(x, u + r, load(x, u + r) * inverse)


@inner
def _squared_norm(x, u, v, rows):
    """Return the squared norm of the complex column whose parts start at vectors u and v."""
    even, odd = splat(0.0), splat(0.0)
    for r in range(rows):
        a, b = load(x, u + r), load(x, v + r)
        even, odd = fma(a, a, even), fma(b, b, odd)
    return even + odd


@inner
def orthonormalise_complex(x, t, columns, stride, dot_rows, rows, norms, first_norm):
    """Orthonormalise up to two complex columns among themselves; see `orthonormalise_real`.

    Returns what the first column was multiplied by to be added to the second one (real part,
    imaginary part), and what each was multiplied by at last.
    """
    minus_re, minus_im = splat(0.0), splat(0.0)
    first_inverse, inverse = splat(1.0), splat(1.0)
    for j in range(columns):
        u = (t + 2 * j) * stride
        v = u + stride
        if j == 1:
            q = t * stride
            p = q + stride
            rr = ii = ri = ir = splat(0.0)
            for r in range(dot_rows):
                a, b = load(x, q + r), load(x, p + r)
                c, d = load(x, u + r), load(x, v + r)
                rr, ii, ri, ir = fma(a, c, rr), fma(b, d, ii), fma(a, d, ri), fma(b, c, ir)
            minus_re, im = negative(rr + ii), ri - ir
            minus_im = negative(im)
            for r in range(rows):
                a, b = load(x, q + r), load(x, p + r)
                store(x, u + r, fma(a, minus_re, fma(b, im, load(x, u + r))))
                store(x, v + r, fma(a, minus_im, fma(b, minus_re, load(x, v + r))))
        square = _squared_norm(x, u, v, dot_rows)
        store(norms, first_norm + j, square)
        inverse = splat(1.0) / square_root(square)
        if j == 0:
            first_inverse = inverse
        for r in range(rows):
            store(x, u + r, load(x, u + r) * inverse)
            store(x, v + r, load(x, v + r) * inverse)
    return minus_re, minus_im, first_inverse, inverse


@kernel(ORTHONORMALISE_TILES, tile_projector)
def tile_orthonormaliser(x, is_real, tiles, columns, stride, dot_rows, rows, norms):
    """Orthonormalise the columns of the first `tiles` tiles; their squared norms go to `norms`."""
    per_tile = 4 if is_real else 2
    for block in range(0, tiles, BLOCK):
        end = min(block + BLOCK, tiles)
        project_tiles((x, is_real, 0, block, block, end, stride, dot_rows, rows))
        for tile in range(block, end):
            t, number = tile * TILE, per_tile * tile
            left = min(per_tile, columns - number)
            if is_real:
                orthonormalise_real(x, t, left, stride, dot_rows, rows, norms, number)
            else:
                orthonormalise_complex(x, t, left, stride, dot_rows, rows, norms, number)
            if tile + 1 < end:
                only = tile, tile + 1, tile + 1, end
                project_tiles((x, is_real, *only, stride, dot_rows, rows))


orthonormalise_tiles = named(tile_orthonormaliser)
"""Calls it with a tuple of its arguments."""


@inner
def squared_norms(x, t, columns, stride, rows, norms, first_norm):
    """Store the squared norms of up to two complex columns and return the larger."""
    u0 = t * stride
    v0, u1, v1 = u0 + stride, u0 + 2 * stride, u0 + 3 * stride
    re0 = im0 = re1 = im1 = splat(0.0)
    for r in range(rows):
        a, b, c, d = load(x, u0 + r), load(x, v0 + r), load(x, u1 + r), load(x, v1 + r)
        re0, im0, re1, im1 = fma(a, a, re0), fma(b, b, im0), fma(c, c, re1), fma(d, d, im1)
    first, second = re0 + im0, re1 + im1
    store(norms, first_norm, first)
    if columns > 1:
        store(norms, first_norm + 1, second)
    # A column that only fills up the tile is zero and never the larger one.
    return larger(first, second)


@inner
def skewed_tiles(x, columns, stride, rows):
    """Return the largest |q^+ q'|² of two complex columns in a tile that have been made orthonormal.

    What a tile has of another column is found for both of its columns at once. If they were nearly
    parallel rounding errors left them skewed, and the one takes by as much of what belongs to the
    other.
    """
    largest = splat(0.0)
    for j in range(0, columns - 1, 2):
        q = 2 * j * stride
        p, u = q + stride, q + 2 * stride
        v = u + stride
        re = im = splat(0.0)
        for r in range(rows):
            a, b = load(x, q + r), load(x, p + r)
            c, d = load(x, u + r), load(x, v + r)
            re, im = fma(a, c, fma(b, d, re)), fma(a, d, fma(negative(b), c, im))
        largest = larger(largest, fma(re, re, im * im))
    return largest
