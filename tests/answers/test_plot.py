"""Pictures of results and statistics over any axis."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.answers.plot import Asked, plot
from qtcore.answers.statistics import statistics
from qtcore.errors import InputError
from qtcore.figures.behind import behind
from qtcore.figures.caption import without_value
from qtcore.figures.line import Line
from qtcore.figures.map import Map
from qtcore.figures.steps import Steps

ENERGIES = np.linspace(0.1, 1.2, 12)
WIDTHS = [4, 8, 16]
AXES = ("disorder", "width", "energy")


@pytest.fixture(scope="module")
def samples() -> xr.Dataset:
    """Three strengths, three widths, 12 energies, 40 realizations, two lengths; one point is not finished."""
    rng = np.random.default_rng(4)
    ln_g = rng.normal(-1.0, 0.5, size=(3, 3, 12, 40, 2)) * np.array([1.0, 2.0])
    ln_g[0, 0, 0] = np.nan
    finished = np.full((3, 3, 12), 40)
    finished[0, 0, 0] = 0
    return xr.Dataset(
        {
            "ln_g": (
                (*AXES, "realization", "length"),
                ln_g,
                {"long_name": "ln g, g in e²/h per spin"},
            )
        },
        {
            "disorder": (
                "disorder",
                [0.5, 1.0, 2.0],
                {"units": "t", "long_name": "full width W of the box"},
            ),
            "width": ("width", WIDTHS, {"units": "sites", "long_name": "sites across"}),
            "energy": ("energy", ENERGIES, {"units": "t", "long_name": "Fermi energy"}),
            "length": ("length", [20, 40], {"units": "sites"}),
            "realization": np.arange(40),
            "finished": (AXES, finished),
            "flux": 0.25,
        },
        {"realizations": 40},
    )


@pytest.fixture(scope="module")
def result(samples: xr.Dataset) -> xr.Dataset:
    """Return a localization length with error and theory, and one that was found nowhere."""
    law = np.array(WIDTHS)[:, None] * 100.0 / np.array([0.5, 1.0, 2.0])[:, None, None] ** 2
    xi = law * np.ones(12)
    about = {
        "units": "sites",
        "symbol": "ξ",
        "long_name": "localization length",
        "source": "Thouless",
    }
    return xr.Dataset(
        {
            "localization_length": (AXES, 1.02 * xi, about),
            "localization_length_error": (AXES, 0.03 * xi),
            "localization_length_theory": (AXES, xi),
            "lost": (AXES, np.nan * xi, {"missing": "12 × wires too short"}),
        },
        {d: samples[d] for d in AXES},
    )


def panels(figure: Any) -> list[Any]:
    return [one.panel for one in figure.drawn]


def test_a_result_over_one_axis_coloured_by_another_with_a_panel_for_a_third(
    samples: xr.Dataset, result: xr.Dataset
) -> None:
    asked = Asked("localization_length", x="energy", hue="disorder", facet="width")
    figure = plot(samples, asked, result)
    assert len(figure.lettered) == 3
    first = behind(figure)[0]
    assert {*first.columns["width"]} == {4}
    assert len(first.columns["energy"]) == 3 * 12
    assert np.isfinite(first.columns["localization_length_error"]).all()
    assert "theory (Thouless)" in first.caption
    assert len({axes.get_ylim() for axes in figure.lettered}) == 1, "panels that are compared"
    assert [panel.marker for panel in panels(figure)] == ["disorder"] * 3, "without colours, too"


def test_twelve_energies_are_a_bar_of_colours(samples: xr.Dataset, result: xr.Dataset) -> None:
    asked = Asked("localization_length", x="width", hue="energy", facet="disorder")
    figure = plot(samples, asked, result)
    bars = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    assert len(bars) == 1
    assert bars[0].get_ylabel() == "E  (t)"


@pytest.mark.parametrize("stat", ["mean", "var", "median", "quantile(0.25)", "std"])
def test_statistics_are_those_of_the_finished_realizations(samples: xr.Dataset, stat: str) -> None:
    y = "quantile(ln_g, 0.25)" if "quantile" in stat else f"{stat}(ln_g)"
    figure = plot(samples, Asked(y, x="energy", select={"width": 8, "disorder": "1", "length": 40}))
    (found,) = behind(figure)
    name = next(n for n in found.columns if n.endswith("ln_g"))
    part = samples.sel(width=8, disorder=1.0, length=40)
    own = statistics(part, "ln_g", [stat])
    assert found.columns[name] == pytest.approx(own[stat].to_numpy())
    error = own[f"{stat}_error"].to_numpy()
    assert found.columns[f"{name}_error"] == pytest.approx(error, nan_ok=True)
    assert "M = 8 sites, W = 1 t, L = 40 sites" in found.caption


def test_unfinished_points_are_not_drawn(samples: xr.Dataset) -> None:
    asked = Asked("mean(ln_g)", x="energy", select={"width": 4, "disorder": 0.5, "length": 20})
    (found,) = behind(plot(samples, asked))
    assert found.columns["energy"].tolist() == ENERGIES[1:].tolist()


def test_a_statistic_against_another_and_the_shape_of_a_distribution(samples: xr.Dataset) -> None:
    (found,) = behind(plot(samples, Asked("var(ln_g)", x="mean(ln_g)", hue="width")))
    assert {"mean_ln_g", "mean_ln_g_error", "var_ln_g"} <= {*found.columns}
    (found,) = behind(plot(samples, Asked("skewness(ln_g)", x="energy", select={"length": 40})))
    assert np.isfinite(found.columns["skewness_ln_g"]).all()


def test_a_histogram_holds_all_samples(samples: xr.Dataset) -> None:
    figure = plot(samples, Asked(hist="ln_g", hue="disorder", select={"width": 8}, bins=20))
    assert isinstance(panels(figure)[0], Steps)
    (found,) = behind(figure)
    widths = found.columns["bin_upper"] - found.columns["bin_lower"]
    assert (found.columns["density"] * widths).sum() == pytest.approx(3.0)
    assert (found.columns["density_error"] > 0).all()
    assert "L = 40 sites (one of 2)" in found.caption
    assert "E = 0.7" in found.caption
    derived = plot(samples, Asked(hist="g", select={"width": 8}))
    assert derived.lettered[0].get_xlabel().startswith("g")


def test_a_map_lies_over_two_axes(samples: xr.Dataset) -> None:
    asked = Asked("disorder", x="energy", of="mean(ln_g)", select={"width": 16, "length": 40})
    figure = plot(samples, asked)
    assert isinstance(panels(figure)[0], Map)
    (found,) = behind(figure)
    own = statistics(samples.sel(width=16, length=40), "ln_g", ["mean"])["mean"]
    assert sorted(found.columns["mean_ln_g"]) == pytest.approx(np.sort(own.to_numpy().ravel()))
    assert "mean_ln_g_error" in found.columns


def test_axes_have_units_and_short_signs(samples: xr.Dataset, result: xr.Dataset) -> None:
    figure = plot(samples, Asked("localization_length", x="energy", select={"width": 4}), result)
    assert figure.lettered[0].get_xlabel() == "E  (t)"
    assert figure.lettered[0].get_ylabel() == "ξ  (sites)"
    assert isinstance(panels(figure)[0], Line)


def test_the_accessor_draws_the_same(samples: xr.Dataset, result: xr.Dataset) -> None:
    where = {"width": 8, "length": 40}
    mine = behind(samples.qt.plot("mean(ln_g)", x="energy", hue="disorder", select=where))
    same = behind(plot(samples, Asked("mean(ln_g)", "energy", "disorder", select=where)))
    assert mine[0].caption == same[0].caption
    assert (
        "theory"
        in behind(samples.qt.plot("localization_length", x="width", result=result))[0].caption
    )
    with pytest.raises(InputError, match=r"no argument 'colour'.*hue"):
        samples.qt.plot("mean(ln_g)", colour="width")
    assert behind(qt.plot(samples, "mean(ln_g)", x="energy", hue="disorder", select=where))[
        0
    ].columns


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "say what to plot"),
    ({"y": "localisation_length"}, r"did you mean localization_length.*mean\(ln_g\)"),
    ({"y": "ln_g"}, r"say which statistic.*mean\(ln_g\)"),
    ({"y": "mean(ln_G)"}, r"no variable 'ln_G' \(did you mean ln_g"),
    ({"y": "meen(ln_g)"}, r"no statistic 'meen' \(did you mean mean.*skewness"),
    ({"y": "mean(ln_g"}, r"written as mean\(ln_g\)"),
    ({"y": "quantile(ln_g, 2)"}, "0 < p < 1"),
    ({"y": "mean(ln_g)", "x": "enrgy"}, "did you mean energy"),
    ({"y": "mean(ln_g)", "hue": "flux"}, "flux has one value here, 0.25"),
    ({"y": "mean(ln_g)", "hue": "gate"}, "no axis of mean_ln_g 'gate'"),
    ({"y": "mean(ln_g)", "x": "width", "hue": "width"}, "x and hue are both 'width'"),
    ({"y": "mean(ln_g)", "hue": "width", "facet": "width"}, "hue and facet are both 'width'"),
    ({"y": "mean(ln_g)", "select": {"width": "5"}}, "no width = 5; the nearest are 4, 8"),
    ({"y": "mean(ln_g)", "select": {"widht": "4"}}, "did you mean width"),
    ({"y": "lost"}, "lost has no value: 12 × wires too short"),
    ({"hist": "ln_g", "x": "energy"}, "a histogram goes with hue, facet and select"),
    ({"hist": "ln_g", "bins": 0}, "from 1 to"),
    ({"hist": "lng"}, "did you mean ln_g"),
    ({"y": "mean(ln_g)", "bins": 3}, "bins belong to a histogram"),
    ({"of": "mean(ln_g)", "x": "energy"}, "a map needs two axes"),
    (
        {"of": "mean(ln_g)", "x": "energy", "y": "width", "hue": "disorder"},
        "nothing is left for hue",
    ),
    ({"y": "mean(ln_g)", "yscale": "logarithmic"}, "allowed are linear, log"),
    ({"y": "mean(ln_g)", "style": "poster"}, "there is no style 'poster'"),
]


@pytest.mark.parametrize(("given", "words"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_bad_input_is_told_what_there_is(
    samples: xr.Dataset, result: xr.Dataset, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        plot(samples, Asked(**given), result)


def test_too_many_panels_and_nothing_finished_are_refused(samples: xr.Dataset) -> None:
    finer = samples.isel(energy=[0, *range(12)]).assign_coords(energy=np.arange(13.0))
    with pytest.raises(InputError, match=r"energy has 13 values.*at most 12"):
        plot(finer, Asked("mean(ln_g)", x="width", facet="energy"))
    with pytest.raises(InputError, match="no realization of the points that were selected"):
        plot(samples, Asked("mean(ln_g)", select={"width": 4, "disorder": 0.5, "energy": 0.1}))


def test_a_caption_says_which_points_have_no_value_and_why(result: xr.Dataset) -> None:
    part = result.copy(deep=True)
    part["localization_length"][0, 0, 0] = np.nan
    part["localization_length"].attrs["missing"] = "1 × too short (energy 0.1)"
    sentences = [*without_value(part, ["localization_length"])]
    assert sentences == ["Points without localization length: 1 × too short (energy 0.1)"]
    assert not [*without_value(result, ["localization_length"])]
