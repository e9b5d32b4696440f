"""Sweeps of which the analysis could say nothing are refused before anything is computed."""

import pytest

import qtcore as qt
from qtcore.workflow import load


def sweep(name, **settings):
    workflow = load(name)
    return workflow.sweep(workflow.presets["quick"].changed(settings), 1)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("transition_3d", {"disorder": "20:30:8"}, "strengths from 14.5 to 18.6 t"),
        ("transition_3d", {"disorder": "17,18,19,20,21,22"}, "0 of 3 sizes"),
        ("transition_unitary_3d", {"disorder": "10:16:8"}, "strengths from 16.5 to 21 t"),
        ("transition_symplectic", {"width": "2,4,8"}, "strips of 8 sites or more"),
        ("quantum_hall_transition", {"x": "0.5:1:7"}, r"with \|x\| below 0.8"),
        ("quantum_hall_transition", {"width": "1,4"}, "1 of 2 sizes"),
        (
            "quantum_hall_transition",
            {"x": "-500:500:7"},
            "x takes numbers from -20 to 20, got -500",
        ),
        ("quantum_hall_transition", {"slices": 5}, "slices takes whole numbers >= 6, got 5"),
        ("transition_3d", {"slices": 15}, "slices takes whole numbers >= 16, got 15"),
        ("level_statistics", {"kept": 30}, "kept is 24, got 30"),
        ("level_statistics", {"disorder": "0,16,17"}, "degenerate: disorder must be > 0, got 0"),
        ("single_parameter", {"sample": '[{"like": 0, "region": "foo"}]'}, "region 'foo'"),
        ("single_parameter", {"sample": '{"like": 0, "box": 0}'}, "box 0, cauchy 0"),
        ("single_parameter", {"sample": '[{"like": 0, "cauchy": 1.0}]'}, "region 'band', box 0.5"),
        ("single_parameter", {"sample": '[0, {"like": 0, "box": -1}]'}, "box -1"),
        ("conductance_distribution", {"sample": '{"like": 1, "kind": "tube"}'}, "kind 'tube'"),
        ("conductance_distribution", {"sample": '{"like": 0, "edge": 3}'}, "'chain' with edge 3"),
    ],
)
def test_refused(name, settings, message):
    with pytest.raises(qt.InputError, match=message):
        sweep(name, **settings)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("transition_3d", {"disorder": "14.5:18.5:6", "width": "4,6"}),
        ("quantum_hall_transition", {"x": "0:0.3:7", "width": "4,8"}),
        ("single_parameter", {"sample": '[0, {"like": 0, "energy": 0.7}]'}),
    ],
)
def test_taken(name, settings):
    assert sweep(name, **settings)
