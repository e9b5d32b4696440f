"""The cavity beside dense matrices, and what is refused before anything is computed."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.workflow import load

WORKFLOW = load("cavity")
DEFINITION = Path(__file__).parents[2] / "workflows" / "cavity.py"


@pytest.fixture(scope="module")
def definition():
    """What the file of the definition defines, by name."""
    return runpy.run_path(str(DEFINITION))


def point(**given):
    """A point of the sweep, small enough for dense matrices."""
    known = {
        "kind": "chaotic", "edge": 18, "mouth": 3, "flux": 0.0, "strong": 4.0, "disc": 0.12, "roughness": 4.0,
        "energy": -2.45, "window": 0.4, "delays": 1, "counted": 1, "seed": 1,
    }  # fmt: skip
    return SimpleNamespace(**known | given)


def self_energy(mouth, energy):
    """Return that of a lead of a few sites on the sites that it touches, by its transverse modes."""
    n = np.arange(1, mouth + 1)
    chi = np.sqrt(2 / (mouth + 1)) * np.sin(np.pi * np.outer(n, n) / (mouth + 1))
    x = (energy - 2 * np.cos(np.pi * n / (mouth + 1))) / 2
    root = np.sqrt(np.abs(x**2 - 1))
    wave = np.where(np.abs(x) < 1, x - 1j * root, x - np.sign(x) * root)
    return chi @ np.diag(wave) @ chi


@pytest.mark.parametrize("flux", [0.0, 4.0])
def test_transmission_and_levels_are_those_of_dense_matrices(definition, flux):
    at = point(flux=flux)
    found = definition["solve"](at, [0, 1])
    wire, gaps = definition["chaotic"](at), definition["geometry"](18, 3, 0.12)[0]
    energy = at.energy + at.window * (-0.5 + 3 / 11)
    H = qt.closed_sample(wire, 18, 1, seed=1).H.toarray()
    ends = [gaps[0] + np.arange(3), 17 * 18 + gaps[1] + np.arange(3)]
    sigma = self_energy(3, energy)
    inverse = energy * np.eye(18 * 18) - H + 0j
    for end in ends:
        inverse[np.ix_(end, end)] -= sigma
    G = np.linalg.inv(inverse)[np.ix_(ends[1], ends[0])]
    gamma = 1j * (sigma - sigma.conj().T)
    T = np.trace(gamma @ G @ gamma @ G.conj().T).real
    assert found["T_n"][1, 3, 0] == pytest.approx(T, rel=1e-4)  # missing sites are at 2^20 t in H
    levels = observe.eigenvalues(qt.closed_sample(wire, 18, 0, seed=1).H)
    inside = (levels > at.energy - 0.2) & (levels < at.energy + 0.2)
    assert found["levels"][0] == pytest.approx(inside.sum() / 0.4)
    assert np.isnan(found["levels"][1])


def test_delay_times_are_those_of_dense_matrices(definition):
    """Tr Q = -2 Im Tr[G (1 - dSigma/dE)] (Friedel)."""
    at, step = point(), 1e-6
    energy, gaps = at.energy - at.window / 2, definition["geometry"](18, 3, 0.12)[0]
    H = qt.closed_sample(definition["chaotic"](at), 18, 0, seed=1).H.toarray()
    ends = [gaps[0] + np.arange(3), 17 * 18 + gaps[1] + np.arange(3)]
    slope = (self_energy(3, energy + step) - self_energy(3, energy - step)) / (2 * step)
    inverse, kept = energy * np.eye(18 * 18) - H + 0j, np.eye(18 * 18) + 0j
    for end in ends:
        inverse[np.ix_(end, end)] -= self_energy(3, energy)
        kept[np.ix_(end, end)] -= slope
    stay = -2 * np.trace(np.linalg.solve(inverse, kept)).imag
    found = definition["solve"](at, [0])
    assert found["delay"][0, 0] == pytest.approx(stay, rel=1e-4)
    assert np.isfinite(found["inverse"][0, ::2]).all()
    assert np.isnan(found["inverse"][0, 1::2]).all()


def test_a_regular_cavity_has_lengths_and_places_of_its_own(definition):
    at = point(kind="regular", flux=1.0, edge=12)
    T = definition["solve"](at, [0, 1, 16])["T_n"][..., 0]
    wire = definition["cavity"](at, (8, 16 % 8 + 1))
    alone = qt.ln_conductance(wire, at.energy - 0.2, [12], [0], seed=1)
    assert T[2, 0] == pytest.approx(np.exp(alone[0, 0]), rel=1e-9)
    assert len(np.unique(T[:, 0].round(6))) == 3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"energy": -3.5},
            r"the first threshold of leads of 3 sites is at -3.414 t .* no channel is open there",
        ),
        ({"disc": 0.46}, r"a disc of radius 20.2 closes a lead"),
        ({"disc": 0.02}, r"one lead sees the other"),
        ({"window": 0.01}, r"correlated over .* need a window of .* got 0.01 t"),
        ({"flux": (0.0, 4.0)}, r"flux"),
        (
            {"device": ({"kind": "chaotic", "mouth": 5, "edge": 30},), "disc": 0.2},
            r"electrons stay .* random matrices need 10",
        ),
    ],
)
def test_bad_input_is_refused_before_the_run(settings, words):
    preset = WORKFLOW.presets["quick"].changed(settings)
    with pytest.raises(qt.InputError, match=words):
        WORKFLOW.sweep(preset, 1)
