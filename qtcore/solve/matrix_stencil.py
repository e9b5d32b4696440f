"""One slice more where disorder acts on the orbitals of a site as a matrix.

v psi_{n+1} = (E - h - m_n) psi_n - v^+ psi_{n-1}, as in `sparse_stencil`: h and v are the same in all
slices and samples, and only the blocks m_n on the sites are not. They come in the place of the
potential (`SiteMatrices.elements`): E less the diagonal, then less the elements above it, real and
imaginary parts.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from qtcore.lanes import fma, load, negative, store
from qtcore.solve.kernel import ADVANCE, always_inner, kernel
from qtcore.solve.projection import TILE
from qtcore.solve.sparse_stencil import minus_products, products_of_rows


@always_inner
def _add_product(x, planes, j, re, im, sums):
    """Return two complex numbers plus an element times two complex columns."""
    u, v, w, z = planes
    a, b, c, d = sums
    minus_im = negative(im)
    p, q = load(x, u + j), load(x, v + j)
    a = fma(re, p, fma(minus_im, q, a))
    b = fma(re, q, fma(im, p, b))
    p, q = load(x, w + j), load(x, z + j)
    c = fma(re, p, fma(minus_im, q, c))
    d = fma(re, q, fma(im, p, d))
    return a, b, c, d


@always_inner
def _on_site(x, planes, here, r, k, onsite, above, sums):
    """Add the elements beside the diagonal of row r; those of its site begin at `above`."""
    row, base = r % k, r - r % k
    for column in range(k):
        if column == row:
            continue
        low, high = min(row, column), max(row, column)
        # Number of the pair in the order of `np.triu_indices`.
        place = above + 2 * (low * k - low * (low + 1) // 2 + high - low - 1)
        im = load(onsite, place + 1)
        if row > column:
            im = negative(im)
        sums = _add_product(x, planes, here + base + column, load(onsite, place), im, sums)
    return sums


@kernel(ADVANCE)
def advance_matrices(x, shape, run, onsite, medium, scratch):
    """Advance tiles of two complex columns; `scratch` has room for 4 M vectors."""
    M, stride = shape.width, shape.stride
    parity, slices, d, per_slice = run.parity, run.slices, run.onsite, medium.sites
    k, h, v_dagger = medium.orbitals, medium.h, medium.v_dagger
    for tile in range(shape.fast_tiles + shape.slow_tiles):
        first = tile * TILE * stride
        planes = (first, first + stride, first + 2 * stride, first + 3 * stride)
        here, there = parity * M, (1 - parity) * M
        for n in range(slices):
            start = d + n * per_slice
            for r in range(M):
                e = load(onsite, start + r)
                at = here + r
                sums = (
                    e * load(x, planes[0] + at),
                    e * load(x, planes[1] + at),
                    e * load(x, planes[2] + at),
                    e * load(x, planes[3] + at),
                )
                above = start + M + (k - 1) * k * (r // k)
                sums = _on_site(x, planes, here, r, k, onsite, above, sums)
                sums = minus_products(x, planes, here, h, r, sums)
                sums = minus_products(x, planes, there, v_dagger, r, sums)
                store(scratch, r, negative(sums[0]))
                store(scratch, M + r, negative(sums[1]))
                store(scratch, 2 * M + r, negative(sums[2]))
                store(scratch, 3 * M + r, negative(sums[3]))
            products_of_rows(x, planes, there, M, medium.v_inverse, scratch)
            here, there = there, here
