"""Bad panels are refused with a sentence, and no numbers of a result make drawing fail."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from qtcore.errors import InputError
from qtcore.figures.draw import draw, drawable
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.names import refuse_unknown
from qtcore.figures.steps import Steps

from .synthetic import cases, wires

NOT_NUMBERS = (np.nan, np.inf, -1.0, 0.0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"y": ""}, "y is ''; it must be the name of a quantity, or several"),
        ({"y": ()}, "y is ()"),
        ({"y": ("g", "g")}, "y names a quantity twice: g, g"),
        ({"x": 3}, "x is 3; it must be a name"),
        ({"xscale": "logarithmic"}, "xscale is 'logarithmic'; allowed are linear, log"),
        ({"yscale": None}, "yscale is None; allowed are linear, log"),
        ({"xlim": 3}, "xlim is 3; it must be two numbers, None for a free end"),
        ({"xlim": (1, 1)}, "xlim is (1, 1); its ends must differ"),
        ({"ylim": (0, 1), "yscale": "log"}, "on a logarithmic axis both ends are > 0"),
        ({"x": "width", "colour": "width"}, "x and colour are both 'width'"),
        ({"x": "width", "fill": "width"}, "x and fill are both 'width'"),
        ({"at": {"width": "First"}}, "at['width'] is 'First'; did you mean 'first'?"),
        ({"at": {"width": ()}}, "at['width'] is (); allowed are a value, first, middle, last"),
        ({"at": {"width": float("nan")}}, "at['width'] is nan"),
        ({"at": {"width": {"from": 3}}}, "at['width'] is {'from': 3}"),
        ({"at": {"width": slice(1, 9, 2)}}, "at['width'] is slice(1, 9, 2)"),
        ({"guides": {"one": "1"}}, "guides['one'] is '1'; it must be a height, a number"),
        ({"slopes": {"two": 2}}, "slopes['two'] is 2; it must be (offset, slope)"),
        ({"inset": "g"}, "inset is 'g'; it must be a panel"),
        ({"inset_at": (0, 1)}, "inset_at is (0, 1); it must be (left, bottom, width, height)"),
        ({"labels": {"g": 1}}, "labels['g'] is 1; names and labels are texts"),
        ({"right": {"S": 0}}, "right is {'S': 0}; it must be one label with a number other than 0"),
        ({"right": {"S": 1, "mS": 2}}, "it must be one label with a number"),
        ({"band": ("a", "b")}, "band is ('a', 'b'); it needs one quantity for each of y, 1 in all"),
        ({"line": ("a", "b")}, "line is ('a', 'b'); it needs one quantity for each of y, 1 in all"),
        (
            {"y": ("g", "h"), "colour": "a", "marker": "b", "fill": "c"},
            "y names several quantities, and colour, marker, fill are taken",
        ),
    ],
)
def test_a_panel_that_no_result_can_make_right_is_refused(
    fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as refused:
        Line(**{"y": "g", **fields})
    assert str(refused.value).startswith("the panel Line(")
    assert sentence in str(refused.value)


def test_a_map_needs_one_quantity_and_two_dimensions() -> None:
    with pytest.raises(InputError, match="x and up are both 'gate'"):
        Map("g", "gate", up="gate")
    with pytest.raises(InputError, match="a map shows one quantity"):
        Map(("g", "h"), "gate")
    with pytest.raises(InputError, match="x and up must each run along one dimension of the quan"):
        draw([Map("xi", "width", up="length")], wires())
    with pytest.raises(InputError, match="a histogram lies over one binned dimension"):
        draw([Steps("xi", "s")], wires())


@pytest.mark.parametrize(
    ("panel", "told"),
    [
        (Line("gg"), "y is 'gg', which is not among the quantities"),
        (Line("g", "lenght"), "x is 'lenght'"),
        (Line("g", line="fitted"), "line is 'fitted'"),
        (Line("g", top="t"), "top is 't'"),
        (Line("g", colour="widht"), "colour is 'widht', which is not among the dimensions"),
        # A quantity is nothing that curves can be told apart by.
        (Line("g", marker="s"), "marker is 's', which is not among the dimensions"),
        (Line("g", at={"widht": 3}), "at names 'widht'"),
        (Line("g", labels={"gg": "G"}), "labels names 'gg'"),
        (Map("g", up="fluxx"), "up is 'fluxx'"),
        (Map("g", lines=("level",)), "lines names 'level'"),
        (Line("g", inset=Line("xii")), "y is 'xii'"),
    ],
)
def test_unknown_names_are_told_with_those_that_are_known(panel: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        refuse_unknown([Line("g"), panel], ["g", "s", "xi"], ["width", "length", "flux"])
    assert told in str(refused.value)
    assert str(refused.value).startswith("panel ")
    assert "There are: " in str(refused.value)
    assert "width, length, flux" in str(refused.value)


def test_the_nearest_name_and_the_number_of_the_panel_are_told() -> None:
    with pytest.raises(InputError, match=r"^panel 2, Line\('g'\): .* did you mean 'width'\? There"):
        refuse_unknown([Line("g"), Line("g", colour="widht")], ["g"], ["width", "flux"])
    with pytest.raises(InputError, match="panel 1 is 3; it must be a Line, Steps, Map or a func"):
        refuse_unknown([3], ["g"], [])  # type: ignore[list-item]


def test_errors_and_theories_are_quantities_too() -> None:
    refuse_unknown([Line("g_error"), Line("xi_theory", "g_left_out")], ["g", "xi"], [])
    draw([Line("g_error", "length")], wires())


@pytest.mark.parametrize("value", [3, 4.001, (2, 3), slice(100, None), "wide", "widths"])
def test_a_value_that_the_result_lacks_is_refused_with_those_that_are_there(value: Any) -> None:
    with pytest.raises(InputError, match=r"at\['width'\] is .* does not have; there are 2, 4"):
        draw([Line("g", "length", at={"width": value})], wires())


def test_panels_of_values_that_a_result_lacks_are_left_out_and_told() -> None:
    """A sweep at other values of an axis lost its whole figure, and checks and numbers with it."""
    there, elsewhere = Line("g", "length", at={"width": 2}), Line("g", "length", at={"width": 8})
    inset = Line("g", "length", at={"width": 4}, inset=elsewhere)
    kept, told = drawable([there, elsewhere, inset], wires())
    assert kept == [there, inset]
    assert told == [
        "The figure leaves out the panel Line('g'): at['width'] is 8, which the result does not have; "
        "there are 2, 4."
    ]
    assert [len(axes.child_axes) for axes in draw(kept, wires()).axes[:2]] == [0, 0]
    assert drawable([elsewhere], wires().coords.to_dataset())[1] == told, "as a plan knows it"


def test_a_label_that_the_result_lacks_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"did you mean 'plain'\?"):
        draw([Line("sigma", "side", at={"symmetry": "plane"})], cases())


@pytest.mark.parametrize(
    "panel",
    [Line("g", "length"), Steps("g", "length"), Map("g", "length", up="width"), Line("xi")],
    ids=["line", "steps", "map", "few dimensions"],
)
def test_nothing_measured_is_said(panel: Any) -> None:
    nothing = wires() * np.nan
    axes = draw([panel], nothing).axes[0]
    assert "nothing measured" in [text.get_text() for text in axes.texts]
    assert axes.get_xlabel()
    assert len(axes.get_xticks()) == 0


def test_nothing_above_zero_on_a_logarithm_is_said() -> None:
    result = -wires()[["g"]].drop_vars("fermi")
    axes = draw([Line("g", "length", yscale="log")], result).axes[0]
    assert "nothing measured above 0" in [text.get_text() for text in axes.texts]


def test_a_logarithm_leaves_out_what_it_cannot_show_and_cuts_error_bars() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    result = xr.Dataset({"y": ("x", [5.0, -1.0, 4.0, 8.0])}, coords={"x": x})
    result["y_error"] = "x", [1.0, 1.0, 6.0, 1.0]
    axes = draw([Line("y", "x", xscale="log", yscale="log")], result).axes[0]
    assert list(axes.lines[0].get_ydata()) == [4, 8]
    low, high = np.array(axes.collections[0].get_segments())[0, :, 1]
    assert (low, high) == (2.0, 10.0)
    assert axes.get_ylim()[0] > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["", "_error", "_theory", "_left_out", "_compared"])
@pytest.mark.parametrize("bad", NOT_NUMBERS)
def test_no_number_of_a_result_makes_drawing_fail(suffix: str, bad: float) -> None:
    result = wires()
    result[f"g{suffix}"] = xr.full_like(result[f"g{suffix}"], bad)
    panels = [
        Line("g", "length", yscale="log", guides={"0": 0}, slopes={"a": (1, 1)}),
        Line("g", "length", xscale="log", ratio=True),
        Steps("g", "length", yscale="log"),
        Map("g", "length", up="width", xscale="log"),
    ]
    draw(panels, result)


def test_symbols_that_cannot_be_set_are_shown_as_they_are() -> None:
    result = wires()
    result["g"].attrs["symbol"] = "a_$^{"
    axes = draw([Line("g", "length")], result).axes[0]
    assert axes.get_ylabel() == r"a_\$^{  (e²/h)"
