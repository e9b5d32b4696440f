"""Histograms, maps and whole figures."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qtcore.figures.draw import default_panels, draw
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.steps import Steps

from .drawn import bars, lines, note, only, texts
from .synthetic import LENGTHS, contact, spacings, wires


def test_steps_have_the_edges_of_the_bins_and_leave_gaps_out() -> None:
    result = spacings()
    axes = only(Steps("density", at={"disorder": 2.0}), result)
    stairs = axes.patches[0].get_data()
    assert list(stairs.edges) == [0, 0.5, 1, 2, 3, 6]
    assert stairs.values == pytest.approx([0.72, 0.54, np.nan, 0.18, 0.09], nan_ok=True)
    (ends,) = bars(axes)
    assert np.ptp(ends[:, :, 1], axis=1) == pytest.approx(0.2 * result["density"][1])
    assert list(lines(axes)[0].get_ydata()) == list(result["density_theory"])
    assert axes.get_ylim()[0] == 0
    assert axes.get_xlim() == (0, 6)


def test_steps_of_several_values_are_told_apart_by_colour() -> None:
    axes = only(Steps("density", at={"disorder": ("first", "last")}, colour="disorder"), spacings())
    legend = axes.get_legend()
    assert legend.get_title().get_text() == "W  (t)"
    assert [text.get_text() for text in legend.get_texts()] == ["1", "3", "theory"]


def test_a_map_has_its_values_at_their_places_and_lines_on_top() -> None:
    result = contact()
    figure = draw([Map("g", "gate", up="energy", at={"disorder": 0.0}, lines=("level",))], result)
    axes, bar = figure.axes
    mesh = axes.collections[0]
    assert np.asarray(mesh.get_array()) == pytest.approx(result["g"].sel(disorder=0).to_numpy())
    corners = np.asarray(mesh.get_coordinates())
    assert corners[0, :, 0] == pytest.approx(np.arange(0.05, 0.8, 0.1))
    assert corners[:, 0, 1] == pytest.approx(np.arange(-3.55, -3.0, 0.1))
    drawn = [a.get_ydata() for a in axes.lines]
    assert np.array(drawn) == pytest.approx(result["level"].to_numpy())
    assert bar.get_ylabel() == "g  (2e²/h)"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("V$_{0}$  (t)", "E  (t)")


def test_a_map_of_more_dimensions_shows_the_middle_and_says_so() -> None:
    axes = only(Map("g", "gate", up="energy"), contact())
    assert note(axes) == "W = 0.2 (one of 3)"


def test_figures_have_rows_of_two_then_three_and_letters() -> None:
    rows = {1: (1, ""), 4: (2, "abcd"), 5: (3, "abcde"), 7: (3, "abcdefg")}
    for count, (columns, letters) in rows.items():
        figure = draw([Line("xi", "channels", legend=False)] * count, wires())
        assert len(figure.axes) == count
        figure.draw_without_rendering()
        heights = [round(axes.get_position().y0, 2) for axes in figure.axes]
        assert heights.count(heights[0]) == columns
        # Rows with fewer panels have wider ones: no place is empty.
        assert figure.axes[-1].get_position().x1 > 0.95
        shown = [t for a in figure.axes for t in texts(a) if t.startswith("(")]
        assert shown == [f"({letter})" for letter in letters]


def test_a_function_is_a_panel_and_no_panels_are_a_figure() -> None:
    def picture(axes: Axes, result: xr.Dataset) -> None:
        axes.plot(result["length"], result["length"])

    figure = draw([picture, Line("g", "length")], wires())
    assert list(figure.axes[0].lines[0].get_xdata()) == list(LENGTHS)
    assert isinstance(draw([], wires()), Figure)


def test_defaults_are_over_length_and_coloured_by_the_next_longest() -> None:
    panels = default_panels(wires())
    assert [(p.y, p.x, p.coded) for p in panels] == [
        ("g", "length", {"colour": "width"}),
        ("xi", "width", {"colour": "flux"}),
    ]
    assert panels[0].xscale == "log"
    draw(panels, wires())
    (histogram,) = default_panels(spacings())
    assert isinstance(histogram, Steps)
    assert histogram.x == "spacing"


def test_at_most_six_quantities_are_drawn_by_default_those_with_theory_first() -> None:
    result = xr.Dataset(coords={"x": [1.0, 2.0]})
    for number in range(8):
        result[f"q{number}"] = result[f"q{number}_error"] = "x", [1.0, 2.0]
    result["q7_theory"] = "x", [1.0, 2.0]
    assert [panel.y for panel in default_panels(result)] == ["q0", "q1", "q2", "q3", "q4", "q7"]


def test_a_result_that_plain_xarray_opened_gives_the_same_figure(tmp_path: Any) -> None:
    result = wires()
    result.to_zarr(tmp_path / "result.zarr", consolidated=False)
    panels = (Line("g", "length", colour="width", marker="flux"), Map("s", "flux", up="length"))
    with xr.open_zarr(tmp_path / "result.zarr", consolidated=False) as opened:
        again = draw(panels, opened)
    for one, other in zip(draw(panels, result).axes, again.axes, strict=True):
        assert len(one.lines) == len(other.lines)
        assert [len(c.get_paths()) for c in one.collections] == [
            len(c.get_paths()) for c in other.collections
        ]
        for a, b in zip(one.lines, other.lines, strict=True):
            np.testing.assert_array_equal(a.get_xydata(), b.get_xydata())
        assert one.get_xlabel() == other.get_xlabel()
