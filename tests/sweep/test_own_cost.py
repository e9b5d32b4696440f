"""What a user's own function costs is timed as it is called: for many realizations at once."""

import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import qtcore as qt
from qtcore.sweep import cost
from qtcore.sweep.build import make_sweep


def solve(point, realizations):  # noqa: ARG001 - as the engine calls it
    """Take 10 ms for a call, whatever it is asked for."""
    time.sleep(0.01)
    return {"x": np.zeros(len(realizations))}


def test_a_call_is_shared_by_its_realizations():
    preset = qt.Preset(gate=qt.Axis((0.0,)), realizations=1000)
    sweep = make_sweep("own", preset, 1, solve=solve, variables=(qt.Variable("x"),))
    (seconds,) = cost.measure(sweep).seconds(sweep)
    # 25 realizations at once take what one takes alone; a busy machine may halve that.
    assert seconds < 0.005


def stated(point):
    """Return a cost in a unit of its own."""
    return 1e6 * point.gate


def in_lanes(seconds: float, count: int) -> float:
    """Return what a call takes that computes eight realizations in the time of one."""
    return seconds * -(-count // 8)


def one_by_one(seconds: float, count: int) -> float:
    """Return what a call takes whose realizations share nothing."""
    return seconds * count


@pytest.mark.parametrize(
    ("takes", "alone", "realizations", "asked", "expected"),
    [
        # Slow calls in lanes: one, a pair that costs as much, and the group.
        (in_lanes, 3.0, 10_000, [1, 2, 8], 3.0 / 8),
        # Slow calls that share nothing: the pair says so, and no group is computed.
        (one_by_one, 3.0, 10_000, [1, 2], 3.0),
        # Between: less than a group fits into a quarter of a second, and a first call is not counted.
        (in_lanes, 0.2, 10_000, [1, 1, 2, 8], 0.2 / 8),
        # Quick calls: whole groups, as many as fit.
        (in_lanes, 0.01, 10_000, [1, 1, 24], 0.01 / 8),
        # A group that is never full costs as much as one that is.
        (in_lanes, 0.2, 3, [1, 1, 2, 3], 0.2 / 3),
        (one_by_one, 0.2, 1, [1, 1], 0.2),
        # A sweep of a few slow realizations is not tried for longer than it lasts.
        (in_lanes, 60.0, 16, [1], 60.0),
    ],
)
def test_a_group_of_lanes_is_not_paid_by_one_realization(
    monkeypatch, takes, alone, realizations, asked, expected
):
    probed = []

    def timed(sweep, point, count):  # noqa: ARG001 - as the calibration calls it
        probed.append(count)
        return takes(alone, count)

    monkeypatch.setattr(cost, "_timed", timed)
    preset = qt.Preset(gate=qt.Axis((0.0,)), realizations=realizations)
    sweep = make_sweep("own", preset, 1, solve=solve, variables=(qt.Variable("x"),))
    (seconds,) = cost.measure(sweep).seconds(sweep)
    assert probed == asked
    assert seconds == pytest.approx(expected)


def test_what_is_timed_is_scaled_by_the_stated_cost(monkeypatch):
    monkeypatch.setattr(cost, "_timed", lambda _sweep, point, count: in_lanes(point.gate, count))
    preset = qt.Preset(gate=qt.Axis((1.0, 2.0, 3.0, 4.0, 5.0)), realizations=100_000)
    sweep = make_sweep(
        "own",
        preset,
        1,
        solve=solve,
        variables=(qt.Variable("x"),),
        cost=stated,
    )
    # Both ends are timed, and what lies between follows the cost, in whatever unit it is.
    assert cost.measure(sweep).seconds(sweep) == pytest.approx([1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8])


def test_a_probe_has_one_thread_for_linear_algebra_as_workers_have(monkeypatch):
    threads = []

    def timed(sweep, point, count):  # noqa: ARG001 - as the calibration calls it
        threads.extend(library["num_threads"] for library in threadpool_info())
        return 1.0

    monkeypatch.setattr(cost, "_timed", timed)
    sweep = make_sweep(
        "own", qt.Preset(gate=qt.Axis((0.0,))), 1, solve=solve, variables=(qt.Variable("x"),)
    )
    with threadpool_limits(2):
        cost.measure(sweep)
    assert set(threads) == {1}


def slow(point, realizations):
    """Take a tenth of a millisecond, or a quarter of an hour."""
    # Asleep, which counts, and in steps, so that it can be ended.
    left = 1e-4 * point.gate**8
    while left > 0:
        time.sleep(min(left, 0.05))
        left -= 0.05
    return {"x": np.zeros(len(realizations))}


def steep(point):
    """Return what `slow` takes, in a unit of its own."""
    return point.gate**8


def _planned(caplog, **given):
    preset = qt.Preset(gate=qt.Axis((1.0, 4.0, 7.0)), realizations=8)
    sweep = make_sweep("own", preset, 1, solve=slow, variables=(qt.Variable("x"),), **given)
    with caplog.at_level("WARNING", logger="qtcore"):
        return cost.measure(sweep, longest=2.0).seconds(sweep)


def test_what_takes_too_long_to_be_timed_is_told(caplog):
    """It was waited for, whatever it took."""
    begun = time.monotonic()
    seconds = _planned(caplog)
    assert time.monotonic() - begun < 60  # 7^8 tenths of a millisecond are ten minutes
    assert "was not timed at 1 of 2 points, first at gate 7: in all it takes longer" in caplog.text
    assert max(seconds) >= 1.5, "at least as long as it was waited for"


def test_what_takes_too_long_follows_from_a_stated_cost(caplog):
    seconds = _planned(caplog, cost=steep)
    assert not caplog.text, "it is known, though it was not timed"
    assert seconds[2] / seconds[0] == pytest.approx(7.0**8)


def in_long_lanes(point, realizations):
    """Take as long for eight realizations as for one."""
    time.sleep(0.02 if point.gate == 1.0 else 0.8)
    return {"x": np.zeros(len(realizations))}


@pytest.mark.parametrize(("longest", "calls"), [(1.4, "one"), (2.2, "one and two")])
def test_lanes_of_a_point_are_known_though_the_time_ended(caplog, monkeypatch, longest, calls):
    """A plan was ten times too long: it took the seconds of one realization for those of each."""
    monkeypatch.setattr(cost, "QUICK", 0.5)
    preset = qt.Preset(gate=qt.Axis((1.0, 40.0)), realizations=10_000)
    sweep = make_sweep(
        "own", preset, 1, solve=in_long_lanes, variables=(qt.Variable("x"),), cost=stated
    )
    with caplog.at_level("WARNING", logger="qtcore"):
        found = cost.measure(sweep, longest=longest).seconds(sweep)
    assert not caplog.text, "two calls say enough, and the stated cost says the rest"
    assert found[1] == pytest.approx(0.1, rel=0.3), calls
