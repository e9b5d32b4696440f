"""What a user's own function costs is timed as it is called: for many realizations at once."""

import time

import numpy as np

import qtcore as qt
from qtcore.sweep.build import make_sweep
from qtcore.sweep.cost import measure


def solve(point, realizations):  # noqa: ARG001 - as the engine calls it
    """Take 10 ms for a call, whatever it is asked for."""
    time.sleep(0.01)
    return {"x": np.zeros(len(realizations))}


def test_a_call_is_shared_by_its_realizations():
    preset = qt.Preset(gate=qt.Axis((0.0,)), realizations=1000)
    sweep = make_sweep("own", preset, 1, solve=solve, variables=(qt.Variable("x"),))
    (seconds,) = measure(sweep).seconds(sweep)
    # 25 realizations at once take what one takes alone; a busy machine may halve that.
    assert seconds < 0.005
