"""Legends say what colours mean, once, and hide nothing."""

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch

from qtcore.figures.draw import draw
from qtcore.figures.keys import Looks
from qtcore.figures.legible import faults_of
from qtcore.figures.line import Line
from qtcore.figures.steps import Steps
from qtcore.figures.ticks import fit_labels
from qtcore.figures.words import readable, value_text, value_texts

from .synthetic import spacings, wires


def words(legend: Legend) -> list[str]:
    return [text.get_text().strip() for text in legend.get_texts() if text.get_text().strip()]


def crowd(curves: int = 3) -> xr.Dataset:
    """Points all over the panel."""
    y = np.random.default_rng(5).uniform(0, 1, (curves, 60))
    coords = {"x": np.linspace(0, 1, 60), "k": np.arange(curves)}
    return xr.Dataset({"y": (("k", "x"), y)}, coords=coords)


def hidden(figure: Figure) -> int:
    """Return how many points of a panel stand behind its legend."""
    axes = figure.axes[0]
    box = axes.get_legend().get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    places = [axes.transData.transform(line.get_xydata()) for line in axes.lines]
    return sum(box.contains(x, y) for x, y in np.concatenate(places))


def test_a_legend_is_titled_by_symbol_and_unit() -> None:
    axes = draw([Line("g", "length", at={"flux": 0.0}, colour="width")], wires()).axes[0]
    assert axes.get_legend().get_title().get_text() == "M  (sites)"
    assert words(axes.get_legend()) == ["2", "4", "theory", "left out by theory"]


def test_markers_say_what_they_are_values_of() -> None:
    panel = Line("xi", "channels", colour="width", marker="flux", fill="flux", theory=False)
    axes = draw([panel], wires()).axes[0]
    assert words(axes.get_legend()) == [
        "2",
        "4",
        "Φ = 0\N{NO-BREAK SPACE}h/e",
        "Φ = 0.45\N{NO-BREAK SPACE}h/e",
    ]
    faces = [handle.get_markerfacecolor() for handle in axes.get_legend().get_lines()]
    assert faces[-1] == "white"


def test_what_panels_share_stands_once_above_them() -> None:
    panels = [Line("g", "length", colour="width"), Line("s", "length", colour="width")]
    figure = draw(panels, wires())
    (legend,) = figure.legends
    assert words(legend) == [
        "M  (sites)",
        "2",
        "4",
        "Φ = 0\N{NO-BREAK SPACE}h/e",
        "Φ = 0.45\N{NO-BREAK SPACE}h/e",
    ]
    assert words(figure.axes[0].get_legend()) == ["theory", "left out by theory"]
    assert figure.axes[1].get_legend() is None


def test_markers_have_units_as_colours_have() -> None:
    """A label of the user's has its own unit, in a title and in an entry."""
    strips = wires().sel(flux=0.0)
    panel = {"at": {"flux": 0.0}, "marker": "width", "theory": False}
    axes = draw([Line("g", "length", **panel)], strips).axes[0]
    assert words(axes.get_legend())[:2] == [
        "M = 2\N{NO-BREAK SPACE}sites",
        "M = 4\N{NO-BREAK SPACE}sites",
    ]
    axes = draw([Line("g", "length", **panel, labels={"width": "rows"})], strips).axes[0]
    assert words(axes.get_legend())[:2] == ["rows = 2", "rows = 4"]


def test_a_panel_without_a_legend_has_none() -> None:
    figure = draw([Line("g", "length", colour="width", legend=False)], wires())
    assert figure.axes[0].get_legend() is None
    assert not figure.legends


def test_a_legend_makes_room_where_points_are_everywhere() -> None:
    figure = draw([Line("y", "x", colour="k")], crowd())
    assert hidden(figure) == 0
    assert figure.axes[0].get_ylim()[1] > 1.2


def test_a_legend_stands_beside_a_panel_whose_limits_are_given() -> None:
    figure = draw([Line("y", "x", colour="k", ylim=(0, 1))], crowd())
    assert figure.axes[0].get_ylim() == (0, 1)
    assert hidden(figure) == 0


