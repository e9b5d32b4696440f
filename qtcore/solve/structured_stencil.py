"""One slice more of a strip that is plain but for some slices, which structure changes.

Plain slices go as those of `stencil`, as many at once as there are in a row; the changed ones as
those of `random_stencil`, with entries that all lanes share (`fixed_hopping`). The latest slice is
held as w_{n+1} = v_n psi_{n+1}, which is psi_{n+1} where the bonds ahead are plain.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.kernel import ADVANCE, always_inner, inner, kernel
from qtcore.solve.projection import TILE
from qtcore.solve.stencil import advance_real


@inner
def _alike(changed, n, stop):
    """Return up to which slice, at most `stop`, slices are all plain or all changed, and which."""
    if len(changed) == 1:
        return stop, False
    first = changed[0]
    is_changed = changed[1 + n - first] != 0
    while n < stop and (changed[1 + n - first] != 0) == is_changed:
        n += 1
    return n, is_changed


@always_inner
def _minus_shared(x, planes, half, rows, first, r, sums):
    """Return two complex numbers less row r of a pattern times two complex columns.

    The entries of a slice begin at number `first`.
    """
    starts, columns, values = rows.starts, rows.columns, rows.values
    u, v, w, z = planes
    a, b, c, d = sums
    for entry in range(starts[r], starts[r + 1]):
        j = half + columns[entry]
        re, im = splat(values[first + entry, 0]), splat(values[first + entry, 1])
        minus_re, minus_im = negative(re), negative(im)
        p, q = load(x, u + j), load(x, v + j)
        a = fma(minus_re, p, fma(im, q, a))
        b = fma(minus_re, q, fma(minus_im, p, b))
        p, q = load(x, w + j), load(x, z + j)
        c = fma(minus_re, p, fma(im, q, c))
        d = fma(minus_re, q, fma(minus_im, p, d))
    return a, b, c, d


@inner
def _complex_slice(x, planes, here, there, slot, M, medium, onsite, at):
    """Advance two complex columns by a changed slice; v_{n-1} couples straight ahead."""
    h, v_dagger, v_inverse = medium.h, medium.v_dagger, medium.v_inverse
    zero = splat(0.0)
    none, own = (zero, zero, zero, zero), slot * M
    for r in range(M):
        # psi_n = v_{n-1}^-1 w_n: each site by itself.
        a, b, c, d = _minus_shared(x, planes, here, v_inverse, own, r, none)
        store(x, planes[0] + here + r, negative(a))
        store(x, planes[1] + here + r, negative(b))
        store(x, planes[2] + here + r, negative(c))
        store(x, planes[3] + here + r, negative(d))
    first = slot * len(h.columns)
    for r in range(M):
        e = load(onsite, at + r)
        a, b = e * load(x, planes[0] + here + r), e * load(x, planes[1] + here + r)
        c, d = e * load(x, planes[2] + here + r), e * load(x, planes[3] + here + r)
        sums = _minus_shared(x, planes, here, h, first, r, (a, b, c, d))
        a, b, c, d = _minus_shared(x, planes, there, v_dagger, own, r, sums)
        store(x, planes[0] + there + r, a)
        store(x, planes[1] + there + r, b)
        store(x, planes[2] + there + r, c)
        store(x, planes[3] + there + r, d)


@kernel(ADVANCE)
def advance_structured(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance complex columns; the patterns are those of `fixed_hopping`."""
    M, stride, changed = shape.width, shape.stride, medium.changed
    tiles, last = shape.fast_tiles + shape.slow_tiles, run.first + run.slices
    n = run.first
    while n < last:
        stop, is_changed = _alike(changed, n, last)
        parity = (run.parity + n - run.first) % 2
        at = run.onsite + (n - run.first) * M
        if not is_changed:
            planes = tiles * TILE
            advance_real(x, 0, planes, stride, M, parity, stop - n, onsite, at, medium.periodic)
        else:
            slot = changed[1 + n - changed[0]] - 1
            for tile in range(tiles):
                start = tile * TILE * stride
                four = (start, start + stride, start + 2 * stride, start + 3 * stride)
                here, there = parity * M, (1 - parity) * M
                for s in range(stop - n):
                    _complex_slice(x, four, here, there, slot + s, M, medium, onsite, at + s * M)
                    here, there = there, here
        n = stop


@always_inner
def _minus_real(x, planes, half, rows, first, r, sums):
    """Return four real numbers less row r of a pattern, real parts alone, times four planes."""
    starts, columns, values = rows.starts, rows.columns, rows.values
    a, b, c, d = sums
    for entry in range(starts[r], starts[r + 1]):
        j = half + columns[entry]
        minus = splat(-values[first + entry, 0])
        a = fma(minus, load(x, planes[0] + j), a)
        b = fma(minus, load(x, planes[1] + j), b)
        c = fma(minus, load(x, planes[2] + j), c)
        d = fma(minus, load(x, planes[3] + j), d)
    return a, b, c, d


@inner
def _real_slice(x, planes, here, there, slot, M, medium, onsite, at):
    """Advance four real planes by a changed slice; v_{n-1} couples straight ahead."""
    h, v_dagger, v_inverse = medium.h, medium.v_dagger, medium.v_inverse
    own, first = slot * M, slot * len(h.columns)
    for r in range(M):
        inverse = splat(v_inverse.values[own + r, 0])
        for plane in planes:
            store(x, plane + here + r, inverse * load(x, plane + here + r))
    for r in range(M):
        e = load(onsite, at + r)
        a, b = e * load(x, planes[0] + here + r), e * load(x, planes[1] + here + r)
        c, d = e * load(x, planes[2] + here + r), e * load(x, planes[3] + here + r)
        sums = _minus_real(x, planes, here, h, first, r, (a, b, c, d))
        a, b, c, d = _minus_real(x, planes, there, v_dagger, own, r, sums)
        store(x, planes[0] + there + r, a)
        store(x, planes[1] + there + r, b)
        store(x, planes[2] + there + r, c)
        store(x, planes[3] + there + r, d)


@kernel(ADVANCE)
def advance_structured_real(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance all columns where structure is real: fast ones are real, slow ones complex."""
    M, stride, changed = shape.width, shape.stride, medium.changed
    live = (shape.fast + 1) // 2 * 2
    tiles, last = shape.fast_tiles + shape.slow_tiles, run.first + run.slices
    n = run.first
    while n < last:
        stop, is_changed = _alike(changed, n, last)
        parity = (run.parity + n - run.first) % 2
        at, count = run.onsite + (n - run.first) * M, stop - n
        if not is_changed:
            for first, planes in ((0, live), (shape.fast_tiles * TILE, 2 * shape.slow)):
                advance_real(
                    x, first, planes, stride, M, parity, count, onsite, at, medium.periodic
                )
        else:
            slot = changed[1 + n - changed[0]] - 1
            for tile in range(tiles):
                start = tile * TILE * stride
                four = (start, start + stride, start + 2 * stride, start + 3 * stride)
                here, there = parity * M, (1 - parity) * M
                for s in range(count):
                    _real_slice(x, four, here, there, slot + s, M, medium, onsite, at + s * M)
                    here, there = there, here
        n = stop
