"""What stands behind a figure: numbers, captions, styles and the fonts of its files."""

import re
import zlib
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qtcore.errors import InputError
from qtcore.figures.behind import Behind, behind
from qtcore.figures.draw import draw
from qtcore.figures.drawing import content_of, showing
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.steps import Steps
from qtcore.figures.style import styled
from qtcore.reports.behind import captions, table, together

from .drawn import points
from .synthetic import contact, spacings, wires

AT = {"flux": "first"}


def of(panel: Any, result: xr.Dataset) -> Behind:
    (one,) = behind(draw([panel], result))
    return one


def test_the_numbers_behind_a_panel_are_those_that_are_drawn() -> None:
    figure = draw([Line("g", "length", at=AT, colour="width")], wires())
    (found,) = behind(figure)
    drawn = {tuple(xy) for line in points(figure.axes[0]) for xy in np.asarray(line.get_xydata())}
    assert {*zip(found.columns["length"], found.columns["g"], strict=True)} == drawn
    own = wires().g.sel(flux=0.0)
    for width, length, g, error in zip(
        *(found.columns[name] for name in ("width", "length", "g", "g_error")), strict=True
    ):
        assert own.sel(width=width, length=length) == g
        assert wires().g_error.sel(flux=0.0, width=width, length=length) == error
    assert found.columns["flux"].tolist() == [0.0] * len(drawn)
    assert found.words["g"] == "g (e²/h)"


def test_several_quantities_a_ratio_and_an_inset_have_columns_of_their_own() -> None:
    result = wires()
    several = of(Line(("g", "s"), "length", at={"flux": "first", "width": 4}), result)
    assert {*several.columns["quantity"]} == {"g", "s"}
    ratio = of(Line("g", "length", at={"flux": "first", "width": 4}, ratio=True), result)
    assert ratio.columns["g_over_theory"] == pytest.approx(1.1)
    outer, inner = behind(
        draw([Line("g", "length", at=AT, inset=Line("xi", "channels", at=AT))], result)
    )
    assert (outer.letter, inner.letter) == ("a", "a-inset")
    assert inner.columns["xi"].tolist() == [2.0, 4.0]


def test_maps_and_histograms_are_tables() -> None:
    found = of(Map("g", "gate", up="energy", at={"disorder": "first"}), contact())
    own = contact().g.isel(disorder=0)
    for gate, energy, g in zip(
        *(found.columns[name] for name in ("gate", "energy", "g")), strict=True
    ):
        assert float(own.sel(gate=gate, energy=energy)) == g
    steps = of(Steps("density", "spacing", colour="disorder"), spacings())
    assert len(steps.columns["density"]) == 3 * 4
    assert steps.columns["spacing_lower"][:2].tolist() == [0.0, 0.5]


def test_panels_that_are_functions_are_read_off_their_axes() -> None:
    def own(axes: Axes, _: xr.Dataset) -> None:
        axes.plot([1.0, 2.0], [3.0, 4.0], label="mine")
        axes.set(xlabel="gate", ylabel="g")

    def by_a_panel(axes: Axes, result: xr.Dataset) -> None:
        Line("xi", "channels", at=AT).draw(axes, result)

    mine, panels = behind(draw([own, by_a_panel], wires()))
    assert mine.columns["y"].tolist() == [3.0, 4.0]
    assert mine.columns["curve"].tolist() == ["mine", "mine"]
    assert mine.words["x"] == "gate"
    assert panels.columns["xi"].tolist() == [2.0, 4.0]
    plain = Figure()
    plain.subplots().plot([1.0], [2.0])
    assert behind(plain)[0].columns["y"].tolist() == [2.0]


def test_a_caption_says_what_points_bars_lines_and_bands_mean() -> None:
    result = wires()
    result.g.attrs["source"] = "Ohm"
    told = of(Line("g", "length", at=AT, colour="width", xscale="log"), result).caption
    for words in (
        "⟨g⟩ (e²/h), against length (sites) (logarithmic: x)",
        "Shown: Φ = 0 h/e",
        "Colour and marker: width, M (sites) = 2, 4, dark to light",
        "Points with bars: results ± one standard error (68 %)",
        "Line: theory (Ohm)",
        "Shaded: how far off that theory may be",
    ):
        assert words in told, (words, told)
    no_error = of(Line("s", "length", at=AT | {"width": 4}), result).caption
    assert "no statistical error" in no_error
    both = captions(behind(draw([Line("xi", "channels", at=AT)] * 2, result)), "Two panels.")
    assert both.startswith("Two panels.\n\n(a) ")
    assert "\n\n(b) " in both


