"""Samples of the return probability, and what the checks say of numbers that are made up."""

import numpy as np
import pytest
import xarray as xr
from scipy.linalg import eigh_tridiagonal

import qtcore as qt
from qtcore.theory.return_probability import Packet
from qtcore.theory.walks import ever_home, home_probability
from qtcore.workflow import load

WORKFLOW = load("return_probability")
OWN = WORKFLOW.solve.__globals__
WALKS, WAVES, CONE = range(6), range(7, 12), 12


def test_a_chain_saturates_at_what_its_levels_say():
    """Sites in the middle of ten chains, by diagonalisation; 0.0398(2) of eighty chains."""
    times, chain = np.geomspace(10, 3000, 12), qt.Wire(qt.Chain(), qt.Box(1.0))
    P = []
    for number in range(10):
        eps = chain.onsite(number, range(400), 1)[:, 0]
        levels, vectors = eigh_tridiagonal(eps, np.ones(399))
        A = np.exp(-1j * np.outer(times, levels)) @ (vectors[100:300:4] ** 2).T
        P.append((np.abs(A) ** 2).mean(axis=1))
    P, error = np.array(P), np.std(P, axis=0).mean() / np.sqrt(10)
    assert error < 0.0025
    assert P.mean() == pytest.approx(OWN["SATURATED"], abs=3 * error)
    assert np.polyfit(np.log(times), np.log(P.mean(axis=0)), 1)[0] == pytest.approx(0, abs=0.05)


def test_walks_are_home_after_even_steps_as_often_as_they_should():
    sweep = WORKFLOW.sweep(WORKFLOW.presets["quick"], 1)
    point = next(one for one in sweep.all_points() if one.kind == "walk" and one.d == 2)
    at_home = OWN["walked"](point, 3)
    assert not at_home[:, ::2].any()
    expected = home_probability(2, 8)[1:]
    error = np.sqrt(expected / len(at_home))
    assert (np.abs(at_home[:, 1:8:2].mean(axis=0) - expected) < 4 * error).all()


def test_equivalent_momenta_have_the_energy_of_the_wave_and_lie_elsewhere():
    k = np.array(OWN["K"])
    for sign in (1, -1):
        assert not (np.abs(k[::-1] * (1, sign) + k).max(axis=0) < 8).all()
    assert len(set(OWN["OFFSETS"])) == OWN["STEPS"]


def rows_of(factor=1.0, power=0.0, cone=1.0, chain=1.0):
    """Return the rows of samples that follow theory, but for a factor or a power of the time of waves."""
    rng = np.random.default_rng(1)
    sweep = WORKFLOW.sweep(WORKFLOW.presets["quick"], 1)
    shape = (*sweep.grid, sweep.largest_count, OWN["STEPS"])
    came, over = np.full(shape, np.nan), np.full(shape, np.nan)
    for point in sweep.all_points():
        t = OWN["times"](point)
        spread = 1 / np.sqrt(OWN["STARTS"])
        if point.kind in ("walk", "ever"):
            of = home_probability if point.kind == "walk" else ever_home
            mean = of(point.d, int(t[-1]))[t.astype(int) // 2]
            spread = 1 / np.sqrt(OWN["WALKS"] * mean)
        elif point.kind == "chain":
            mean = OWN["SATURATED"] * (t / t[0]) ** -chain
        elif point.kind == "cone":
            wave = Packet("square", point.edge, point.across, point.disorder, point.energy)
            mean = 1 + cone * (wave.cone(t[::2], OWN["Q"] / point.across)[0] - 1)
            spread = 0.6
        else:
            mean = OWN["packet"](point).home(t)[0] * (t / t[0]) ** power
            mean = mean if point.flux else factor * mean
        noise = rng.normal(1, spread, (point.realizations, OWN["STEPS"]))
        came[point.index][: point.realizations] = mean * noise
        over[point.index][: point.realizations] = 1.0
    dims, axis = ("sample", "realization", "step"), sweep.axes[0]
    ds = xr.Dataset(
        {"came": (dims, came), "over": (dims, over)},
        {
            "sample": list(axis.values),
            **{name: ("sample", [case[name] for case in axis.cases]) for name in OWN["KINDS"]},
        },
        {"spec": sweep.json_text},
    )
    return {row.key: row for row in WORKFLOW.checks(WORKFLOW.results(ds))}


def test_theory_passes_and_one_row_is_weak():
    rows = rows_of(chain=0.0)
    assert all(row.passed for row in rows.values()), [k for k, r in rows.items() if not r.passed]
    # The window of a strip is short; in a field it has fewer realizations.
    assert {key for key, row in rows.items() if row.is_weak} <= {"exponent[sample=8]"}


def test_waves_that_do_not_interfere_and_chains_that_diffuse_fail():
    rows = rows_of(factor=0.5, cone=0.0, chain=0.5)
    failed = {key for key, row in rows.items() if not row.passed}
    assert {"doubling", "peak[sample=12]", "exponent[sample=6]", "P[sample=9]"} <= failed
    assert not failed & {f"P[sample={n}]" for n in (0, 1, 2, 8, 10)}


def test_packets_that_spread_as_those_of_another_dimension_fail():
    failed = {key for key, row in rows_of(power=0.5, chain=0.0).items() if not row.passed}
    assert {f"exponent[sample={n}]" for n in WAVES} <= failed


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"like": 9, "last": 300.0}, r"sample 13 \(square, W = 1.5 t\): packets have gone around"),
        ({"like": 9, "first": 5.0}, r"times must lie between 27.*got 5 to 100"),
        ({"like": 7, "across": 4, "disorder": 3.0}, "has no window of times"),
        ({"like": 9, "energy": 4.2}, "the band reaches from -4 to 4 t, got the energy"),
    ],
)
def test_windows_that_say_nothing_are_refused_before_the_run(case, words):
    preset = WORKFLOW.presets["quick"].changed({"sample": [case]})
    with pytest.raises(qt.InputError, match=words):
        WORKFLOW.sweep(preset, 1)
