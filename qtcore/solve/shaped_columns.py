"""Columns that end and begin where sites do, in lanes.

A site without a successor leaves an equation that no unknown answers: the sum over columns of what would
be on the successor must be zero. All columns are turned (a Householder reflection, without a pivot)
until one of them alone has something there. The others keep what they had, and that one is dropped.

See `projection` for how columns lie in planes.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from qtcore.lanes import element, fma, larger, load, negative, splat, square_root, store
from qtcore.solve.kernel import always_inner, inner

_ANY = 2.0**-500
"""Tells a sign from none: a number of zero counts as positive."""


@inner
def _sign_of(a):
    """Return 1 or -1."""
    a = a + splat(_ANY)
    return a / larger(a, negative(a))


@always_inner
def _four(vectors, at):
    """Load four vectors that follow each other."""
    return load(vectors, at), load(vectors, at + 1), load(vectors, at + 2), load(vectors, at + 3)


@inner
def size_in_row(x, first, planes, stride, row):
    """Return the sum of the squares of what planes have in a row."""
    total = splat(0.0)
    for p in range(first, first + planes):
        a = load(x, p * stride + row)
        total = fma(a, a, total)
    return total


@inner
def turn_real(x, planes, stride, row, rows, factors, sums):
    """Turn the first planes, real columns, so that the last one alone has something in a row.

    `rows` are the numbers of all rows that are not zero everywhere.
    """
    square = size_in_row(x, 0, planes, stride, row)
    size = square_root(square)
    last = load(x, (planes - 1) * stride + row)
    sign = _sign_of(last)
    for j in range(planes):
        store(factors, j, load(x, j * stride + row))
    store(factors, planes - 1, last + sign * size)
    scale = negative(splat(1.0) / fma(size, sign * last, square))
    count = len(rows)
    for k in range(count):
        store(sums, k, splat(0.0))
    for j in range(0, planes - 1, 2):
        at, v, w = j * stride, load(factors, j), load(factors, j + 1)
        for k in range(count):
            r = at + element(rows, k)
            found = fma(w, load(x, r + stride), load(sums, k))
            store(sums, k, fma(v, load(x, r), found))
    if planes % 2 == 1:
        at, v = (planes - 1) * stride, load(factors, planes - 1)
        for k in range(count):
            store(sums, k, fma(v, load(x, at + element(rows, k)), load(sums, k)))
    for j in range(planes):
        at, v = j * stride, load(factors, j) * scale
        for k in range(count):
            r = at + element(rows, k)
            store(x, r, fma(v, load(sums, k), load(x, r)))
    for j in range(planes - 1):
        store(x, j * stride + row, splat(0.0))


@inner
def turn_complex(x, first, columns, stride, row, rows, factors, sums):
    """Turn complex columns from plane `first` on, so that the last one alone has something in a row."""
    square = size_in_row(x, first, 2 * columns, stride, row)
    size = square_root(square)
    at = (first + 2 * columns - 2) * stride
    a, b = load(x, at + row) + splat(_ANY), negative(load(x, at + stride + row))
    length = square_root(fma(a, a, b * b))
    # The conjugate of what is in the row, the last one lengthened along itself.
    for j in range(columns):
        u = (first + 2 * j) * stride + row
        store(factors, 2 * j, load(x, u))
        store(factors, 2 * j + 1, negative(load(x, u + stride)))
    longer = size / length
    store(factors, 2 * columns - 2, fma(a, longer, a))
    store(factors, 2 * columns - 1, fma(b, longer, b))
    scale = negative(splat(1.0) / fma(size, length, square))
    count = len(rows)
    for k in range(2 * count):
        store(sums, k, splat(0.0))
    for j in range(0, columns - 1, 2):
        u = (first + 2 * j) * stride
        a, b, c, d = _four(factors, 2 * j)
        minus_b, minus_d = negative(b), negative(d)
        for k in range(count):
            r = u + element(rows, k)
            p, q = load(x, r), load(x, r + stride)
            v, w = load(x, r + 2 * stride), load(x, r + 3 * stride)
            re = fma(a, p, fma(minus_b, q, load(sums, 2 * k)))
            im = fma(a, q, fma(b, p, load(sums, 2 * k + 1)))
            store(sums, 2 * k, fma(c, v, fma(minus_d, w, re)))
            store(sums, 2 * k + 1, fma(c, w, fma(d, v, im)))
    if columns % 2 == 1:
        u = (first + 2 * columns - 2) * stride
        a, b = load(factors, 2 * columns - 2), load(factors, 2 * columns - 1)
        minus_b = negative(b)
        for k in range(count):
            r = u + element(rows, k)
            p, q = load(x, r), load(x, r + stride)
            store(sums, 2 * k, fma(a, p, fma(minus_b, q, load(sums, 2 * k))))
            store(sums, 2 * k + 1, fma(a, q, fma(b, p, load(sums, 2 * k + 1))))
    for j in range(columns):
        u = (first + 2 * j) * stride
        c, d = load(factors, 2 * j) * scale, load(factors, 2 * j + 1) * scale
        minus_d = negative(d)
        for k in range(count):
            r = u + element(rows, k)
            p, q = load(sums, 2 * k), load(sums, 2 * k + 1)
            store(x, r, fma(c, p, fma(d, q, load(x, r))))
            store(x, r + stride, fma(c, q, fma(minus_d, p, load(x, r + stride))))
    for j in range(columns - 1):
        u = (first + 2 * j) * stride + row
        store(x, u, splat(0.0))
        store(x, u + stride, splat(0.0))


@inner
def take_off_real(x, source, first, columns, stride, row, rows):
    """Take so much of a real column off complex ones that nothing is left of them in a row."""
    inverse = splat(-1.0) / load(x, source * stride + row)
    q = source * stride
    for j in range(columns):
        u = (first + 2 * j) * stride
        v = u + stride
        c, d = load(x, u + row) * inverse, load(x, v + row) * inverse
        for k in range(len(rows)):
            r = element(rows, k)
            a = load(x, q + r)
            store(x, u + r, fma(c, a, load(x, u + r)))
            store(x, v + r, fma(d, a, load(x, v + r)))
        store(x, u + row, splat(0.0))
        store(x, v + row, splat(0.0))


@inner
def take_off_complex(x, source, first, columns, stride, row, rows):
    """Do the same with a complex column that begins at plane `source`."""
    q = source * stride
    p = q + stride
    a, b = load(x, q + row), load(x, p + row)
    inverse = splat(-1.0) / fma(a, a, b * b)
    for j in range(columns):
        u = (first + 2 * j) * stride
        v = u + stride
        c, d = load(x, u + row), load(x, v + row)
        re, im = fma(c, a, d * b) * inverse, fma(d, a, negative(c * b)) * inverse
        minus_im = negative(im)
        for k in range(len(rows)):
            r = element(rows, k)
            e, f = load(x, q + r), load(x, p + r)
            store(x, u + r, fma(re, e, fma(minus_im, f, load(x, u + r))))
            store(x, v + r, fma(re, f, fma(im, e, load(x, v + r))))
        store(x, u + row, splat(0.0))
        store(x, v + row, splat(0.0))


@inner
def clear(x, first, planes, stride):
    """Set planes to zero."""
    for r in range(first * stride, (first + planes) * stride):
        store(x, r, splat(0.0))


@inner
def clear_row(x, first, planes, stride, row):
    """Set a row of planes to zero."""
    for p in range(first, first + planes):
        store(x, p * stride + row, splat(0.0))


@inner
def join(x, fast, is_real, slow_first, slow, stride):
    """Put the fast columns before the slow ones, as complex ones; they are cleared where they were."""
    for j in range(slow - 1, -1, -1):
        to, at = (slow_first + 2 * (fast + j)) * stride, (slow_first + 2 * j) * stride
        for r in range(2 * stride):
            store(x, to + r, load(x, at + r))
    for j in range(fast):
        to = (slow_first + 2 * j) * stride
        if is_real:
            for r in range(stride):
                store(x, to + r, load(x, j * stride + r))
                store(x, to + stride + r, splat(0.0))
        else:
            for r in range(2 * stride):
                store(x, to + r, load(x, 2 * j * stride + r))
    clear(x, 0, fast if is_real else 2 * fast, stride)
