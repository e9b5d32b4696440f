"""A figure can be read: on paper, in grey, in every style."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb

from qtcore.figures.caption import caption_of
from qtcore.figures.curves import MARKERS
from qtcore.figures.draw import draw
from qtcore.figures.keys import shades
from qtcore.figures.legible import faults_of
from qtcore.figures.line import Line
from qtcore.figures.steps import Steps
from qtcore.figures.ticks import tick_labels
from qtcore.figures.words import readable

from .drawn import lines, note, only, points
from .synthetic import wires

TINY = {"long_name": "magnetic flux", "units": "h/e per plaquette"}


def curves(count: int = 3, places: int = 9) -> xr.Dataset:
    """Curves over small numbers with long digits."""
    x = np.linspace(-0.0012, 0.0012, places)
    y = np.arange(1.0, count + 1)[:, None] * (1 + 300 * x)
    return xr.Dataset(
        {"y": (("k", "x"), y, {"units": "e²/h per spin"})},
        coords={"x": ("x", x, TINY), "k": ("k", np.arange(count) + 0.5, {"units": "t"})},
    )


def test_words_on_words_and_beyond_the_edge_are_told() -> None:
    figure = draw([Line("y", "x", colour="k")], curves())
    assert not faults_of(figure)
    axes = figure.axes[0]
    axes.text(0.3, 0.6, "one word", transform=axes.transAxes)
    axes.text(0.32, 0.61, "another word", transform=axes.transAxes)
    figure.text(0.95, 0.5, "a word that is too long")
    told = faults_of(figure)
    assert "'one word' and 'another word' stand on each other" in told
    assert any("'a word that is too long' stands" in one for one in told)


def test_a_legend_on_points_and_an_inset_on_points_are_told() -> None:
    figure = draw(
        [Line("y", "x", colour="k", inset=Line("y", "x"), inset_at=(0.3, 0.3, 0.6, 0.4))], curves()
    )
    figure.axes[0].get_legend().set_loc("upper right")
    told = " ".join(faults_of(figure))
    assert "an inset of the panel" in told
    figure.axes[0].get_legend().set_loc("center right")
    assert "the legend of the panel" in " ".join(faults_of(figure))


def test_axes_without_a_name_or_a_unit_are_told() -> None:
    labelled = draw([Line("y", "x", labels={"y": "conductance"})], curves())
    assert faults_of(labelled) == [
        "the axis 'conductance' does not show the unit of y, e²/h per spin"
    ]
    labelled.axes[0].set_xlabel("")
    assert any("the x axis of" in one for one in faults_of(labelled))


@pytest.mark.parametrize("style", ["page", "column", "slides"])
def test_numbers_below_a_panel_stand_apart(style: Any) -> None:
    figure = draw([Line("y", "x", colour="k")] * 3, curves(), style=style)
    assert not faults_of(figure)
    assert all(len(tick_labels(axes.xaxis)) > 1 for axes in figure.axes)


def test_what_panels_share_fits_above_a_narrow_figure() -> None:
    result = curves(6)
    result["k"].attrs["long_name"] = "a parameter with quite a long name"
    figure = draw([Line("y", "x", colour="k")] * 2, result, style="column")
    assert figure.legends
    assert not faults_of(figure)


def test_a_name_longer_than_its_axis_has_some_lines() -> None:
    label = "a conductance that is averaged, and its fluctuations  (e²/h per spin)"
    figure = draw([Line("y", "x", labels={"y": label})] * 4, curves(), style="slides")
    shown = figure.axes[0].get_ylabel()
    assert 1 <= shown.count("\n") <= 2
    assert shown.split() == label.split()


def test_colours_have_shapes_too_and_are_told_apart_in_grey() -> None:
    axes = only(Line("y", "x", colour="k"), curves(4))
    assert [line.get_marker() for line in points(axes)] == [*MARKERS[:4]]
    # One value of what markers stand for tells nothing apart.
    result = curves(2).expand_dims(m=[7.0])
    axes = only(Line("y", "x", colour="k", marker="m"), result)
    assert [line.get_marker() for line in points(axes)] == [*MARKERS[:2]]
    for count in range(2, len(MARKERS) + 1):
        grey = np.array([np.dot(to_rgb(shade), (0.299, 0.587, 0.114)) for shade in shades(count)])
        # The two nearest of eight shades lie 0.05 apart; their shapes differ.
        assert np.diff(grey).min() > 0.045
        assert grey.max() < 0.8


def test_a_line_beside_points_ends_where_the_points_end() -> None:
    result = curves(1, 21).isel(k=0, drop=True)
    result["fit"] = result["y"]
    result["y"] = result["y"].where(result["x"] < 0)
    (fit,) = lines(only(Line("y", "x", line="fit"), result))
    known = result["x"].to_numpy()[np.isfinite(result["y"].to_numpy())]
    assert fit.get_xdata()[-1] == known[-1]


def test_theory_of_a_histogram_is_round_between_two_equal_bins() -> None:
    """Of a normal law the monotone line through two bins beside its maximum is flat."""
    edges = np.linspace(-4, 4, 33)
    x = (edges[1:] + edges[:-1]) / 2
    law = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    result = xr.Dataset(
        {"p": ("x", law), "p_theory": ("x", law)},
        coords={"x": x, "x_lower": ("x", edges[:-1]), "x_upper": ("x", edges[1:])},
    )
    (theory,) = lines(only(Steps("p", "x"), result))
    top = np.asarray(theory.get_ydata()).max()
    assert law.max() < top == pytest.approx(1 / np.sqrt(2 * np.pi), rel=0.002)


def test_a_law_knows_its_quantity_and_is_asked_as_finely_as_said() -> None:
    asked: list[tuple[str, int]] = []

    def law(point: Any, x: Any) -> Any:
        asked.append((point.quantity, len(x)))
        return x

    result = wires()
    only(Line(("g", "s"), "length", at={"flux": 0.0, "width": 2}, law=law, fine=33), result)
    only(Line("g", "length", at={"flux": 0.0, "width": 2}, law=law), result)
    assert asked == [("g", 33), ("s", 33), ("g", 81)]


def test_raised_brackets_are_powers() -> None:
    assert readable("γ σ^(−2/3)") == "γ σ$^{−2/3}$"


def test_a_label_gives_its_unit_to_a_value() -> None:
    axes = only(Line("y", "x", at={"k": 0.5}, labels={"k": "W  (t)"}), curves())
    assert note(axes) == "W = 0.5 t"


def test_a_caption_says_that_lines_are_dashed_as_markers_differ() -> None:
    figure = draw([Line("y", "x", colour="k", join=True)], curves())
    (one,) = figure.drawn
    assert "lines are dashed as markers differ" in caption_of(one, one.result)
