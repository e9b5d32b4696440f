"""Delays of waves: stages on made samples whose law is known, and on samples with another one."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt

DEFINITIONS = Path(__file__).parents[2] / "workflows"


@pytest.fixture(scope="module")
def dwell_time():
    return runpy.run_path(str(DEFINITIONS / "dwell_time.py"))


@pytest.fixture(scope="module")
def thouless_energy():
    return runpy.run_path(str(DEFINITIONS / "thouless_energy.py"))


def chain(delays):
    return SimpleNamespace(delay=delays[:, None, :], energy=1.19, disorder=0.7)


def test_rates_of_a_long_chain(dwell_time):
    # 4000 waves of the law itself: the mean to 1.6 %, the spread to 4.5 % (an exponential has kurtosis 9).
    at = chain(np.zeros((1, 2)))
    expected = dwell_time["expect_reflection"].function(at)
    rate, v = float(expected["rate"].value), np.sqrt(4 - at.energy**2)
    drawn = np.random.default_rng(3).exponential(rate, (2000, 2))
    found = dwell_time["reflection"].function(chain(1 / drawn - 1 / v))
    assert abs(float(found["rate"]) / rate - 1) < 3 * 0.016
    assert found["rate"].error / rate == pytest.approx(0.016, rel=0.1)
    assert abs(float(found["spread"]) - 1) < 3 * 0.045
    # Times of another law with the same mean rate: far too even.
    even = dwell_time["reflection"].function(chain(1 / np.full((2000, 2), rate) - 1 / v))
    assert float(even["spread"]) < 0.01


def ring(curvatures):
    k = curvatures[:, None, None, :]
    ln = np.log(np.abs(k)).mean(axis=3)
    return SimpleNamespace(
        curvature=k, ln_curvature=ln, energy=np.array([1.19]), fermi=1.19, where=lambda *_: 0
    )


def test_shapes_of_curvatures(thouless_energy):
    # |k| = x / sqrt(1 - x²) with x uniform is von Oppen's law; 8000 draws know the share to 0.006.
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, (400, 20))
    found = thouless_energy["shape"].function(ring(x / np.sqrt(1 - x**2)))
    assert abs(float(found["below"]) - 0.5) < 0.02
    normal = thouless_energy["shape"].function(ring(rng.standard_normal((400, 20))))
    assert abs(float(normal["below"]) - 0.5) > 0.03


def test_what_is_refused_before_anything_is_computed():
    weak = {"system": [0, 1, 2, {"like": 1, "disorder": 1.0}]}
    with pytest.raises(
        qt.InputError, match=r"no strip is diffusive at E = 1\.19 and W = 1 t: the longest"
    ):
        qt.plan("dwell_time", settings=weak)
    near = (1.19, 1.1901, 1.1902, 1.1903, 1.1904, 1.1905)
    with pytest.raises(qt.InputError, match="the correlation window is longer than the data"):
        qt.plan("thouless_energy", settings={"energy": near})
