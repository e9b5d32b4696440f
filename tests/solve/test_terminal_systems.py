"""The final system of a bar: columns out of the lanes, and S from one system of all leads."""

import numpy as np
import pytest
from numpy.typing import NDArray

from qtcore.lanes import LANES, aligned
from qtcore.solve.kernel_arguments import Shape
from qtcore.solve.projection import TILE
from qtcore.solve.terminal_closing import Columns, SideReading, closed
from qtcore.solve.terminal_columns import Order, complex_columns


def _random(*shape: int, seed: int = 0) -> NDArray[np.complex128]:
    parts = np.random.default_rng(seed).standard_normal((2, *shape))
    return np.asarray(parts[0] + 1j * parts[1])


@pytest.mark.parametrize("is_real", [True, False])
def test_columns_are_taken_out_of_the_lanes(is_real: bool) -> None:
    M, fast, slow, sources = 5, 3, 2, 4
    shape = Shape(M, 2 * M + 7, fast, -(-fast // (4 if is_real else 2)), slow, 1)
    first = (shape.fast_tiles + shape.slow_tiles) * TILE
    x = aligned((first + 2 * sources) * shape.stride)
    x[:] = np.random.default_rng(1).standard_normal(x.size)
    planes = x.reshape(-1, shape.stride, LANES)
    number = np.array([3, 0, 1, 2])
    order = Order.of(shape, number, is_real=is_real)
    found = complex_columns(x, shape.stride, order)
    assert found.shape == (LANES, shape.stride, slow + fast + sources)
    slow_first = shape.fast_tiles * TILE
    for lane in range(LANES):
        for j in range(slow):
            pair = planes[slow_first + 2 * j : slow_first + 2 * j + 2, :, lane]
            assert np.array_equal(found[lane, :, j], pair[0] + 1j * pair[1])
        for j in range(fast):
            if is_real:
                expected = planes[j, :, lane] + 0j
            else:
                expected = planes[2 * j, :, lane] + 1j * planes[2 * j + 1, :, lane]
            assert np.array_equal(found[lane, :, slow + j], expected)
        for place, one in enumerate(number):
            pair = planes[first + 2 * one : first + 2 * one + 2, :, lane]
            assert np.array_equal(found[lane, :, slow + fast + place], pair[0] + 1j * pair[1])


def _leads(R: int, M: int, N: int, left: int) -> tuple[Columns, list[SideReading]]:
    """Return numbers at random in the place of columns, two side leads of three and two sites."""
    K, widths, channels = 5, (3, 2), (2, 1)
    every = M + K + left
    columns = Columns(
        _random(R, M, every, seed=1),
        _random(R, N, every, seed=2),
        _random(R, K, every, seed=3),
        _random(R, N, every, seed=4),
    )
    sides, first = [], 0
    for k, (w, n) in enumerate(zip(widths, channels, strict=True)):
        own = _random(3 * w + n, w, seed=5 + k)
        seen, fed, out = own[:w], own[w : 2 * w], own[2 * w : 2 * w + n]
        sides.append(SideReading(seen, fed, out, _random(n, n), np.arange(first, first + w)))
        first += w
    return columns, sides


@pytest.mark.parametrize("left", [0, 2])
def test_S_solves_the_system_of_all_leads(left: int) -> None:
    R, M, N = 3, 4, 2
    columns, sides = _leads(R, M, N, left)
    S, strain = closed(columns, sides)
    U = M + 5
    for r in range(R):
        rows = [columns.entering[r]]
        for side in sides:
            seen = side.seen @ columns.records[r, side.records]
            seen[:, M + side.records] += side.fed
            rows.append(seen)
        every = np.concatenate(rows)
        given = np.zeros((U, left + N + 3), np.complex128)
        given[:, :left] = -every[:, U:]
        for column, row in enumerate((0, 1, 4, 5, 7), start=left):
            given[row, column] = 1.0
        waves = np.zeros((U + left, given.shape[1]), np.complex128)
        waves[:U] = np.linalg.inv(every[:, :U]) @ given
        waves[U:, :left] = np.eye(left)
        out = [columns.back[r] @ waves, columns.leaving[r] @ waves]
        for at, side in zip((left + N, left + N + 2), sides, strict=True):
            leaving = side.out @ waves[M + side.records]
            leaving[:, at : at + len(side.out)] += side.direct
            out.append(leaving)
        assert np.allclose(S[r], np.concatenate(out), rtol=1e-9, atol=1e-9)
    assert (strain.of_elements >= 1).all()


def test_a_singular_system_is_not_a_number() -> None:
    columns, sides = _leads(2, 4, 2, 0)
    columns.entering[1] = 0.0
    S, strain = closed(columns, sides)
    assert np.isfinite(S[0]).all()
    assert np.isnan(S[1]).all()
    assert (strain.of_elements[1] > 1e15).all()