def test_a_table_has_every_digit_and_is_read_by_pandas() -> None:
    import io

    import pandas as pd

    result = wires()
    result["g"] = result.g / 3
    found = of(Line("g", "length", at=AT, colour="width"), result)
    read = pd.read_csv(io.StringIO(table(found)), comment="#")
    assert list(read.columns) == list(found.columns)
    assert np.array_equal(read["g"], found.columns["g"])
    panels = behind(draw([Line("g", "length", at=AT | {"width": m}) for m in (2, 4)], result))
    whole = pd.read_csv(io.StringIO(together(panels, "Both.")), comment="#")
    assert {*whole["panel"]} == {"a", "b"}
    assert {*whole["width"]} == {2, 4}


@pytest.mark.parametrize(
    ("style", "width", "columns"),
    [("column", 3.375, 1), ("two-columns", 7.0, 2), ("slides", 8.0, 2)],
)
@pytest.mark.first_cases(1)
def test_styles_have_the_widths_of_what_they_are_for(
    style: Any, width: float, columns: int
) -> None:
    panels = [Line("xi", "channels", at=AT, legend=False)] * 4
    figure = draw(panels, wires(), style=style)
    with styled(style):
        assert draw(panels, wires()).get_figwidth() == figure.get_figwidth() == width
    assert figure.axes[0].get_gridspec().ncols == columns
    if style == "slides":
        assert figure.get_figheight() / width == pytest.approx(9 / 16)


def test_an_unknown_style_is_told_the_styles_there_are() -> None:
    with pytest.raises(InputError, match=r"no style 'poster'; there are page .*slides"):
        draw([Line("xi", "channels")], wires(), style="poster")  # type: ignore[arg-type]  # the point


def test_files_embed_truetype_fonts_and_never_type_3() -> None:
    """Fonts were those of Matplotlib's own setting, Type 3: settings at the time of saving decide."""
    figure = draw([Line("g", "length", at=AT)], wires())
    pdf = content_of(figure, "pdf")
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    whole = b"".join(parts)
    assert b"/Subtype /Type3" not in whole
    assert b"/FontFile2" in whole
    assert content_of(figure, "svg").startswith(b"<?xml")


def test_a_notebook_shows_a_figure_whoever_made_it() -> None:
    png = b"\x89PNG"
    assert draw([Line("xi", "channels")], wires())._repr_png_().startswith(png)
    own: Any = showing(Figure(figsize=(1, 1)))
    assert own._repr_png_().startswith(png)


def test_panels_with_the_same_many_colours_share_one_bar() -> None:
    energy = np.linspace(0, 1, 12)
    result = xr.Dataset(
        {"xi": (("width", "energy", "disorder"), np.ones((2, 12, 3)))},
        {"width": [4, 8], "energy": energy, "disorder": [1.0, 2.0, 3.0]},
    )
    same = [Line("xi", "disorder", colour="energy", at={"width": m}) for m in (4, 8)]
    assert len(draw(same, result).axes) == 3
    other = [same[0], Line("xi", "disorder", colour="energy", at={"energy": slice(0.05, 1)})]
    assert len(draw(other, result).axes) == 4


def test_texts_of_cases_are_whole_in_a_table() -> None:
    result = xr.Dataset(
        {"xi": (("sample", "energy"), [[5.0, 6.0], [33.0, 34.0]], {"units": "sites"})},
        {"energy": [0.1, 0.2], "sample": [0, 1], "lattice": ("sample", ["zigzag", "square"])},
    )
    found = of(Line("xi", "energy", colour="lattice", marker="lattice"), result)
    assert [*found.columns["lattice"]] == ["zigzag"] * 2 + ["square"] * 2
    assert "zigzag,0.1,5.0" in table(found)
    assert "dashed" not in found.caption, "there is no line in this panel"
