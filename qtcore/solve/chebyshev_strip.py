"""Chebyshev recursion on a square lattice of constant hopping: T_{n+1} = 2 H T_n - T_{n-1}.

Eight vectors lie side by side in lanes. Several steps of the recursion follow each other through
the slices, each one slice behind the step before it, so that the slices stay in the cache for all
of them. A ring is cut open for that: slices at the cut are done afterwards, step by step.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
from qtcore.compiled import njit
from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.kernel import always_inner


@always_inner
def _site(old, onsite, shared, t, i, near, mid, sums):
    """Put T_{n+1} of site i in the place of T_{n-1}; add <T_n|T_n> and <T_{n+1}|T_n> to sums."""
    e = splat(onsite[i]) if shared else load(onsite, i)
    new = fma(t, near, fma(e, mid, negative(load(old, i))))
    store(old, i, new)
    return fma(mid, mid, sums[0]), fma(new, mid, sums[1])


@always_inner
def _slice(now, old, onsite, shared, hopping, lattice, r, sums):
    """Do one step on slice r; return what it adds to the sums."""
    rows, width, around, across = lattice
    zero, t = splat(0.0), splat(hopping)
    here = r * width
    # Behind the last slice stands one of zeros, for the neighbours of open ends.
    back = (r - 1 if r > 0 else (rows - 1 if around else rows)) * width
    ahead = (r + 1 if r < rows - 1 else (0 if around else rows)) * width
    first, last = load(now, here), load(now, here + width - 1)
    low, mid = (last if across else zero), first
    for y in range(width - 1):
        up = load(now, here + y + 1)
        near = (low + up) + (load(now, back + y) + load(now, ahead + y))
        sums = _site(old, onsite, shared, t, here + y, near, mid, sums)
        low, mid = mid, up
    y = width - 1
    up = first if across else zero
    near = (low + up) + (load(now, back + y) + load(now, ahead + y))
    return _site(old, onsite, shared, t, here + y, near, mid, sums)


@always_inner
def _step(x, z, onsite, shared, hopping, lattice, r, s, sums, targets, weights, into):
    """Do step s on slice r, and add weight * T_n to the vectors that this step goes into."""
    now, old = (x, z) if s % 2 == 0 else (z, x)
    zero = splat(0.0)
    squares, products = _slice(now, old, onsite, shared, hopping, lattice, r, (zero, zero))
    store(sums, 2 * s, load(sums, 2 * s) + squares)
    store(sums, 2 * s + 1, load(sums, 2 * s + 1) + products)
    width = lattice[1]
    for a in range(targets):
        if weights[a, s] != 0.0:
            weight, start = splat(weights[a, s]), a * lattice[0] * width
            for i in range(r * width, (r + 1) * width):
                store(into, start + i, fma(weight, load(old, i), load(into, start + i)))


@njit(nogil=True, cache=True)
def sweep_strip(x, z, onsite, shared, hopping, lattice, steps, sums, targets, weights, into):
    """Do some steps of the recursion, x = T_n and z = T_{n-1}; even steps end in z.

    Parameters
    ----------
    x, z : flat arrays of (slices + 1) * width lane vectors
        The last slice is zero.
    onsite : flat array
        2 (eps - center) / half, a number for each site, or a lane vector unless `shared`.
    shared : bool
        Whether all lanes have the same on-site values.
    hopping : float
        2 / half.
    lattice : (int, int, bool, bool)
        Slices, sites across, whether it is closed along and across.
    steps : int
        At most half as many as slices (and one), if it is closed along.
    sums : flat array of 2 * steps lane vectors
        Receives <T_{n+s}|T_{n+s}> and <T_{n+s+1}|T_{n+s}>.
    targets : int
        Vectors in `into`, flat, to which weights[a, s] * T_{n+s+1} is added.
    weights : (>= 1, steps) float array
        See there.
    into : flat array of lane vectors
        See there.
    """
    rows, _, around, _ = lattice
    for wave in range(rows + steps - 1):
        for s in range(steps):
            r = wave - s
            inside = (s <= r < rows - s) if around else (0 <= r < rows)
            if inside:
                _step(x, z, onsite, shared, hopping, lattice, r, s, sums, targets, weights, into)
    if around:
        for s in range(1, steps):
            for k in range(rows - s, rows + s):
                r = k % rows
                _step(x, z, onsite, shared, hopping, lattice, r, s, sums, targets, weights, into)
