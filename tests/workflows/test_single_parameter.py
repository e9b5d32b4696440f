"""Chains: made-up samples of a known law pass, others fail, and theory between points is its own."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.theory import one_channel
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "single_parameter.py"


@pytest.fixture(scope="module")
def workflow():
    return load(DEFINITION)


CASE = {"region": "band", "energy": 0.6, "box": 0.5, "cauchy": 0.0}
GAMMA = 0.5**2 / 24 / (4 - 0.36)


def definition():
    """What the file of the definition defines, by name."""
    return runpy.run_path(str(DEFINITION))


def chains(workflow, cases, realizations, transmission, seed=3):
    """A dataset as a store of these cases opens; `transmission(s, rng)` draws ln T at s = L / l."""
    settings = {"sample": cases}
    sweep = workflow.sweep(workflow.presets["quick"].changed(settings, realizations), 1)
    dims = ("sample", "realization", "length")
    ln_g = np.full((*sweep.grid, realizations, len(sweep.lengths)), np.nan)
    for point in sweep.all_points():
        window = slice(*point.span)
        gamma = theory_of(point)
        rng = np.random.default_rng([seed, *point.index])
        ln_g[point.index][:, window] = transmission(
            2 * gamma * np.array(point.lengths, dtype=float), realizations, rng
        )
    return xr.Dataset(
        {
            "ln_g": (dims, ln_g),
            "certificate": (dims, np.where(np.isnan(ln_g), np.nan, 1e-12)),
            "suspect": (dims, np.where(np.isnan(ln_g), -1, 0)),
        },
        coords={
            "sample": list(sweep.axes[0].values),
            "length": list(sweep.lengths),
            "finished": ("sample", np.full(sweep.grid, realizations)),
            **{
                name: ("sample", [getattr(point, name) for point in sweep.all_points()])
                for name in ("region", "energy", "box", "cauchy")
            },
        },
        attrs={"spec": sweep.json_text},
    )


def theory_of(point):
    """γ of a chain in the band by Thouless."""
    return point.box**2 / 24 / (4 - point.energy**2)


def brownian(s, count, rng):
    """ln T of one channel: at s = 15 from its exact law, and from there on its exact motion far out.

    There ln T falls by s with the variance 2 s. Shorter chains, which no check sees, are a bridge.
    """
    far = 15.0
    x = np.linspace(-far - 14 * np.sqrt(2 * far), 0, 20_001)
    law = one_channel.ln_transmission_distribution(x, far)
    start = np.interp(rng.random((count, 1)), law, x)
    early, late = s[s <= far], s[s > far]
    steps = np.diff(late, prepend=far)
    walk = (rng.normal(size=(count, len(late))) * np.sqrt(2 * steps) - steps).cumsum(axis=1)
    bridge = rng.normal(size=(count, len(early))) * np.sqrt(2 * early * (far - early) / far)
    return np.concatenate([start * early / far + bridge, start + walk], axis=1)


def rows_of(workflow, ds):
    result = workflow.results(ds)
    return result, {row.key: row for row in workflow.checks(result)}


def test_skewness_and_kurtosis_are_those_of_one_channel_and_not_zero():
    """At 24 ξ they are −0.016 and −0.011, while those of a normal ln g are 0."""
    at = SimpleNamespace(**CASE, realizations=2_000_000, length=np.array([4000.0, 24 / GAMMA]))
    expected = definition()["expect"](at)
    skewness, kurtosis = expected["skewness"], expected["kurtosis"]
    assert skewness.value == pytest.approx(-14.42 / (96 - np.pi**2 / 3) ** 1.5, rel=1e-3)
    assert kurtosis.value == pytest.approx(-90.9 / (96 - np.pi**2 / 3) ** 2, rel=1e-3)
    # What is left out is small beside both, so that `paper` (errors 0.0017, 0.0035) tells them from 0.
    assert skewness.left_out < 0.1 * abs(skewness.value) + 1.1e-3
    assert kurtosis.left_out < 0.1 * abs(kurtosis.value)


def test_samples_of_the_law_of_one_channel_pass(workflow):
    """40,000 chains: standard errors 0.012 of the skewness and 0.025 of the kurtosis."""
    _, rows = rows_of(workflow, chains(workflow, (0, 1, 2), 40_000, brownian))
    mine = [
        row for key, row in rows.items() if key.startswith(("band_gamma", "slope", "skew", "kurt"))
    ]
    assert len(mine) == 4
    assert [row.name for row in mine if not row.passed] == []


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (lambda ln_t: ln_t * 1.03, "band_gamma"),
        (lambda ln_t: ln_t.mean(axis=0) + 1.1 * (ln_t - ln_t.mean(axis=0)), "slope"),
        (lambda ln_t: ln_t + 0.02 * (ln_t - ln_t.mean(axis=0)) ** 2, "skewness"),
    ],
)
@pytest.mark.first_cases(1)
def test_wrong_chains_fail(workflow, wrong, name):
    def transmission(s, count, rng):
        return wrong(brownian(s, count, rng))

    _, rows = rows_of(workflow, chains(workflow, (0, 1, 2), 40_000, transmission))
    mine = [row for key, row in rows.items() if key.startswith(name)]
    assert mine
    assert not all(row.passed for row in mine)


def test_rows_name_their_chain(workflow):
    ds = chains(workflow, (0, 1, 2), 4000, brownian)
    _, rows = rows_of(workflow, ds)
    name = rows["band_gamma"].name
    assert name in {f"worst γ (at sample {n} (energy {e}))" for n, e in enumerate((0.3, 0.6, 0.9))}


def test_theory_between_the_points_is_that_of_the_anomaly():
    """At the band edge γ is 0.2893 σ^(2/3) however few energies were computed."""
    panels = definition()["PANELS"]
    panel = panels["edge"]
    x = np.linspace(-3, 4, 29)
    found = panel.law(SimpleNamespace(box=0.8), x)
    assert found[x == 0] == pytest.approx(0.289308, rel=1e-5)
    inset = panel.inset.law(SimpleNamespace(box=0.8), np.array([0.0, -3.0]))
    assert inset == pytest.approx([qt.edge_anomaly(0.0)[1], qt.edge_anomaly(-3.0)[1]])
    centre = panels["centre"].law(SimpleNamespace(box=0.5), np.array([0.0]))
    assert centre == pytest.approx(0.1142366, rel=1e-6)
    slope = panels["centre slope"].law(SimpleNamespace(box=0.5), np.array([0.0]))
    assert slope == pytest.approx(2 * np.pi / 3, rel=1e-6)
    lloyd = panels["Lloyd"].law(SimpleNamespace(energy=0.0), np.array([1.0]))
    assert lloyd == pytest.approx(np.arcsinh(0.5))


def test_a_worker_needs_little_memory_for_the_largest_preset(workflow):
    """16.5 GB once, since one call returned millions of short chains."""
    from qtcore.sweep.plan import block_length, make_plan

    sweep = workflow.sweep(workflow.presets["paper"], 1)
    plan = make_plan(sweep, block_length(sweep), workers=2)
    assert plan.worker_bytes < 1.5e9


@pytest.mark.parametrize("name", ["single_parameter", "localization"])
def test_slopes_of_variances_that_are_small_by_chance_weigh_no_more(name):
    """Their error goes with their value: weighted by it, 300 realizations gave 2 % too little."""
    slopes = [one for one in load(name).quantities if one.name in ("slope", "variance_slope")]
    assert [one.check for one in slopes] == ["average"]


def test_shapes_are_compared_where_one_parameter_says_all():
    expect = definition()["expect"]
    for energy, is_compared in ((0.6, True), (0.0, False), (2.0, False)):
        at = SimpleNamespace(
            region="band",
            energy=energy,
            box=0.5,
            cauchy=0.0,
            length=np.array([10**6]),
            realizations=5000,
        )
        assert expect(at)["skewness"].where == is_compared
