"""Looks at the quickest columns alone, where few columns grow much faster than all others.

In a wide armchair ribbon some evanescent waves grow a thousandfold in a slice, and most of the others
hardly at all. The quickest columns would have to be renewed in every slice. Renewing all of them
costs as many operations as there are pairs of columns, renewing the first few and projecting them out
of the others costs a small part of that. Columns are sorted by themselves: orthonormalised one after
the other, the first ones come to be those that grow most.

Such a look leaves rounding errors in the other columns, as large as the quickest ones have grown since
the last look of any kind. They grow with the others until all columns are renewed, and so both growths
count, multiplied with each other. Their product is kept within the limit.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from qtcore.solve.kernel import inner
from qtcore.solve.kernel_arguments import Shape

_SLOWEST = 1e-3
"""Least growth per slice that is counted with."""


@inner
def quickest_columns(shape, is_real, quick):
    """Return the shape in which the first `quick` tiles are all fast columns, the others slow ones."""
    columns, others = (4 if is_real else 2) * quick, shape.fast_tiles - quick + shape.slow_tiles
    return Shape(shape.width, shape.stride, columns, quick, 2 * others, others)


@inner
def price_of_all(shape, quick):
    """Return what it costs to renew all columns, in units of a look at the quickest ones."""
    every = shape.fast_tiles * (shape.fast_tiles / 2 + shape.slow_tiles)
    return every / (quick * (shape.fast_tiles + shape.slow_tiles - quick / 2))


@inner
def planned(quickest, others, room, price, most):
    """Return the slices until the next look, and those until all columns are looked at.

    Parameters
    ----------
    quickest, others : float
        Logarithm of the growth per slice of the quickest columns, and of the others.
    room : float
        Logarithm of the growth that is allowed.
    price : float
        From `price_of_all`.
    most : int
        Slices until the next look, at most.
    """
    quickest, others = max(quickest, _SLOWEST), max(others, _SLOWEST)
    interval, whole, best = 1, 1, 1.0 + price
    for slices in range(1, most + 1):
        times = int((room - quickest * slices) / (others * slices))
        if not times > 0:
            break
        cost = (1.0 + price / times) / slices
        if cost < best:
            interval, whole, best = slices, times * slices, cost
    return interval, whole
