"""Plans: every missing block in exactly one task, longest first, sized to be worth a task."""

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import qtcore as qt
from qtcore.store.layout import block_count
from qtcore.sweep import observables
from qtcore.sweep.build import make_sweep
from qtcore.sweep.cost import (
    A_BLOCK,
    BLOCK,
    Calibration,
    measure,
    model_seconds,
    representatives,
)
from qtcore.sweep.kind import Kind
from qtcore.sweep.plan import (
    LARGEST_BLOCK,
    LONGEST_TASK,
    SHORTEST_TASK,
    Plan,
    block_length,
    make_plan,
)
from qtcore.sweep.survey import channels
from qtcore.units import LANES


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux)


def sweep(width: tuple[int, ...] = (2, 8), length: int = 100, realizations: int = 100) -> qt.Sweep:
    preset = qt.Preset(
        disorder=(1.0, 2.0),
        width=width,
        flux=(0.0, 0.01),
        energy=(0.5,),
        lengths=(length // 2, length),
        realizations=realizations,
    )
    return make_sweep("trial", preset, 7, wire=wire)


def strip(width: int, *, is_complex: bool = False) -> Kind:
    return Kind("strip", width, is_complex)


def blocks_of(plan: Plan) -> list[tuple[int, int]]:
    return [
        (piece.point, number)
        for task in plan.tasks
        for piece in task.pieces
        for number in range(piece.first, piece.stop)
    ]


@given(hnp.arrays(bool, (2, 2, 2, 1, 13)), st.integers(1, 64), st.floats(0.001, 1000))
def test_every_missing_block_is_in_exactly_one_task(
    finished: np.ndarray, workers: int, factor: float
) -> None:
    asked = sweep()
    calibration = Calibration({strip(2): factor, strip(8, is_complex=True): 1.0})
    plan = make_plan(asked, 8, calibration=calibration, held=8 * finished, workers=workers)
    covered = blocks_of(plan)
    assert len(covered) == len(set(covered))
    missing = {(int(p), int(b)) for p, b in np.argwhere(~finished.reshape(8, 13))}
    assert set(covered) == missing
    assert plan.blocks_left == len(missing)
    assert plan.blocks == 8 * 13
    sizes = [8] * 12 + [4]
    assert plan.realizations_left == sum(sizes[b] for _, b in missing)


def test_longest_first() -> None:
    plan = make_plan(sweep(width=(2, 8, 32, 64), length=2000, realizations=2000), 64, workers=4)
    seconds = [task.seconds for task in plan.tasks]
    assert seconds == sorted(seconds, reverse=True)
    assert len(set(seconds)) > 1


def test_cheap_points_share_a_task_and_dear_blocks_stand_alone() -> None:
    plan = make_plan(sweep(width=(1, 256), length=4000, realizations=64), 8, workers=2)
    points_of_cheap = max(len({piece.point for piece in task.pieces}) for task in plan.tasks)
    assert points_of_cheap > 1
    assert plan.tasks[0].blocks == 1


@pytest.mark.parametrize("realizations", [100, 10_000, 1_000_000])
def test_tasks_are_worth_their_overhead_and_bounded(realizations: int) -> None:
    asked = sweep(width=(2, 8, 16), length=500, realizations=realizations)
    plan = make_plan(asked, block_length(asked), workers=8)
    long_enough = [task for task in plan.tasks if task.seconds >= 0.5 * SHORTEST_TASK]
    assert len(plan.tasks) - len(long_enough) <= max(1, 0.1 * len(plan.tasks))
    assert plan.tasks[0].seconds <= 1.5 * LONGEST_TASK


def test_a_short_sweep_is_shared_by_all_workers() -> None:
    asked = sweep(width=(8,), length=2000, realizations=40_000)
    plan = make_plan(asked, block_length(asked), workers=4)
    assert len(plan.tasks) >= 4 * 4
    assert plan.wall_seconds(4) < 1.1 * plan.core_seconds / 4


@pytest.mark.parametrize("width", [(1,), (16,), (128,), (1, 512)])
@pytest.mark.parametrize("realizations", [1, 8, 100, 10**6])
def test_block_length_is_whole_groups_of_lanes(width: tuple[int, ...], realizations: int) -> None:
    block = block_length(sweep(width=width, length=3000, realizations=realizations))
    assert block % LANES == 0
    assert LANES <= block <= LARGEST_BLOCK
    assert block < realizations + LANES


def test_the_heaviest_point_sets_the_block_length() -> None:
    light = block_length(sweep(width=(2,), length=1000, realizations=5000))
    both = block_length(sweep(width=(2, 128), length=1000, realizations=5000))
    heavy = block_length(sweep(width=(128,), length=1000, realizations=5000))
    assert heavy <= both < light


def test_nothing_left_is_an_empty_plan() -> None:
    asked = sweep(realizations=16)
    plan = make_plan(asked, 8, held=np.full((2, 2, 2, 1, 2), 8))
    assert not plan.tasks
    assert plan.wall_seconds(2) == 0
    assert plan.bytes_left == 0


def test_memory_and_bytes_grow_with_what_is_asked() -> None:
    small = make_plan(sweep(width=(4,)), 8)
    wide = make_plan(sweep(width=(256,)), 8)
    many = make_plan(sweep(width=(4,), realizations=1000), 8)
    assert wide.worker_bytes > small.worker_bytes > 1e8
    assert many.bytes_left > 5 * small.bytes_left


def test_a_million_tasks_are_planned_in_seconds() -> None:
    asked = sweep(width=(64,), length=20_000, realizations=2_000_000)
    blocks = block_count(asked.realizations, 8)
    plan = make_plan(asked, 8, held=np.zeros((2, 1, 2, 1, blocks), dtype=int), workers=1)
    assert plan.blocks_left == 4 * blocks == 1_000_000


def test_model_grows_as_the_solver_does() -> None:
    one = model_seconds(strip(64), 1000, 1)
    assert 3.5 < model_seconds(strip(128), 1000, 1) / one < 4.5
    assert model_seconds(strip(64), 2000, 1) / one == pytest.approx(2, rel=0.05)
    assert model_seconds(strip(64, is_complex=True), 1000, 1) / one == pytest.approx(2, rel=0.01)
    assert model_seconds(strip(64), 1000, 50) > one


def test_calibration_uses_the_nearest_measured_width() -> None:
    calibration = Calibration({strip(2): 3.0, strip(64): 0.5, strip(64, is_complex=True): 0.7})
    assert calibration.factor(strip(2)) == 3.0
    assert calibration.factor(strip(32)) == 0.5
    assert calibration.factor(strip(2, is_complex=True)) == 0.7
    assert Calibration().factor(strip(2, is_complex=True)) == 1.0


def test_representatives_cover_each_width_real_and_complex() -> None:
    points = representatives(sweep(width=(1, 4)))
    assert [*points] == [strip(1), strip(4), strip(4, is_complex=True)]
    assert [(point.width, point.flux) for point in points.values()] == [(1, 0), (4, 0), (4, 0.01)]


def test_measuring_gives_a_factor_for_each_kind_of_wire() -> None:
    calibration = measure(sweep(width=(1, 4), length=40, realizations=64))
    wires = {strip(1), strip(4), strip(4, is_complex=True)}
    assert set(calibration.factors) == {*wires, A_BLOCK}
    assert all(0 < factor < 1e4 for factor in calibration.factors.values())


def test_what_a_block_costs_besides_is_measured(monkeypatch) -> None:
    # Thousands of blocks of one realization are mostly wires to make and files to write.
    def slow(_) -> bytes:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        return b""

    monkeypatch.setattr("qtcore.sweep.cost.encode_marker", slow)
    asked = sweep(width=(1, 2), length=10, realizations=1)
    calibration = measure(asked)
    assert 0.02 < calibration.block_seconds < 0.03
    plan = make_plan(asked, LANES, calibration=calibration)
    assert plan.core_seconds == pytest.approx(8 * calibration.block_seconds, rel=0.1)


@pytest.mark.parametrize("length", [10**8, 10**12])
def test_a_plan_solves_no_long_wire(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of 10⁸ slices takes minutes, of 10¹² years, and no plan depends on it."""
    solved: list[int] = []

    def solve(members: Any, lengths: tuple[int, ...], *rest: Any) -> Any:
        solved.append(lengths[-1])
        assert lengths[-1] < 10**6
        return right(members, lengths, *rest)

    right = observables.solve_wires
    monkeypatch.setattr(observables, "solve_wires", solve)
    asked = sweep(width=(2,), length=length, realizations=64)
    calibration = measure(asked)
    assert solved
    assert max(solved) < 10**6
    plan = make_plan(asked, LANES, calibration=calibration)
    assert plan.core_seconds > 64 * 1e-10 * length


def test_a_point_that_fails_does_not_stop_the_calibration(monkeypatch) -> None:
    def full(_) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qtcore.sweep.cost.encode_marker", full)
    assert measure(sweep(width=(1, 2), length=10)).block_seconds == BLOCK


def test_a_point_without_realizations_costs_no_modes_of_its_leads(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "qtcore.sweep.survey.open_channels", lambda wire, _: asked.append(wire.flux) or 2
    )
    preset = qt.Preset(
        disorder=1.0, width=3, flux=(0.0, 0.01, 0.02), energy=(0.5,), lengths=9, realizations=16
    )
    crossed = make_sweep(
        "trial", preset, 7, wire=wire, realizations=lambda point, count: count * (point.flux < 0.02)
    )
    assert np.ravel(channels(crossed)).tolist() == [2, 2, 0]
    assert asked == [0.0, 0.01]
