"""Rings of the solver, the law of independent rings, wrong signs that fail, and what is refused."""

from functools import lru_cache

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore import estimate
from qtcore.workflow import load

WORKFLOW = load("aharonov_bohm")
SWEEP = WORKFLOW.sweep(WORKFLOW.presets["quick"], 1)
CASES = SWEEP.axes[0].cases
COUNT = max(SWEEP.realizations)
DIMS = (*(axis.name for axis in SWEEP.axes), "realization", "length")


@lru_cache
def rows_of(second=-0.011, spin=0.011, first=0.0, odd=0.0, seed=1):
    """Return rows by their beginning, of made-up rings whose harmonics h/e and h/2e are known."""
    rng = np.random.default_rng(seed)
    ln_g = np.full((*SWEEP.grid, COUNT, len(SWEEP.lengths)), np.nan)
    draws = [rng.normal((first, mean), (0.11, 0.036), (COUNT, 2)) for mean in (second, spin)]
    for point in SWEEP.all_points():
        A = draws[point.ring][: WORKFLOW.realizations(point, COUNT)]
        g = 1.5 + A @ np.cos(2 * np.pi * point.flux * np.arange(1, 3))
        ln_g[point.index][: len(A), 0] = np.log(g + odd * np.sin(2 * np.pi * point.flux))
    ds = xr.Dataset(
        {"ln_g": (DIMS, ln_g)},
        {
            **{axis.name: list(axis.values) for axis in SWEEP.axes},
            **{name: ("ring", [case[name] for case in CASES]) for name in CASES[0]},
            "length": list(SWEEP.lengths),
        },
        {"spec": SWEEP.json_text},
    )
    rows = WORKFLOW.checks(WORKFLOW.results(ds))
    return {row.key.replace("[ring=", "").rstrip("]"): row for row in rows}


def test_rings_as_theory_wants_them_pass():
    rows = rows_of()
    assert all(row.passed for row in rows.values()), [
        k for k, row in rows.items() if not row.passed
    ]
    assert float(rows["exponent0"].value) == pytest.approx(-0.5, abs=0.08)


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({"second": 0.011}, "doubt0"),
        ({"second": 0.0}, "doubt0"),
        ({"spin": -0.011}, "doubt1"),
        ({"first": 0.03}, "first0"),
        ({"first": 0.03}, "exponent0"),
        ({"odd": 1e-6}, "odd"),
    ],
)
def test_other_physics_fails(changed, failing):
    found = [row for key, row in rows_of(**changed).items() if key.startswith(failing)]
    assert found
    assert not any(row.passed for row in found)


def test_the_error_of_the_exponent_is_covered():
    """200 ensembles of 512 rings: a rms of z has the standard error 0.05."""
    squares, rings = (
        WORKFLOW.measure[0].function.__globals__["squares_of_means"],
        (1, 2, 4, 8, 16, 32),
    )
    rng, z = np.random.default_rng(2), []
    for _ in range(200):
        A = rng.normal(0, 0.1, 512)
        rms = estimate.stack([estimate.mean(squares(A, R)) for R in rings]) ** 0.5
        found = estimate.fit_power(np.array(rings, float), rms).exponent
        z.append((float(found.values) + 0.5) / found.error)
    assert 0.7 < np.sqrt(np.mean(np.square(z))) < 1.3


def test_the_flux_through_the_hole_alone_matters():
    """The same ring with the tube at another place of its hole."""
    point = next(one for one in SWEEP.all_points() if one.ring == 0 and one.flux == 0.25)
    wire, length = WORKFLOW.wire(point), SWEEP.lengths[0]
    missing, tube = wire.structure
    moved = qt.Wire(
        wire.lattice, wire.disorder, lead_lattice=wire.lead_lattice, lead_offset=wire.lead_offset,
        structure=[missing, qt.FluxTube(tube.x + 3, tube.y - 2, tube.flux)],
    )  # fmt: skip
    one, other = (qt.ln_conductance(each, 1.5, [length], range(2), 1) for each in (wire, moved))
    assert one == pytest.approx(other, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inner": 0.5}, r"a ring needs a hole .* at least 1.5 sites, got 0.5"),
        ({"outer": 8.0}, r"the arms of a ring from 7.5 to 8 sites are cut apart"),
        (
            {"energy": 3.9},
            r"leads of 5 sites have no open channel at 3.9 t, beyond their first threshold",
        ),
    ],
)
def test_bad_input_is_refused_before_the_run(change, words):
    ring = {"inner": 7.5, "outer": 12.5, "lead": 5, "coupling": 0.0}
    kept = {key: value for key, value in change.items() if key == "energy"}
    own = {key: value for key, value in change.items() if key != "energy"}
    settings = {"ring": (0, 1, ring | own)} | kept if own else kept
    with pytest.raises(qt.InputError, match=words):
        WORKFLOW.sweep(WORKFLOW.presets["quick"].changed(settings), 1)
