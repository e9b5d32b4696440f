"""One slice more: psi_{n+1} = (E - eps_n - h_n) psi_n - psi_{n-1}, a stencil on every column.

Columns are *planes* of lane vectors (see `qtcore.lanes`): plane p starts at vector p * stride and
holds the two latest slices, `width` vectors each; `parity` tells which of the two comes first.
Every element costs one fused and two plain additions (a real plane), so what counts is to keep
neighbours in registers: two planes share the load of the on-site values, and two slices are done
in one walk across the wire.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import math

from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.kernel import ADVANCE, inner, kernel
from qtcore.solve.projection import TILE

WIDE = 144
"""Width from which two planes no longer stay in the first-level cache together."""


@inner
def _one_slice(x, here, there, other_here, other_there, M, onsite, d, periodic):
    """Advance two planes by one slice, on any boundary."""
    zero = splat(0.0)
    low, other_low = zero, zero
    first, other_first = zero, zero
    if periodic:
        low, other_low = load(x, here + M - 1), load(x, other_here + M - 1)
        first, other_first = load(x, here), load(x, other_here)
    mid, other_mid = load(x, here), load(x, other_here)
    for i in range(M - 1):
        up, other_up = load(x, here + i + 1), load(x, other_here + i + 1)
        detuning = load(onsite, d + i)
        store(x, there + i, fma(detuning, mid, negative(load(x, there + i))) - (low + up))
        store(
            x,
            other_there + i,
            fma(detuning, other_mid, negative(load(x, other_there + i))) - (other_low + other_up),
        )
        low, mid, other_low, other_mid = mid, up, other_mid, other_up
    last, other_last = there + M - 1, other_there + M - 1
    detuning = load(onsite, d + M - 1)
    store(x, last, fma(detuning, mid, negative(load(x, last))) - (low + first))
    store(
        x,
        other_last,
        fma(detuning, other_mid, negative(load(x, other_last))) - (other_low + other_first),
    )


@inner
def _two_slices(x, here, there, other_here, other_there, M, onsite, d):
    """Advance two planes by two slices between hard walls, M >= 2; the second lags by a site."""
    zero = splat(0.0)
    mid, other_mid = load(x, here), load(x, other_here)
    up, other_up = load(x, here + 1), load(x, other_here + 1)
    detuning = load(onsite, d)
    new = fma(detuning, mid, negative(load(x, there))) - (zero + up)
    other_new = fma(detuning, other_mid, negative(load(x, other_there))) - (zero + other_up)
    store(x, there, new)
    store(x, other_there, other_new)
    low, mid, other_low, other_mid = mid, up, other_mid, other_up
    new_low, other_new_low = zero, zero
    for i in range(1, M):
        up, other_up = zero, zero
        if i < M - 1:
            up, other_up = load(x, here + i + 1), load(x, other_here + i + 1)
        detuning = load(onsite, d + i)
        later = load(onsite, d + M + i - 1)
        new_up = fma(detuning, mid, negative(load(x, there + i))) - (low + up)
        other_new_up = fma(detuning, other_mid, negative(load(x, other_there + i))) - (
            other_low + other_up
        )
        store(x, there + i, new_up)
        store(x, other_there + i, other_new_up)
        store(x, here + i - 1, fma(later, new, negative(low)) - (new_low + new_up))
        store(
            x,
            other_here + i - 1,
            fma(later, other_new, negative(other_low)) - (other_new_low + other_new_up),
        )
        low, mid, other_low, other_mid = mid, up, other_mid, other_up
        new_low, new = new, new_up
        other_new_low, other_new = other_new, other_new_up
    later = load(onsite, d + 2 * M - 1)
    store(x, here + M - 1, fma(later, new, negative(low)) - (new_low + zero))
    store(
        x, other_here + M - 1, fma(later, other_new, negative(other_low)) - (other_new_low + zero)
    )


@inner
def _four_slices(x, here, there, M, onsite, d):
    """Advance one plane by four slices between hard walls; each slice lags the last by a site.

    For wide wires: the plane goes through the cache once for four slices.
    """
    zero = splat(0.0)
    # Suffixes: site i - 1 (low), i (mid), i + 1 (up) of slice n; one, two, three slices later.
    low, mid, up = zero, zero, load(x, here)
    one_low, one_mid, one_up = zero, zero, zero
    two_low, two_mid, two_up = zero, zero, zero
    three_low, three_mid, three_up = zero, zero, zero
    for i in range(M + 3):
        low, mid, up = mid, up, zero
        if i + 1 < M:
            up = load(x, here + i + 1)
        one_low, one_mid, one_up = one_mid, one_up, zero
        if i < M:
            one_up = fma(load(onsite, d + i), mid, negative(load(x, there + i))) - (low + up)
        two_low, two_mid, two_up = two_mid, two_up, zero
        if 1 <= i <= M:
            detuning = load(onsite, d + M + i - 1)
            two_up = fma(detuning, one_mid, negative(low)) - (one_low + one_up)
        three_low, three_mid, three_up = three_mid, three_up, zero
        if 2 <= i <= M + 1:
            detuning = load(onsite, d + 2 * M + i - 2)
            three_up = fma(detuning, two_mid, negative(one_low)) - (two_low + two_up)
            store(x, there + i - 2, three_up)
        if i >= 3:
            detuning = load(onsite, d + 3 * M + i - 3)
            four = fma(detuning, three_mid, negative(two_low)) - (three_low + three_up)
            store(x, here + i - 3, four)


@inner
def advance_real(x, first, planes, stride, M, parity, slices, onsite, d, periodic):
    """Advance real planes first .. first + planes (an even number) by `slices` slices.

    Parameters
    ----------
    x : flat array of lane vectors
        The planes.
    first, planes, stride, M, parity : int
        First plane, how many, vectors between planes, width, which half holds psi_n.
    slices : int
        How many slices to go.
    onsite, d : flat array of lane vectors, int
        E - eps of these slices, slice by slice, from vector d on.
    periodic : bool
        Cylinder instead of hard walls.
    """
    for p in range(first, first + planes, 2):
        here = p * stride + parity * M
        there = p * stride + (1 - parity) * M
        other_here, other_there = here + stride, there + stride
        n = 0
        if not periodic and M >= WIDE:
            while n + 3 < slices:
                _four_slices(x, here, there, M, onsite, d + n * M)
                n += 4
            for m in range(0, n, 4):
                _four_slices(x, other_here, other_there, M, onsite, d + m * M)
        if not periodic and M > 1:
            while n + 1 < slices:
                _two_slices(x, here, there, other_here, other_there, M, onsite, d + n * M)
                n += 2
        while n < slices:
            _one_slice(x, here, there, other_here, other_there, M, onsite, d + n * M, periodic)
            here, there = there, here
            other_here, other_there = other_there, other_here
            n += 1


@kernel(ADVANCE)
def advance_strip(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance all columns of a strip without a field: fast ones real, slow ones complex."""
    M, stride = shape.width, shape.stride
    parity, slices, d, periodic = run.parity, run.slices, run.onsite, medium.periodic
    live = (shape.fast + 1) // 2 * 2
    for first, planes in ((0, live), (shape.fast_tiles * TILE, 2 * shape.slow)):
        advance_real(x, first, planes, stride, M, parity, slices, onsite, d, periodic)


