"""Every shipped definition keeps the rules of qtcore.testing, on a tiny sweep of its own."""

import pytest
import xarray as xr

from qtcore import testing
from qtcore.workflow import load

TINY = {
    "aharonov_bohm": ({}, 2048),
    "cavity": (
        {"device": (0, 2), "flux": (-0.3, 0.0, 0.15, 0.3, 4.0), "delays": 24, "counted": 8},
        96,
    ),
    "channels": ({"width": (6, 20)}, 200),
    "conductance_distribution": ({"sample": (0, 1, 2, 3, 4)}, 2000),
    "dwell_time": ({}, 60),
    "drude": ({"method": (0, 1)}, 64),
    "fluctuations": (
        {
            "width": (30,),
            "disorder": (3.0,),
            "main_width": 30,
            "main_disorder": 3.0,
            "lengths": (40, 66, 84, 100),
            "fingerprint_length": 66,
            "flux": (-0.002, 0.0, 0.002, 0.004, 0.0043, 0.0049, 0.0067, 0.0076, 0.0085),
            "energy": (1.16, 1.161, 1.163, 1.169, 1.181, 1.2),
            "var_error": 0.2,
        },
        200,
    ),
    "landauer_kubo": ({"sample": (0, 2, 4)}, 80),
    "level_statistics": (
        {"size": (5, 8), "disorder": (7.0, 12.0, 14.0, 16.0, 18.0, 20.0, 300.0), "others": 60},
        100,
    ),
    "localization": (
        {
            "disorder": (0.7,),
            "width": (1, 4),
            "flux": (0.0, 0.05, 0.1, 0.15, 0.25, 0.45),
            "rashba": (0.0, 0.3),
        },
        300,
    ),
    "localized_squares": ({"size": (6, 8, 10, 12)}, 4000),
    "no_transition_2d": (
        {
            "width": (8, 16, 32),
            "disorder": (4.5, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0),
            "slices": 2100,
            "widest": 32,
        },
        32,
    ),
    "quantum_hall_transition": (
        {"width": (1, 4, 5, 6, 7, 8), "x": "-0.2:0.2:5", "slices": 300, "widest": 8},
        32,
    ),
    "noise_spectrum": ({}, 100),
    "quasi_1d": ({"width": (8,)}, 300),
    "regimes": ({"sample": (1, {"like": 3, "disorder": 2.0}), "probed": 12}, 300),
    "return_probability": ({}, 12),
    "resonances": ({"energy": (-1.3, -0.35, 0.0, 0.4, 0.5, 1.05)}, 1),
    "shot_noise": ({"energy": "0.572:0.628:15"}, 24),
    "single_parameter": ({"sample": (1, 10, 14, 19, 20, 22, 32)}, 4000),
    "staircase": ({"gate": "0.1:0.7:49", "energy": "-3.44:-3.16:9", "disorder": (0.0, 0.2)}, 8),
    "thouless_energy": ({}, 200),
    "transition_3d": ({"width": (4, 5, 6, 7, 8), "slices": 400}, 64),
    "transition_symplectic": ({"width": (8, 9, 10, 11, 12), "slices": 600}, 128),
    "transition_unitary_3d": ({"width": (4, 5, 6, 7, 8), "slices": 400}, 32),
    "weak_localization": (
        {"sample": (0, 4, 8, 10), "flux": (0.0, 5e-4, 9e-4, 2.2e-3, 5.5e-3), "error": 0.065},
        None,
    ),
}
"""By definition: what makes its sweep tiny, and the realizations; a name for each of its tests."""


DEAR = (
    "aharonov_bohm",
    "cavity",
    "conductance_distribution",
    "drude",
    "dwell_time",
    "fluctuations",
    "level_statistics",
    "localization",
    "localized_squares",
    "no_transition_2d",
    "noise_spectrum",
    "quantum_hall_transition",
    "quasi_1d",
    "regimes",
    "return_probability",
    "shot_noise",
    "single_parameter",
    "staircase",
    "thouless_energy",
    "transition_3d",
    "transition_symplectic",
    "transition_unitary_3d",
    "weak_localization",
)
"""Definitions whose tiny sweep or fits take seconds: the slow tests hold them against the rules."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[pytest.mark.slow] if name in DEAR else [])
        for name in sorted(TINY)
    ],
)
def trial(request, tmp_path_factory):
    settings, realizations = TINY[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    return testing.trial(request.param, folder, settings, realizations)


LONG = {
    "the_figure_is_legible": tuple(TINY),  # four figures
    "every_preset_plans": ("staircase", "resonances"),  # a paper preset of 155,000 points
    # many rows, or a long fit for each
    "what_is_off_by_its_notice_fails": (
        "channels",
        "localization",
        "return_probability",
        "single_parameter",
        "quantum_hall_transition",
        "staircase",
        "transition_3d",
        "transition_symplectic",
        "transition_unitary_3d",
        "weak_localization",
    ),
}
"""Rules that take more than five seconds for some definitions."""


@pytest.mark.parametrize("rule", testing.RULES, ids=lambda rule: rule.__name__)
def test_rule(trial, rule):
    if trial.workflow.name in LONG.get(rule.__name__, ()):
        pytest.skip("long: test_long_rule")
    rule(trial)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_long_rule(trial, name):
    if trial.workflow.name not in LONG[name]:
        pytest.skip("short: test_rule")
    getattr(testing, name)(trial)


BROUGHT_ALONG = '''
import qtcore as qt

HELD = qt.together("width")


def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(1.0))


{mark}
def again(at):
    return {{"g": len(str(wire(at.point(width=2))))}}


workflow = qt.Workflow(
    name="again", title="again", summary="again", wire=wire, measure=again,
    quantities=(qt.Quantity("g"),), presets={{"quick": qt.Preset(width=(2, 3), energy=0.5,
    lengths=(5,), realizations=10)}},
)
'''  # fmt: skip


def test_a_stage_that_became_a_part_of_the_store_is_noticed(tmp_path):
    for mark, is_apart in (('@qt.together("width")', True), ("@HELD", False)):
        path = tmp_path / f"again_{is_apart}.py"
        path.write_text(BROUGHT_ALONG.format(mark=mark), encoding="utf-8")
        trial = testing.Trial(load(path), xr.Dataset(), xr.Dataset(), tmp_path)
        if is_apart:
            testing.the_analysis_is_no_part_of_the_store(trial)
        else:
            with pytest.raises(AssertionError, match=r"^again became a part of .* @qt.together"):
                testing.the_analysis_is_no_part_of_the_store(trial)
