"""What lines draw: the numbers in points, error bars and bands, not pictures of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import PolyCollection

from qtcore.errors import InputError
from qtcore.figures.draw import draw
from qtcore.figures.line import Line
from qtcore.figures.style import INK, ordered_colours

from .drawn import bars, colour, lines, note, only, points, texts
from .synthetic import cases, contact, wires


def test_points_and_error_bars_are_those_of_the_result() -> None:
    result = wires()
    axes = only(Line("g", "length", at={"flux": "first", "width": 4}), result)
    part = result.sel(flux=0.0, width=4).dropna("length", subset=["g"])
    (drawn,) = points(axes)
    assert drawn.get_xdata() == pytest.approx(part["length"])
    assert drawn.get_ydata() == pytest.approx(part["g"])
    (ends,) = bars(axes)
    assert ends[:, 0, 1] == pytest.approx(part["g"] - part["g_error"])
    assert ends[:, 1, 1] == pytest.approx(part["g"] + part["g_error"])


def test_points_have_errors_of_x_where_x_is_measured() -> None:
    result = wires()
    result["s_error"] = 0.1 * result["s"]
    axes = only(Line("g", "s", at={"flux": "first", "width": 4}), result)
    part = result.sel(flux=0.0, width=4).dropna("length", subset=["g"])
    across = bars(axes)[0]
    assert across[:, 0, 0] == pytest.approx(0.9 * part["s"])
    assert across[:, 1, 0] == pytest.approx(1.1 * part["s"])


def test_codes_give_colours_markers_and_faces() -> None:
    axes = only(Line("g", "length", colour="width", marker="flux", fill="flux"), wires())
    shades = ordered_colours([0, 1])
    seen = [(colour(p), p.get_marker(), p.get_markerfacecolor()) for p in points(axes)]
    assert seen == [
        (shades[0], "o", shades[0]),
        (shades[0], "^", "white"),
        (shades[1], "o", shades[1]),
        (shades[1], "^", "white"),
    ]


def test_theory_is_dashed_as_markers_differ_and_coloured_as_the_points() -> None:
    axes = only(Line("g", "length", colour="width", marker="flux"), wires())
    drawn = lines(axes)
    assert [colour(line) for line in drawn] == [colour(p) for p in points(axes)]
    assert [line.get_linestyle() for line in drawn] == ["-", "--", "-", "--"]


def test_theory_passes_through_its_values_over_lengths_of_other_wires() -> None:
    result = wires()
    axes = only(Line("g", "length", at={"flux": "first"}, colour="width", xscale="log"), result)
    for width, line in zip((2, 4), lines(axes), strict=True):
        part = result.sel(flux=0.0, width=width).dropna("length", subset=["g"])
        along, law = line.get_data()
        assert np.interp(part["length"], along, law) == pytest.approx(part["g_theory"], rel=1e-6)


def test_a_smooth_line_is_smooth_on_the_axes_that_are_drawn() -> None:
    x = np.geomspace(1, 1e4, 9)
    result = xr.Dataset({"y": ("x", x**-1.5), "y_theory": ("x", x**-1.5)}, coords={"x": x})
    axes = only(Line("y", "x", xscale="log", yscale="log"), result)
    along, law = lines(axes)[0].get_data()
    assert len(along) > 200
    # A power law is straight on these axes, between its values too.
    assert law == pytest.approx(np.asarray(along) ** -1.5, rel=1e-9)


def test_a_step_of_theory_is_not_overshot() -> None:
    x = np.arange(10.0)
    law = np.where(x < 4.5, 0.0, 1.0)
    axes = only(Line("y"), xr.Dataset({"y": ("x", law), "y_theory": ("x", law)}, coords={"x": x}))
    drawn = lines(axes)[0].get_ydata()
    assert np.min(drawn) >= 0
    assert np.max(drawn) <= 1


@pytest.mark.parametrize("x", [(0.0, 1, 2, 1.5, 3, 4, 5), (1.0, 2, 3)])
def test_few_values_or_an_x_that_turns_back_are_joined_as_they_come(x: tuple[float, ...]) -> None:
    law = np.arange(len(x)) ** 2.0
    result = xr.Dataset({"y": ("n", law), "y_theory": ("n", law), "q": ("n", list(x))})
    along, drawn = lines(only(Line("y", "q"), result))[0].get_data()
    assert list(along) == list(x)
    assert list(drawn) == list(law)


def test_theory_has_a_gap_where_points_are_measured_and_it_is_silent() -> None:
    x = np.arange(9.0)
    law = np.where(x == 4, np.nan, x)
    axes = only(Line("y"), xr.Dataset({"y": ("x", x), "y_theory": ("x", law)}, coords={"x": x}))
    ends = [(line.get_xdata()[0], line.get_xdata()[-1]) for line in lines(axes)]
    assert ends == [(0, 3), (5, 8)]


def test_the_band_is_what_theory_leaves_out_where_a_check_compares() -> None:
    result = wires()
    panel = Line("g", "length", at={"flux": "first", "width": 4})
    (band,) = [c for c in only(panel, result).collections if isinstance(c, PolyCollection)]
    part = result.sel(flux=0.0, width=4).dropna("length", subset=["g"])
    held = part.where(part["g_compared"] > 0, drop=True)
    outline = band.get_paths()[0].vertices
    assert outline[:, 0].min() == held["length"].min() > part["length"].min()
    for length in held["length"]:
        heights = outline[np.isclose(outline[:, 0], length), 1]
        law, half = (float(held[n].sel(length=length)) for n in ("g_theory", "g_left_out"))
        assert (heights.min(), heights.max()) == pytest.approx((law - half, law + half), rel=1e-6)


def test_a_ratio_divides_points_errors_and_bands_by_theory() -> None:
    result = wires()
    panel = Line("g", "length", at={"flux": "first", "width": 4}, ratio=True)
    axes = only(panel, result)
    assert points(axes)[0].get_ydata() == pytest.approx(1.1)
    assert np.ptp(bars(axes)[0][:, :, 1], axis=1) == pytest.approx(0.1)
    (band,) = [c for c in axes.collections if isinstance(c, PolyCollection)]
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.9, 1.1))
    # Theory itself is the line at 1.
    assert [list(line.get_ydata()) for line in lines(axes)] == [[1, 1]]
    assert axes.get_ylabel() == "⟨g⟩ / theory"


def test_theory_between_the_points_is_its_own() -> None:
    result = wires()
    asked = []

    def law(point: Any, x: np.ndarray) -> np.ndarray:
        """Theory with a dip that lies between two lengths, and none beyond 200 sites."""
        asked.append((point.width, point.flux, point.fermi))
        own = 1 / (1 + x / point.width) * (1.2 if point.flux else 1.0)
        return np.where(x > 200, np.nan, np.where(abs(x - 55) < 10, own / 5, own))

    panel = Line("g", "length", colour="width", marker="flux", xscale="log", yscale="log", law=law)
    axes = only(panel, result)
    assert asked == [(2, 0.0, 0.45), (2, 0.45, 0.45), (4, 0.0, 0.45), (4, 0.45, 0.45)]
    drawn = [line for line in axes.lines if len(line.get_xdata()) > 50]
    assert [colour(line) for line in drawn] == [colour(p) for p in points(axes)]
    first = drawn[0]
    x, y = first.get_xdata(), first.get_ydata()
    assert (x[0], x[-1]) == pytest.approx((10.0, 640.0))
    assert np.isnan(y[x > 201]).all()
    assert y[abs(x - 55) < 5] * (1 + x[abs(x - 55) < 5] / 2) == pytest.approx(0.2)
    # What theory leaves out stands at points, since nothing is known of it between them.
    assert not [one for one in axes.collections if isinstance(one, PolyCollection)]


@pytest.mark.parametrize("wrong", [{"law": "theory"}, {"law": print, "ratio": True}])
def test_a_law_that_cannot_be_drawn_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"law is .* it must be a function of a point and of x"):
        Line("g", "length", **wrong)


def test_another_quantity_can_be_the_line() -> None:
    result = wires()
    result["fitted"] = 2 * result["g"]
    result["fitted"].attrs["symbol"] = "fit"
    panel = Line("g", "length", at={"flux": 0.0, "width": 4}, line="fitted", theory=False)
    axes = only(panel, result)
    (line,) = lines(axes)
    fitted = result["fitted"].sel(flux=0.0, width=4).dropna("length")
    assert line.get_ydata()[[0, -1]] == pytest.approx(fitted[[0, -1]].to_numpy())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["fit"]


def test_theory_is_dotted_beside_another_line() -> None:
    result = wires()
    result["fitted"] = 2 * result["g"]
    result["fitted"].attrs["symbol"] = "fit"
    panel = Line("g", "length", at={"flux": 0.0, "width": 4}, line="fitted")
    axes = only(panel, result)
    fit, theory = lines(axes)
    law = result["g_theory"].sel(flux=0.0, width=4).dropna("length")
    assert theory.get_ydata()[[0, -1]] == pytest.approx(law[[0, -1]].to_numpy())
    assert not fit.is_dashed()
    assert theory.is_dashed()
    legend = axes.get_legend()
    assert [t.get_text() for t in legend.get_texts()] == ["fit", "theory", "left out by theory"]
    shown = [handle._dash_pattern for handle in legend.get_lines()]
    assert shown[0] != shown[1]


def test_several_quantities_differ_in_colour_and_marker() -> None:
    result = wires()
    axes = only(Line(("g", "s"), "length", at={"flux": 0.0, "width": 4}), result)
    assert [p.get_marker() for p in points(axes)] == ["o", "^"]
    assert len({colour(p) for p in points(axes)}) == 2
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend[:2] == ["⟨g⟩", "L / l$_{0}$"]
    assert axes.get_ylabel() == "⟨g⟩  (e²/h), L / l$_{0}$"
    # The second has no theory, and so no line.
    assert len(lines(axes)) == 1


def test_theory_runs_in_ink_through_points_whose_colours_lie_along_x() -> None:
    axes = only(Line("xi", "channels", colour="width", marker="flux"), wires())
    assert sorted(p.get_xdata()[0] for p in points(axes)) == [1, 1, 3, 3]
    assert len({colour(p) for p in points(axes)}) == 2
    drawn = lines(axes)
    assert [(colour(a), a.get_linestyle()) for a in drawn] == [(INK, "-"), (INK, "--")]
    assert [list(a.get_xdata()) for a in drawn] == [[1, 3], [1, 3]]


def test_coordinates_of_cases_can_be_x_and_colour() -> None:
    axes = only(Line("sigma", "side", colour="symmetry"), cases())
    assert [list(p.get_ydata()) for p in points(axes)] == [[2.9, 2.6], [3.2, 3.4]]
    legend = axes.get_legend()
    assert legend.get_title().get_text() == "disorder"
    assert [text.get_text() for text in legend.get_texts()] == ["plain", "Ando", "theory"]


def test_labels_along_x_stand_side_by_side_without_lines_between_them() -> None:
    result = cases()
    axes = only(Line("sigma", "case"), result)
    assert [label.get_text() for label in axes.get_xticklabels()] == list(result["case"].values)
    assert not lines(axes)
    dashes = [a for a in axes.lines if a.get_marker() == "_"]
    assert [float(a.get_ydata()[0]) for a in dashes] == list(result["sigma_theory"])


def test_x_is_the_longest_dimension_that_is_not_coded() -> None:
    assert only(Line("g"), wires()).get_xlabel() == "length  (sites)"
    assert only(Line("g", colour="gate"), contact()).get_xlabel() == "E  (t)"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (40, [40]),
        (40.0 + 1e-9, [40]),
        ("first", [20]),
        ("middle", [80]),
        ("last", [320]),
        ((20, "last"), [20, 320]),
        (slice(30, None), [80, 320]),
        (slice(None, 100), [20, 80]),
    ],
)
def test_at_chooses_values(value: Any, kept: list[float]) -> None:
    # The wider wire has the lengths 20, 80 and 320; places are counted among these.
    result = wires()
    result["g"] = result["g"].fillna(7.0) if value in (40, 40.0 + 1e-9) else result["g"]
    panel = Line("g", "flux", at={"width": 4, "length": value}, colour="length", theory=False)
    axes = only(panel, result)
    part = result["g"].sel(width=4, length=kept)
    drawn = [p.get_ydata() for p in points(axes)]
    assert np.array(drawn) == pytest.approx(part.transpose("length", "flux").to_numpy())


def test_at_takes_a_constant_and_a_coordinate_of_cases() -> None:
    result = contact()
    axes = only(Line("g", "gate", at={"energy": "fermi", "disorder": 0.2}), result)
    assert points(axes)[0].get_ydata() == pytest.approx(result["g"].isel(energy=3, disorder=1))
    drawn = points(only(Line("sigma", "side", at={"symmetry": "Ando"}), cases()))
    assert [list(p.get_ydata()) for p in drawn] == [[3.2, 3.4]]


def test_what_was_chosen_stands_above_the_panel() -> None:
    result = contact()
    at = {"energy": "fermi", "disorder": 0.2}
    assert note(only(Line("g", "gate", at=at), result)) == "E = −3.2 t,  W = 0.2 t"
    assert note(only(Line("g", "gate", at=at, note="clean"), result)) == "clean"


def test_few_values_that_nothing_was_said_about_become_curves() -> None:
    axes = only(Line("g", "gate", at={"energy": "first"}), contact())
    assert len({colour(p) for p in points(axes)}) == 3
    assert axes.get_legend().get_title().get_text() == "W  (t)"


def test_of_many_values_the_middle_one_is_drawn_and_told() -> None:
    result = contact().drop_dims("n")
    axes = only(Line("g", "gate", colour="disorder"), result)
    assert "E = −3.3 (one of 5)" in note(axes)
    drawn = [p.get_ydata() for p in points(axes)]
    assert np.array(drawn) == pytest.approx(result["g"].isel(energy=2).to_numpy())


def test_joined_points_of_long_curves_are_lines() -> None:
    x = np.linspace(0, 1, 90)
    result = xr.Dataset({"y": (("k", "x"), [x, 2 * x])}, coords={"x": x, "k": [1, 2]})
    axes = only(Line("y", "x", colour="k", join=True), result)
    assert [a.get_marker() for a in axes.lines] == ["none", "none"]
    assert axes.lines[1].get_ydata() == pytest.approx(2 * x)
    handles = axes.get_legend().get_lines()
    assert [h.get_linestyle() for h in handles] == ["-", "--"]


def test_guides_stand_at_their_heights_with_labels_outside() -> None:
    axes = only(Line("xi", "channels", guides={"one": 1.0, "two": 1.01}), wires())
    heights = [a.get_ydata()[0] for a in axes.lines if a.get_gid() == "guide"]
    assert heights == [1.0, 1.01]
    figure = axes.figure
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in axes.texts[:2]]
    assert texts(axes)[:2] == ["one", "two"]
    assert all(box.x0 >= axes.get_window_extent(renderer).x1 for box in boxes)
    assert not boxes[0].overlaps(boxes[1])


def test_slopes_are_straight_on_linear_and_powers_on_logarithmic_axes() -> None:
    panel = Line("g", "length", at={"flux": 0.0}, theory=False, slopes={"a": (2.0, -0.5)})
    for scale, law in (("linear", lambda x: 2 - 0.5 * x), ("log", lambda x: 2 * x**-0.5)):
        axes = only(replace(panel, xscale=scale, yscale=scale), wires())
        x, y = next(a for a in lines(axes) if colour(a) == INK).get_data()
        assert y == pytest.approx(law(x))
        assert "a" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_slopes_are_straight_where_only_x_is_logarithmic() -> None:
    panel = Line("g", "length", at={"flux": 0.0}, theory=False, slopes={"a": (2.0, -0.5)})
    axes = only(replace(panel, xscale="log"), wires())
    x, y = next(a for a in lines(axes) if colour(a) == INK).get_data()
    assert y == pytest.approx(2 - 0.5 * np.log(x))


def test_an_upper_axis_shows_a_quantity_that_grows_with_x() -> None:
    result = wires().isel(width=0)
    panel = Line("g", "length", at={"flux": 0.0}, top="s")
    (above,) = only(panel, result).child_axes
    assert above.get_xlabel() == "L / l$_{0}$"
    low, high = above.get_xlim()
    assert (low, high) == pytest.approx(np.array(only(panel, result).get_xlim()) / 2, rel=0.2)
    told = only(Line("g", "length", at={"flux": 0.0}, top="s"), wires())
    assert not told.child_axes
    assert "no upper axis" in note(told)


def test_an_inset_shows_its_own_part() -> None:
    inside = Line("g", "length", at={"flux": 0.0, "width": 4}, xscale="log")
    axes = only(Line("g", "s", at={"flux": 0.0}, inset=inside), wires())
    (inset,) = axes.child_axes
    assert inset.get_xscale() == "log"
    assert inset.get_xlabel() == "length  (sites)"
    assert inset.get_ylabel() == "⟨g⟩  (e²/h)"
    assert list(points(inset)[0].get_xdata()) == [20, 80, 320]


def test_a_panel_that_needs_several_values_is_left_out_without_them() -> None:
    result = wires()
    panels = [Line("g", "length"), Line("g", "length", needs={"width": 2})]
    assert len(draw(panels, result).axes) >= 2
    one = result.isel(width=[0])
    assert len([axes for axes in draw(panels, one).axes if axes.get_xlabel()]) == 1
    with pytest.raises(InputError, match=r"needs\['width'\] is 0"):
        Line("g", needs={"width": 0})
    with pytest.raises(InputError, match="needs names 'widht'"):
        draw([Line("g", "length", needs={"widht": 2})], result)
