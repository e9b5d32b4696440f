"""One conductivity by three ways: samples that were made up, and requests that are refused."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import qtcore as qt
from qtcore.theory.coherent_potential import coherent_potential
from qtcore.workflow import load

PATH = Path(__file__).parents[2] / "workflows" / "drude.py"
WORKFLOW = load(PATH)


@pytest.fixture(scope="module")
def definition():
    """What the file of the definition defines, by name."""
    return runpy.run_path(str(PATH))


def point(way, flux=0.0, **more):
    return SimpleNamespace(
        disorder=3.0, energy=1.5, around=64, flux=flux, **{**way._asdict(), **more}
    )


def readings_of(definition, at, sigma):
    """What a way reads where the conductivity is as given, with 1 % of scatter."""
    places = np.array(definition["readings"](at), dtype=float)
    if at.way == "Landauer":
        exact = 1 / (0.05 + places / (sigma * at.around))
    elif at.way == "Kubo":
        exact = np.full(len(places), sigma)
    else:
        D = sigma / (2 * np.pi * coherent_potential(1.5, 3.0).density)
        exact = 40 + 2 * D * places
    rng = np.random.default_rng(2)
    return exact * (1 + 0.002 * rng.standard_normal((64, len(places))))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_way_reads_the_conductivity_off(definition, number):
    at = point(definition["QUICK"][number])
    at.reading = readings_of(definition, at, 3.3)
    found = definition["measure"](at)["sigma"]
    assert found.values[-1] == pytest.approx(3.3, abs=4 * found.error[-1] + 1e-9)
    assert found.error[-1] < 0.05


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_conductivity_a_sixth_off_fails(definition, number):
    at = point(definition["QUICK"][number])
    right = definition["theory"](at)[1].sigma[-1]
    for sigma, passes in ((right, True), (right * 7 / 6, False)):
        at.reading = readings_of(definition, at, sigma)
        found, expected = definition["measure"](at)["sigma"], definition["expect"](at)["sigma"]
        off = abs(found.values[-1] - expected.value[-1])
        assert (off <= expected.left_out[-1] + 3 * found.error[-1]) == passes


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"method": (0,), "disorder": (1.5,)},
            r"^no diffusive window: l = 15.\d sites is not below a fifth of the longest cylinder, 32",
        ),
        (
            {"method": (0, {"like": 2, "last": 60.0})},
            r"^packets come to the ends of 192 slices at about t = 2\d ħ/t and are watched until 60:",
        ),
        (
            {"method": (0, {"like": 1, "last": 1e12})},
            r"(?s)1e\+12 moments.* take fewer of them",
        ),
        (
            {"method": (0, {"like": 1, "last": 4000.0})},
            r"^4000 moments tell single levels of 64 × 64 sites apart",
        ),
        ({"flux": (0.0, 0.02)}, r"^64 sites around close for a flux of n/64 h/e, got 0.02: take 0.015625"),
        ({"method": (0, {"like": 1, "way": "Hall"})}, r"^a method is one of .* got Way\(way='Hall'"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused_before_the_run(settings, words):
    preset = WORKFLOW.presets["quick"].changed(settings)
    with pytest.raises(qt.InputError, match=words):
        WORKFLOW.sweep(preset, 1)