def test_a_legend_larger_than_its_panel_stands_above_the_figure_with_its_letter() -> None:
    """Inside a narrow panel it would cover all of it, and numbers below it."""
    many = crowd(8)
    many["k"].attrs = {"symbol": "k", "units": "t"}
    many["z"] = many["y"].rename(k="m").assign_coords(m=np.arange(8.0) / 1000)
    many["m"].attrs = {
        "symbol": "a quantity with a name that is wider than its own panel",
        "units": "t",
    }
    panels = [Line("y", "x", colour="k"), Line("z", "x", colour="m"), Line("y", "x", colour="k")]
    figure = draw(panels, many, style="slides")
    assert [axes.get_legend() for axes in figure.axes] == [None, None, None]
    (above,) = figure.legends
    said = words(above)
    assert {"k  (t)", "(b) a quantity with a name that is wider than its own panel  (t)"} <= {*said}
    assert "0.007" in said
    assert faults_of(figure) == []


@pytest.mark.parametrize(
    ("height", "lines"), [(3.0, 1), (2.4, 2), (1.4, 3), (0.3, 3)], ids=lambda given: str(given)
)
def test_a_name_has_as_many_lines_as_its_axis_needs(height: float, lines: int) -> None:
    figure = Figure(figsize=(3, height), dpi=100)
    axes = figure.add_axes((0.3, 0.0, 0.6, 1.0))
    name = "ΔE½  (t), ΔB½  (h/e per plaquette)"
    axes.set_ylabel(name, fontsize=10)
    figure.draw_without_rendering()
    assert fit_labels(axes) == (lines > 1)
    found = axes.get_ylabel().split("\n")
    assert len(found) == lines
    assert " ".join(axes.get_ylabel().split()) == " ".join(name.split())
    if lines > 1:
        assert found[0] == "ΔE½  (t),", "between two quantities first"


def test_outlines_of_histograms_are_told_apart_without_colours() -> None:
    axes = draw([Steps("density", colour="disorder")], spacings()).axes[0]
    drawn = [one for one in axes.patches if isinstance(one, StepPatch) and not one.get_fill()]
    dashes = [one.get_linestyle() for one in drawn]
    assert len(drawn) == 3
    assert len({*map(str, dashes)}) == 3
    entries = [one for one in axes.get_legend().get_patches() if one.get_linewidth()]
    asked = Steps("density", colour="disorder").plan(spacings())
    (section,) = Looks(asked).sections(spacings(), {}, "areas")
    assert [one.handle().get_linestyle() for one in section.entries] == dashes  # type: ignore[attr-defined]
    assert [one.get_edgecolor() for one in entries] == [one.get_edgecolor() for one in drawn]


def test_many_colours_stand_in_a_bar() -> None:
    figure = draw([Line("y", "x", colour="k", labels={"k": "number"})], crowd(20))
    axes, bar = figure.axes
    assert axes.get_legend() is None
    assert bar.get_ylabel() == "number"
    assert [label.get_text() for label in bar.get_yticklabels()] == ["0", "5", "10", "14", "19"]


def test_colours_stay_the_same_where_a_value_was_not_measured() -> None:
    result = crowd()
    result["z"] = result["y"].where(result["k"] > 0)
    figure = draw([Line("y", "x", colour="k"), Line("z", "x", colour="k")], result)
    first, second = ([line.get_color() for line in axes.lines] for axes in figure.axes)
    assert first[1:] == second


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("⟨ln g⟩", "⟨ln g⟩"),
        ("ξ / l_0", "ξ / l$_{0}$"),
        ("E_Th", r"E$_{\mathrm{Th}}$"),
        ("x^-2", "x$^{-2}$"),
        ("a_{n+1}b", "a$_{n+1}$b"),
        ("$T_n$", "$T_n$"),
        ("5 $", r"5 \$"),
    ],
)
def test_symbols_become_mathtext(symbol: str, shown: str) -> None:
    assert readable(symbol) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(np.float64(0.30000000000000004), "0.3"), (-3, "−3"), (12000, "12000"), ("a_b", "a_b")],
)
def test_values_are_written_short(value: object, shown: str) -> None:
    assert value_text(value) == shown


