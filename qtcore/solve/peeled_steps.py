"""The steps through a peeled slice, for four planes at once; see `peeling`.

Values lie in a *room*, those of four planes at each place of the program. The planes share the loads of
the coefficients.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
import numpy as np

from qtcore.lanes import fma, load, negative, splat, store
from qtcore.solve.kernel import always_inner, inner
from qtcore.solve.kernel_arguments import Pattern, Program
from qtcore.solve.peeling import Peeled
from qtcore.solve.projection import TILE


def _rows(terms: list[dict[int, complex]]) -> Pattern:
    """Return sums of terms, coefficients by place, as rows of a matrix."""
    sizes = [len(row) for row in terms]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    columns = np.array([at for row in terms for at in row], dtype=np.int64)
    values = np.array([value for row in terms for value in row.values()], dtype=np.complex128)
    return Pattern(starts, columns, values.view(np.float64).reshape(-1, 2))


def compiled(program: Peeled, orbitals: int) -> Program:
    """Return a program as the kernels read it."""
    steps = program.steps
    sites = np.array([step.component // orbitals for step in steps], dtype=np.int64)
    return Program(
        program.free,
        sites,
        _rows([step.onsite for step in steps]),
        _rows([step.fixed for step in steps]),
        _rows(program.out),
    )


@always_inner
def sums_real(room, rows, o, e, sums):
    """Return sums with those of a row of terms, times e, for four planes."""
    a, b, c, d = sums
    for entry in range(rows.starts[o], rows.starts[o + 1]):
        t = e * splat(rows.values[entry, 0])
        j = TILE * rows.columns[entry]
        a, b = fma(t, load(room, j), a), fma(t, load(room, j + 1), b)
        c, d = fma(t, load(room, j + 2), c), fma(t, load(room, j + 3), d)
    return a, b, c, d


@always_inner
def sums_complex(room, rows, o, e, sums):
    """Return the same for two complex columns (real, imaginary)."""
    a, b, c, d = sums
    for entry in range(rows.starts[o], rows.starts[o + 1]):
        re, im = rows.values[entry, 0], rows.values[entry, 1]
        j = TILE * rows.columns[entry]
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
def run_real(room, program, inputs, onsite, base):
    """Take all steps of a slice for four planes."""
    zero, one = splat(0.0), splat(1.0)
    none = (zero, zero, zero, zero)
    sites, varying, fixed = program.sites, program.onsite, program.fixed
    for o in range(len(sites)):
        sums = sums_real(room, varying, o, load(onsite, base + sites[o]), none)
        put(room, inputs + o, sums_real(room, fixed, o, one, sums))


@inner
def run_complex(room, program, inputs, onsite, base):
    """Take all steps of a slice for two complex columns."""
    zero, one = splat(0.0), splat(1.0)
    none = (zero, zero, zero, zero)
    sites, varying, fixed = program.sites, program.onsite, program.fixed
    for o in range(len(sites)):
        sums = sums_complex(room, varying, o, load(onsite, base + sites[o]), none)
        put(room, inputs + o, sums_complex(room, fixed, o, one, sums))


@always_inner
def clear(room, inputs):
    """Put zeros to the first places, which no step finds."""
    for j in range(TILE * inputs):
        store(room, j, splat(0.0))
