"""T between all leads of more than 200 drawn bars is what Kwant finds."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt

from .terminals_drawn import drawn, onsite

REFERENCE = Path(__file__).with_name("terminals_reference.json")
STORED = json.loads(REFERENCE.read_text(encoding="utf-8"))["T"]


def built(number):
    """Return a drawn bar, and what is drawn."""
    bar = drawn(number)
    wire = qt.Wire(qt.Square(bar["width"]), qt.Fixed(onsite(number, bar)), flux=bar["flux"])
    ends = []
    for end in ("left", "right"):
        lead = bar[end]
        same = lead["width"] == bar["width"] and not lead["offset"]
        own = {} if same else {"lattice": qt.Square(lead["width"]), "offset": lead["offset"]}
        ends.append(qt.EndLead(shift=lead["shift"], field=lead["field"], **own))
    sides = [qt.SideLead(**side) for side in bar["sides"]]
    plain = all(bar[end] == {**bar["left"], "width": bar["width"], "shift": 0.0, "offset": 0}
                for end in ("left", "right"))  # fmt: skip
    if plain:
        # Ends like the sample belong to the wire, which is what the lanes take.
        field = bar["left"]["field"]
        own_field = qt.Wire(wire.lattice, wire.disorder, bar["flux"], field_in_leads=field)
        return qt.Bar(own_field, sides), bar
    return qt.Bar(wire, sides, *ends), bar


def numbers_in_lanes():
    from qtcore.solve.terminal_transfer import is_carried

    return [n for n in STORED if is_carried(built(int(n))[0])]


def test_there_are_bars_of_two_to_six_leads_for_both_solvers():
    assert len(STORED) >= 200
    assert {len(T) for T in STORED.values()} == {2, 3, 4, 5, 6}
    assert 60 < len(numbers_in_lanes()) < len(STORED) - 60


@pytest.mark.parametrize("part", range(4))
@pytest.mark.first_cases(1)
def test_the_same_T_as_kwant(part):
    for number in list(STORED)[part::4]:
        bar, asked = built(int(number))
        (found,) = qt.terminal_scattering(bar, asked["energy"], [asked["length"]], [0], seed=1)
        T = np.array(STORED[number])
        apart = ~np.eye(len(T), dtype=bool)
        np.testing.assert_allclose(found.T[0], T, rtol=0, atol=3e-11, err_msg=number)
        # Kwant itself knows T to about 1e-15 of one.
        known = apart & (T > 1e-8)
        off = np.abs(found.ln_T[0][known] - np.log(T[known]))
        assert (off < found.certificate[0][known] + 1e-13 / np.sqrt(T[known])).all(), number
        assert not found.suspect.any()


@pytest.mark.skipif(
    importlib.util.find_spec("kwant") is None, reason="Kwant (extra `kwant`) is not installed"
)
def test_the_reference_is_what_kwant_finds_here():
    place = REFERENCE.with_suffix(".py")
    spec = importlib.util.spec_from_file_location("terminals_reference", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for number in list(STORED)[::20]:
        np.testing.assert_allclose(module.transmissions(int(number)), STORED[number], atol=1e-11)
