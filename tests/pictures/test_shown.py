"""What objects show of themselves: short, with units, no addresses, no pages of numbers."""

import re

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.errors import brief
from qtcore.shown import Card, plain
from qtcore.workflow.listing import list_workflows

LINES = 12

STRIP = qt.Wire(qt.Square(4), qt.Box(1.0), flux=0.01)
BAR = qt.HallBar(5, (2, 8), 3, qt.Box(0.3))
PAIRED = qt.Wire(qt.Square(3), terms=[qt.SWavePairing(0.3), qt.ChemicalPotential(0.2)])


def potential(x, y):
    return 0 * x * y


def of_workflows():
    workflow = next(one.workflow for one in list_workflows() if one.name == "localization")
    plan = qt.plan("localization", preset="quick", store="none.zarr")
    return [workflow, *workflow.presets.values(), plan, plan.sweep]


def of_solvers():
    sample = qt.sample_with_leads(STRIP, 0.5, 8, [0, 3], 1)
    states = observe.scattering_states(sample)
    inside = observe.terminal_states(BAR, -1.5, 13, 0, 1)
    return [
        sample,
        qt.closed_sample(STRIP, 8, 0, 1),
        qt.scattering(STRIP, 0.5, [5, 10], range(8), 1),
        qt.scattering_matrices(STRIP, 0.5, [5], [0], 1)[0],
        qt.terminal_scattering(BAR, -1.5, [13], range(2), 1)[0],
        observe.bond_currents(sample, states),
        inside,
        inside.currents("left"),
    ]


def of_models():
    return [
        STRIP,
        BAR,
        PAIRED,
        qt.Wire(
            qt.Honeycomb(6),
            [qt.Vacancies(0.01), qt.Gaussian(0.5), qt.Fixed(potential)],
            gates=[potential, lambda x, _: x, qt.Billiard(lambda x, _: x > -1)],
            structure=[
                qt.MissingSites(lambda x, _: x < -1),
                qt.Strain(lambda x, _: (0 * x, 0 * x)),
            ],
        ),
        qt.Wire(qt.Cubic(3, 3), field=(0.0, 0.0, 0.01)),
        qt.Wire(qt.Square(4), qt.WithMatrix(qt.Box(1.0), "sigma_z")),
        qt.Vacancies(sites=[(n, 0) for n in range(500)]),
        qt.SiteLead([(n, 0) for n in range(50)], np.eye(50), np.eye(50)),
        qt.Conserved(np.eye(2)),
        qt.Custom(np.eye(40), np.eye(40)),
        *(qt.Chain(), qt.Square(4), qt.Honeycomb(4, "armchair"), qt.Cubic(2, 3)),
    ]


@pytest.mark.parametrize("make", [of_models, of_solvers, of_workflows])
def test_texts_are_short_and_have_no_addresses(make):
    for one in make():
        text = repr(one)
        assert len(text.splitlines()) <= LINES, text
        assert max(map(len, text.splitlines())) <= 120 or isinstance(one, qt.Cubic), text
        assert not re.search(r"0x[0-9a-f]|object at", text), text
        if hasattr(one, "_repr_html_"):
            assert "0x" not in re.sub(r'src="[^"]*"', "", one._repr_html_())


def test_a_wire_says_its_parts_with_units():
    text = repr(STRIP)
    assert "square strip, 4 sites across, hard walls" in text
    assert "box of full width W = 1 t" in text
    assert "0.01 h/e per plaquette, 0.16 h/e through width × width" in text
    assert text.startswith("Wire(lattice=Square(width=4), disorder=Box(strength=1.0), flux=0.01)")
    assert "electrons and holes" in repr(PAIRED)
    assert "left, right, top 1, top 2, bottom 1, bottom 2" in repr(BAR)


def test_what_a_repr_says_can_be_typed():
    wire = qt.Wire(qt.Honeycomb(6, "armchair"), qt.Vacancies(0.01), lead_shift=-1.0)
    headline = wire._card().headline
    assert (
        eval(headline, vars(qt) | {n: getattr(qt, n) for n in ("Wire", "Honeycomb", "Vacancies")})
        == wire
    )


def test_messages_quote_the_first_line_alone():
    assert brief(STRIP) == STRIP._card().headline
    with pytest.raises(qt.InputError, match=r"got Bar\(wire=Wire\(") as error:
        qt.Bar(BAR)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "one", [STRIP, BAR, PAIRED, qt.Honeycomb(3)], ids=["strip", "bar", "paired", "lattice"]
)
def test_a_notebook_shows_a_picture(one):
    found = one._repr_html_()
    assert found.count("data:image/png;base64,") == 1
    assert 5_000 < len(found) < 300_000


def test_a_notebook_shows_the_text_of_what_has_no_picture():
    found = qt.scattering(STRIP, 0.5, [5], range(2), 1)._repr_html_()
    assert "<table>" in found
    assert "<img" not in found


def test_texts_cannot_be_taken_for_html():
    assert "<b>&lt;x&gt;</b>" in Card("<x>", []).html()


def test_functions_and_arrays_are_named():
    assert plain(potential) == "potential"
    assert plain(lambda: 0) == "a lambda"
    assert plain(np.zeros((3, 4))) == "a 3 × 4 array"
    assert plain(object()) == "a object"


def test_show_says_what_was_built():
    found = qt.show(qt.Wire(qt.Square(16), qt.Box(1.0)), 0.5)
    text = repr(found)
    rates = qt.scattering_rates(qt.Square(16), 0.5, 1.0)
    assert f"{rates.channels} open channels in each lead" in text
    assert f"l = {rates.mean_free_path:.3g} slices by the golden rule" in text
    assert f"ξ = {(rates.channels + 1) * rates.mean_free_path:.3g} slices" in text
    assert len(text.splitlines()) <= LINES
    assert "data:image/png" in found._repr_html_()
    assert found.figure.axes


def test_show_says_what_the_leads_conserve_and_where_bands_are():
    assert "spin_z" in repr(qt.show(qt.Wire(qt.Square(3), terms=[qt.Zeeman(bz=0.2)])))
    assert "from -2 to 2 t" in repr(qt.show(qt.Wire(qt.Chain())))
    text = repr(qt.show(STRIP, 5.0))
    assert "outside the bands of the leads" in text
    assert "mean free path" not in text


def test_show_saves_its_picture(tmp_path):
    qt.show(STRIP).save(tmp_path / "wire.pdf")
    written = (tmp_path / "wire.pdf").read_bytes()
    assert b"/FontFile2" in written  # TrueType
    assert b"/Type3" not in written


def test_show_refuses_what_it_does_not_know():
    with pytest.raises(qt.InputError, match=r"qt\.show takes a Wire"):
        qt.show(3)


def test_what_a_preset_shows_takes_no_name_from_its_constants():
    preset = qt.Preset(card=3, text=5, width=(1, 2))
    assert (preset.card, preset.text) == (3, 5)
    assert "card = 3, text = 5" in repr(preset)