def test_a_function_panel_gets_the_legend_that_the_panel_alone_would_have() -> None:
    panel = Line("y", "x", colour="k")
    own = draw([panel], crowd())

    def story(axes: Axes, result: xr.Dataset) -> None:
        panel.draw(axes, result)
        # What is drawn later is not hidden either.
        axes.plot(result["x"], 0 * result["x"] + 2.0)

    other = draw([story], crowd())
    for figure in (own, other):
        assert not hidden(figure)
        legend = figure.axes[0].get_legend()
        assert legend.get_title().get_text() == "k"
        assert words(legend) == ["0", "1", "2"]


def test_function_panels_share_a_legend_with_others() -> None:
    panel = Line("g", "length", colour="width")
    figure = draw([panel, panel.draw], wires())
    (legend,) = figure.legends
    assert words(legend)[:3] == ["M  (sites)", "2", "4"]
    assert figure.axes[1].get_legend() is None


def test_a_legend_of_the_users_own_stays() -> None:
    def story(axes: Axes, result: xr.Dataset) -> None:
        Line("y", "x", colour="k").draw(axes, result)
        axes.legend(handles=[Line2D([], [], label="mine")])

    axes = draw([story], crowd()).axes[0]
    assert words(axes.get_legend()) == ["mine"]


def test_two_panels_in_the_same_axes_have_one_legend() -> None:
    def story(axes: Axes, result: xr.Dataset) -> None:
        Line("y", "x", colour="k").draw(axes, result)
        Line("z", "x", at={"k": 0}, join=True, guides={"half": 0.5}, line="y").draw(axes, result)

    result = crowd()
    result["z"] = result["y"] / 2
    assert words(draw([story], result).axes[0].get_legend()) == ["0", "1", "2", "y"]


def test_in_a_figure_of_the_users_own_a_legend_has_its_heading_and_hides_nothing() -> None:
    figure, axes = plt.subplots(figsize=(3.5, 2.8))
    canvas = figure.canvas
    try:
        Line("y", "x", colour="k").draw(axes, crowd())
        assert figure.canvas is canvas
        figure.draw_without_rendering()
        assert axes.get_legend().get_title().get_text() == "k"
        assert not hidden(figure)
    finally:
        plt.close(figure)


def test_whole_numbers_have_all_their_digits() -> None:
    """A length of 23296 sites stood in a legend as 23300."""
    assert value_texts([15531, 23296.0, 4]) == ["15531", "23296", "4"]
    assert value_texts([1.00071, 2.5]) == ["1.001", "2.5"]


def test_a_line_that_is_a_fit_here_and_theory_there_is_told_in_each_panel() -> None:
    """Above the figure stood two equal grey lines, one called fit and one theory."""
    result = wires()
    result["fit"] = result["g"].copy()
    result["fit"].attrs = {"symbol": "fit"}
    fits = [Line("g", "length", at={"flux": 0.0}, line="fit", theory=False)] * 2
    laws = [Line("g", "length", at={"flux": 0.0})] * 2
    figure = draw([*fits, *laws], result)
    above = [text.get_text() for one in figure.legends for text in one.get_texts()]
    assert not {"fit", "theory"} & {*above}
    own = [words(axes.get_legend()) for axes in figure.axes]
    assert [("fit" in one, "theory" in one) for one in own] == [(True, False)] * 2 + [
        (False, True)
    ] * 2


def test_a_note_says_what_a_case_stands_for() -> None:
    """It said "number of the system = 0"."""
    result = xr.Dataset(
        {"y": (("system", "length"), np.ones((2, 3)))},
        {
            "system": ("system", [0, 3], {"parameters": "kind, beta", "long_name": "number"}),
            "kind": ("system", ["cube", "ring"]),
            "beta": ("system", [1, 1]),
            "length": [1, 2, 3],
        },
    )
    axes = draw([Line("y", "length", at={"system": 3})], result).axes[0]
    assert axes.get_title(loc="left") == "ring"
