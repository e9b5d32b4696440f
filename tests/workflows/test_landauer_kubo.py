"""Pairs of cross-sections beside dense matrices, lost current, and what is refused."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.workflow import load

WORKFLOW = load("landauer_kubo")
DEFINITION = Path(__file__).parents[2] / "workflows" / "landauer_kubo.py"


@pytest.fixture(scope="module")
def definition():
    """What the file of the definition defines, by name."""
    return runpy.run_path(str(DEFINITION))


def dense(H, M, energy):
    """Return T and 2 Tr[J_x Im G J_x' Im G] of a strip between leads like it, all from one dense inverse."""
    levels, chi = np.linalg.eigh(H[:M, :M] - np.diag(np.diag(H[:M, :M])))
    x = (energy - levels) / 2
    root = np.sqrt(np.abs(x**2 - 1))
    wave = np.where(np.abs(x) < 1, x - 1j * root, x - np.sign(x) * root)
    sigma = chi @ np.diag(wave) @ chi.conj().T
    inverse = energy * np.eye(len(H)) - H + 0j
    for end in (slice(0, M), slice(-M, None)):
        inverse[end, end] -= sigma
    G = np.linalg.inv(inverse)
    gamma = 1j * (sigma - sigma.conj().T)
    out = G[-M:, :M]
    T = np.trace(gamma @ out @ gamma @ out.conj().T).real
    absorptive = (G - G.conj().T) / 2j
    currents = []
    for x in range(len(H) // M - 1):
        J = np.zeros_like(G)
        here, next_one = slice(x * M, (x + 1) * M), slice((x + 1) * M, (x + 2) * M)
        J[next_one, here] = 1j * H[next_one, here]
        J[here, next_one] = -1j * H[here, next_one]
        currents.append(J @ absorptive)
    pairs = [[2 * np.trace(a @ b).real for b in currents] for a in currents]
    return T, np.array(pairs)


def test_pairs_are_those_of_dense_matrices(definition):
    point = SimpleNamespace(system="strip", disorder=2.0, energy=0.9, seed=1)
    strip = qt.Wire(qt.Square(6), qt.Box(2.0))  # without a field: lead and sample have one gauge
    definition["solve"].__globals__["wire"] = lambda _: strip
    found = definition["solve"](point, [0])
    H = qt.closed_sample(strip, 12, 0, seed=1).H.toarray()
    T, pairs = dense(H, 6, 0.9)
    assert found["through"][0] == pytest.approx(T, rel=1e-10)
    assert found["green"][0] == pytest.approx(T, rel=1e-10)
    assert found["kubo"][0] == pytest.approx(pairs, rel=1e-9)
    # What is lost on the way is missing in what comes out, and pairs notice.
    assert np.ptp(found["kubo_lossy"][0]) > 0.02


def made_up(pairs=0.0, sigma=1.0):
    """Return the rows of the table for pairs that are off, and for another conductivity of the torus."""
    sweep = WORKFLOW.sweep(WORKFLOW.presets["quick"], 1)
    cases = sweep.axes[0].cases
    rng, shape = np.random.default_rng(1), (*sweep.grid, max(sweep.realizations))
    dims = (*(axis.name for axis in sweep.axes), "realization")
    through = rng.uniform(1, 2, shape)
    kubo = through[..., None, None] * (1 + pairs * rng.uniform(-1, 1, (*shape, 11, 11)))
    tube = np.array([9.0, 6.0]) * rng.normal(1, 0.01, (*shape, 1))
    conductivity = 0.5 / (1 / 6 - 1 / 9) * sigma * rng.normal(1, 0.01, shape)
    ds = xr.Dataset(
        {
            "through": (dims, through),
            "green": (dims, through),
            "kubo": ((*dims, "cut", "other"), kubo),
            "kubo_lossy": ((*dims, "cut", "other"), kubo),
            "conductivity": (dims, conductivity),
            "tube": ((*dims, "half"), tube),
        },
        {axis.name: list(axis.values) for axis in sweep.axes}
        | {name: ("sample", [case[name] for case in cases]) for name in cases[0]},
        {"spec": sweep.json_text},
    )
    return {row.key: row for row in WORKFLOW.checks(WORKFLOW.results(ds))}


def test_a_pair_that_is_off_and_another_conductivity_fail():
    right, wrong, more = made_up(), made_up(pairs=1e-8), made_up(sigma=1.3)
    keys = [key for key in right if key.startswith("pairs")]
    assert len(keys) == 4
    assert all(right[key].passed and not wrong[key].passed for key in keys)
    ratios = [key for key in right if key.startswith("ratio")]
    assert all(right[key].passed and not more[key].passed for key in ratios)
    assert not any(right[key].is_weak for key in ratios)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"energy": 5.0}, "channel"),
        (
            {"sample": ({"system": "bulk", "disorder": 1.0, "edge": 40},)},
            "mean free path at W = 1 t is .* take stronger",
        ),
    ],
)
def test_bad_input_is_refused_before_the_run(settings, words):
    preset = WORKFLOW.presets["quick"].changed(settings)
    with pytest.raises(qt.InputError, match=words):
        WORKFLOW.sweep(preset, 1)
