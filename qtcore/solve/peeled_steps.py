"""The steps through a section of a peeled slice, for four planes at once; see `peeling`.

Values lie in a *room*, those of four planes at each place of the program. The planes share the loads of
the coefficients.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from qtcore.lanes import element, fma, load, negative, splat, store
from qtcore.solve.kernel import always_inner, inner
from qtcore.solve.projection import TILE


@always_inner
def sums_real(room, terms, n, e, sums):
    """Return sums with those of sum n of terms, times e, for four planes."""
    a, b, c, d = sums
    starts, places, real = terms.starts, terms.places, terms.real
    for k in range(element(starts, n), element(starts, n + 1)):
        t = e * splat(element(real, k))
        j = TILE * element(places, k)
        a, b = fma(t, load(room, j), a), fma(t, load(room, j + 1), b)
        c, d = fma(t, load(room, j + 2), c), fma(t, load(room, j + 3), d)
    return a, b, c, d


@always_inner
def sums_complex(room, terms, n, e, sums):
    """Return the same for two complex columns (real, imaginary)."""
    a, b, c, d = sums
    starts, places, real, imaginary = terms.starts, terms.places, terms.real, terms.imaginary
    for k in range(element(starts, n), element(starts, n + 1)):
        re, im = element(real, k), element(imaginary, k)
        j = TILE * element(places, k)
        u, v, w, z = load(room, j), load(room, j + 1), load(room, j + 2), load(room, j + 3)
        if re != 0.0:
            t = e * splat(re)
            a, b, c, d = fma(t, u, a), fma(t, v, b), fma(t, w, c), fma(t, z, d)
        if im != 0.0:
            t = e * splat(im)
            minus = negative(t)
            a, b, c, d = fma(minus, v, a), fma(t, u, b), fma(minus, z, c), fma(t, w, d)
    return a, b, c, d


@always_inner
def put(room, at, sums):
    """Put the values of four planes to a place."""
    store(room, TILE * at, sums[0])
    store(room, TILE * at + 1, sums[1])
    store(room, TILE * at + 2, sums[2])
    store(room, TILE * at + 3, sums[3])


@inner
def run_real(room, program, first, end, onsite, base):
    """Take the steps of a section for four planes."""
    zero, one = splat(0.0), splat(1.0)
    none = (zero, zero, zero, zero)
    sites, to, found = program.sites, program.to, program.found
    for o in range(first, end):
        e = load(onsite, base + element(sites, o))
        sums = sums_real(room, found, 2 * o, e, none)
        put(room, element(to, o), sums_real(room, found, 2 * o + 1, one, sums))


@inner
def run_complex(room, program, first, end, onsite, base):
    """Take the steps of a section for two complex columns."""
    zero, one = splat(0.0), splat(1.0)
    none = (zero, zero, zero, zero)
    sites, to, found = program.sites, program.to, program.found
    for o in range(first, end):
        e = load(onsite, base + element(sites, o))
        sums = sums_complex(room, found, 2 * o, e, none)
        put(room, element(to, o), sums_complex(room, found, 2 * o + 1, one, sums))


@always_inner
def clear(room, inputs):
    """Put zeros to the first places, which no step finds."""
    for j in range(TILE * inputs):
        store(room, j, splat(0.0))
