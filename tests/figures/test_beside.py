"""What stands beside points: spreads as bands, another unit, x that falls, numbers in words."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from qtcore.errors import InputError
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.names import refuse_unknown

from .drawn import note, only, points
from .synthetic import contact, wires

AT = {"flux": "first", "width": 4}


def test_a_spread_is_a_band_around_the_points() -> None:
    result = wires()
    result["spread"] = 0.3 * result["g"]
    result["spread"].attrs = {"symbol": "spread"}
    axes = only(Line("g", "length", at=AT, band="spread", theory=False), result)
    (band,) = [c for c in axes.collections if isinstance(c, PolyCollection)]
    outline = band.get_paths()[0].vertices
    x, y = points(axes)[0].get_xdata(), points(axes)[0].get_ydata()
    for place, height in zip(x, y, strict=True):
        ends = outline[np.isclose(outline[:, 0], place), 1]
        assert (ends.min(), ends.max()) == pytest.approx((0.7 * height, 1.3 * height), rel=1e-6)
    assert "± spread" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_a_band_over_theory_is_divided_by_it() -> None:
    result = wires()
    result["spread"] = 0.3 * result["g_theory"]
    axes = only(Line("g", "length", at=AT, band="spread", ratio=True, theory=False), result)
    (band,) = [c for c in axes.collections if isinstance(c, PolyCollection)]
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.8, 1.4))


def test_another_unit_of_y_stands_at_the_right() -> None:
    axes = only(Line("g", "length", at=AT, right={"G_s  (µS)": 38.7}), wires())
    (right,) = axes.child_axes
    axes.figure.draw_without_rendering()
    assert right.get_ylabel() == "G$_{s}$  (µS)"
    assert right.get_ylim() == pytest.approx([38.7 * end for end in axes.get_ylim()])


@pytest.mark.parametrize("panel", [Line("g", "gate"), Map("g", "gate", up="energy")])
def test_x_may_fall_to_the_right(panel: Line | Map) -> None:
    straight = only(panel, contact()).get_xlim()
    reversed_panel = type(panel)(**{**vars(panel), "reverse": True})
    assert only(reversed_panel, contact()).get_xlim() == straight[::-1]


def test_theory_at_single_points_of_a_joined_curve_is_crosses_that_the_legend_tells() -> None:
    result = contact().isel(disorder=0, energy=0, drop=True)[["g"]]
    result["g_theory"] = result["g"].where([False, True, False, False, True, False, False])
    axes = only(Line("g", "gate", join=True), result)
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [line.get_xdata()[0] for line in crosses] == pytest.approx([0.2, 0.5])
    (entry,) = axes.get_legend().legend_handles
    assert (entry.get_marker(), entry.get_label()) == ("x", "theory")
    # Behind points that are not joined they are dashes.
    assert not any(a.get_marker() == "x" for a in only(Line("g", "gate"), result).lines)


def test_a_note_tells_numbers_with_error_and_unit() -> None:
    result = wires()
    result["series"] = ((), 497.8, {"units": "Ω"})
    result["series_error"] = 11.2
    panel = Line("g", "length", at=AT, note="R_s: {series}")
    assert note(only(panel, result)) == "R$_{s}$: 498 ± 11 Ω"
    exact = result.drop_vars("series_error")
    assert note(only(panel, exact)) == "R$_{s}$: 497.8 Ω"
    result["series"] = np.nan
    assert note(only(panel, result)) == "R$_{s}$: not found"
    with pytest.raises(InputError, match=r"note is 'serie', which .* did you mean 'series'"):
        refuse_unknown([Line("g", note="{serie}")], ["g", "series"], [])


def test_a_note_tells_every_number_that_the_panel_shows() -> None:
    result = wires()
    assert result["xi"].mean() == pytest.approx(3.575)  # is the number of no wire
    assert note(several_of(result)) == "2.10 ± 0.10; 6.20 ± 0.10 (at M = 2; 4)"
    at = {"width": 4, "flux": 0.45}
    assert note(only(Line("g", "length", at=at, note="{xi}"), result)) == "6.20 ± 0.10"
    both = note(only(Line("g", "length", note="{xi}"), result)).replace("\n", " ")
    assert both.count("±") == 4
    assert "; 6.20 ± 0.10 (at M = 2, Φ = 0; " in both
    assert both.endswith("; M = 4, Φ = 0.45)")
    # What was found of several says of which one it is.
    result["xi"][1] = np.nan
    assert note(several_of(result)) == "2.10 ± 0.10 (at M = 2)"
    many = note(only(Line("g", "length", note="{g}"), wires())).replace("\n", " ")
    assert many.endswith(" e²/h (14 numbers)")
    assert many.count("±") == 2


def several_of(result: xr.Dataset) -> Axes:
    """Return the panel of all widths in the field."""
    return only(Line("g", "length", at={"flux": 0.45}, note="{xi}"), result)


def test_a_band_below_zero_is_not_drawn_as_one_above() -> None:
    fine, below = wires(), wires()
    below["g_left_out"] = -below["g_left_out"]
    panel = Line("g", "length", at={"flux": 0.45})

    def bands(result: xr.Dataset) -> int:
        filled = [c for c in only(panel, result).collections if len(c.get_facecolor())]
        return len(filled)

    assert bands(fine) > bands(below)