@kernel(ADVANCE)
def advance_strip_in_field(x, shape, run, onsite, medium, scratch):  # noqa: ARG001 # called like the others
    """Advance complex columns (pairs of planes: real, imaginary) in a perpendicular field.

    The bond from site y + 1 to site y of slice n carries exp(i phase n).
    """
    M, stride = shape.width, shape.stride
    parity, d = run.parity, run.onsite
    zero = splat(0.0)
    for p in range(0, (shape.fast_tiles + shape.slow_tiles) * TILE, 2):
        here = p * stride + parity * M
        there = p * stride + (1 - parity) * M
        for n in range(run.slices):
            angle = medium.phase * (run.first + n)
            c, s = splat(-math.cos(angle)), splat(math.sin(angle))
            minus_s = negative(s)
            im_here, im_there = here + stride, there + stride
            low, im_low, first_re, first_im = zero, zero, zero, zero
            if medium.periodic:
                low, im_low = load(x, here + M - 1), load(x, im_here + M - 1)
                first_re, first_im = load(x, here), load(x, im_here)
            mid, im_mid = load(x, here), load(x, im_here)
            for i in range(M):
                up, im_up = first_re, first_im
                if i < M - 1:
                    up, im_up = load(x, here + i + 1), load(x, im_here + i + 1)
                detuning = load(onsite, d + n * M + i)
                re = fma(detuning, mid, negative(load(x, there + i)))
                im = fma(detuning, im_mid, negative(load(x, im_there + i)))
                # h psi = cos (up + low) + i sin (up - low), and c = -cos.
                re = fma(c, up + low, fma(s, im_up - im_low, re))
                im = fma(c, im_up + im_low, fma(minus_s, up - low, im))
                store(x, there + i, re)
                store(x, im_there + i, im)
                low, mid, im_low, im_mid = mid, up, im_mid, im_up
            here, there = there, here
