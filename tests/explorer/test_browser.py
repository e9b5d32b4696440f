"""The explorer in a real browser: what a reader clicks, types and takes along."""

import csv
import io
import shutil

import numpy as np
import pytest

import qtcore as qt
from qtcore.explorer.calls import explore

pytestmark = pytest.mark.slow

VIEW = "window.qtcoreView"


def shown(page):
    """Return curves as the page has drawn them: per facet, per curve, x, y, error and theory."""
    return page.evaluate(
        f"{VIEW}.facets.map(f => f.curves.map(c => c.points.map(p => [p.x, p.y, p.error, p.theory])))"
    )


def choose(page, selector, value):
    page.select_option(selector, value)
    page.wait_for_timeout(300)


def with_analysis(page):
    page.wait_for_selector('#quantity option[value="xi/result"]', state="attached", timeout=60_000)
    return page


def test_curves_are_means_with_errors(look, explorer, store):
    page = look(explorer.url)
    choose(page, "#quantity", "ln_g/mean")
    choose(page, "#role-length", "x")
    choose(page, "#role-width", "colour")
    choose(page, "#role-disorder", "facet")
    found = np.array(shown(page))[..., :3].astype(float)  # (disorder, width, length, …)
    samples = qt.open(store).ln_g.to_numpy()[:, :, 0]
    np.testing.assert_allclose(found[..., 1], samples.mean(axis=2), rtol=1e-12)
    error = samples.std(axis=2, ddof=1) / np.sqrt(200)
    np.testing.assert_allclose(found[..., 2], error, rtol=1e-9)


def test_a_slider_moves_by_keys(look, explorer, store):
    page = look(explorer.url)
    choose(page, "#role-disorder", "slider")
    choose(page, "#role-width", "colour")
    page.focus("#slider-disorder")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert page.inner_text("#slider-disorder + output") == "disorder = 2"
    expected = qt.open(store).ln_g.mean("realization").to_numpy()[1, :, 0]
    np.testing.assert_allclose(np.array(shown(page)[0])[..., 1].astype(float), expected)


def test_an_average_over_points_has_their_common_error(look, explorer, store):
    page = look(explorer.url)
    choose(page, "#role-disorder", "average")
    choose(page, "#role-width", "colour")
    found = np.array(shown(page)[0])[..., :3].astype(float)
    samples = qt.open(store).ln_g.to_numpy()[:, :, 0]
    np.testing.assert_allclose(found[..., 1], samples.mean(axis=(0, 2)), rtol=1e-12)
    errors = samples.std(axis=2, ddof=1) / np.sqrt(200)
    common = "have the same disorder" in page.inner_text("#summary")
    expected = errors.mean(axis=0) if common else np.sqrt((errors**2).sum(axis=0)) / 3
    np.testing.assert_allclose(found[..., 2], expected, rtol=1e-9)


def test_theory_is_drawn_and_can_be_left_out(look, explorer):
    page = with_analysis(look(explorer.url))
    choose(page, "#quantity", "mean_ln_g/result")
    theory = np.array(shown(page)[0][0])[:, 3].astype(float)
    np.testing.assert_allclose(theory, [-0.1, -0.2, -0.4, -0.8])
    assert "Dashed: theory" in page.inner_text("#summary")
    page.check("#plain")
    page.wait_for_timeout(200)
    assert "Dashed: theory" not in page.inner_text("#summary")


def test_a_point_opens_by_keys(look, explorer):
    page = look(explorer.url)
    page.focus("#plots")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#histogram *", timeout=30_000)
    assert "200 of 200 realizations" in page.inner_text("#point-about")
    assert "--realizations 2000" in page.inner_text("#more")
    page.click("#close")
    assert page.is_hidden("#point")


def test_a_point_opens_by_a_click(look, explorer):
    page = look(explorer.url)
    page.wait_for_timeout(1000)
    place = page.evaluate(
        """() => {
        const view = Object.values(Bokeh.index)[0] || [...Bokeh.index][0];
        const figure = view.model.renderers ? view : view.child_views[0];
        const marks = figure.model.renderers.filter((r) => r.glyph.type === "Scatter")[0];
        const { x, y } = marks.data_source.data;
        const box = figure.el.getBoundingClientRect();
        const inner = figure.frame.bbox;
        return [box.x + inner.x + figure.frame.x_scale.compute(x[2]) - inner.x0 + 0 * inner.left,
                box.y + inner.y + figure.frame.y_scale.compute(y[2]) - inner.y0];
    }"""
    )
    page.mouse.click(*place)
    page.wait_for_selector("#histogram *", timeout=30_000)
    assert "200 of 200 realizations" in page.inner_text("#point-about")


def test_the_address_holds_the_view(look, explorer):
    page = look(explorer.url)
    choose(page, "#role-width", "slider")
    page.check("#xlog")
    page.wait_for_timeout(200)
    again = look(page.url)
    assert again.evaluate(f"{VIEW}.view.roles") == page.evaluate(f"{VIEW}.view.roles")
    assert again.is_checked("#xlog")
    assert shown(again) == shown(page)


def test_a_selection_is_taken_along(look, explorer, store):
    page = look(explorer.url)
    choose(page, "#role-disorder", "slider")
    choose(page, "#role-width", "colour")
    with page.expect_download() as taken:
        page.click("#download")
    text = taken.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2 * 4
    expected = qt.open(store).ln_g.mean("realization").to_numpy()[0, :, 0].ravel()
    found = [float(row["ln_g mean"]) for row in rows]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert {row["finished"] for row in rows} == {"200"}


def test_a_map_of_two_axes(look, explorer):
    page = look(explorer.url)
    choose(page, "#role-disorder", "y")
    assert page.evaluate(f"{VIEW}.view.roles.disorder") == "y"
    assert len(shown(page)[0]) == 3
    assert (
        page.evaluate(f"Object.values({VIEW}.view.roles).filter(r => r === 'colour').length") == 0
    )


def test_one_file_needs_no_network(look, store, tmp_path):
    path = explore(store, html=tmp_path / "out.html", trust=True)
    assert path.stat().st_size < 5_000_000
    page = look(path.as_uri(), offline=True)
    found = np.array(shown(page)[0])[..., 1].astype(float)
    assert np.isfinite(found).all()
    page.focus("#plots")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#histogram *", timeout=30_000)
    page.wait_for_selector("#traces *", timeout=30_000)
    assert "200 of 200 realizations" in page.inner_text("#point-about")


def test_the_file_shows_what_the_server_shows(look, explorer, store, tmp_path):
    live = look(explorer.url)
    held = look(explore(store, html=tmp_path / "out.html", trust=True).as_uri(), offline=True)
    a, b = (np.array(shown(page), dtype=float)[..., :3] for page in (live, held))
    np.testing.assert_allclose(b, a, rtol=1e-6)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """A run whose cases have two parameters that are numbers, one that is a text, and one that is always the same."""
    rows = [
        {"kind": kind, "strength": strength, "width": 2}
        for strength in (6.0, 9.0, 7.0)
        for kind in ("square", "tube")
    ]
    place = tmp_path_factory.mktemp("cases") / "cases.zarr"
    qt.sweep(
        strip,
        sample=qt.Cases(rows),
        energy=0.3,
        lengths=(10, 20),
        realizations=20,
        store=place,
        cluster="threads",
        progress=False,
    )
    return place


def strip(kind, strength, width):
    return qt.Wire(qt.Square(width + 2, periodic=kind == "tube"), qt.Box(strength))


def test_a_parameter_of_cases_is_a_horizontal_axis(look, cases):
    """Cases that differ in what is not along the axis are curves of their own."""
    samples = qt.open(cases).ln_g.mean("realization").to_numpy().reshape(6, 2)
    with explore(cases) as explorer:
        page = look(explorer.url)
        choose(page, "#role-length", "slider")
        page.wait_for_timeout(
            2_500
        )  # the page looks at the store again, and keeps the view without x
        choose(page, "#role-sample", "x")
        assert len(shown(page)[0]) == 1
        along = page.eval_on_selector_all("#along-sample option", "all => all.map(o => o.value)")
        assert along == ["", "strength"], "width is always the same, and kind no number"
        choose(page, "#along-sample", "strength")
        square, tube = np.array(shown(page)[0])[..., :2].astype(float)
        np.testing.assert_allclose(square, np.transpose([[6, 7, 9], samples[[0, 4, 2], 0]]))
        np.testing.assert_allclose(tube, np.transpose([[6, 7, 9], samples[[1, 5, 3], 0]]))
        named = page.evaluate(f"{VIEW}.facets[0].curves.map(c => c.label)")
        assert named == ["square", "tube"]
        again = look(page.url)
        assert shown(again) == shown(page)
        with page.expect_download() as taken:
            page.click("#download")
        rows = list(csv.DictReader(io.StringIO(taken.value.path().read_text(encoding="utf-8"))))
        assert [row["kind"] for row in rows] == ["square"] * 3 + ["tube"] * 3
        assert [float(row["strength"]) for row in rows] == [6, 7, 9, 6, 7, 9]


def test_a_legend_lies_beside_the_points(look, explorer):
    page = look(explorer.url)
    choose(page, "#role-width", "colour")
    for facets, place in (("slider", "right"), ("facet", "below")):
        choose(page, "#role-disorder", facets)
        found = page.evaluate(
            "Object.fromEntries(['left', 'right', 'above', 'below', 'center'].map((side) => [side, "
            "[...Bokeh.documents[Bokeh.documents.length - 1].roots()].flatMap((root) => root[side] || [])"
            ".filter((one) => one.type === 'Legend').length]))"
        )
        assert found == {
            side: int(side == place) * (3 if facets == "facet" else 1) for side in found
        }


def test_a_store_that_vanishes_is_told_on_the_page(look, store, tmp_path):
    shutil.copytree(store, tmp_path / "runs" / "run.zarr")
    with explore(tmp_path / "runs", trust=True) as explorer:
        page = look(explorer.url, fine="410")
        (tmp_path / "runs" / "run.zarr").rename(tmp_path / "elsewhere.zarr")
        page.wait_for_selector("#problem:not([hidden])", timeout=30_000)
        assert "not there any more" in page.inner_text("#problem")
        assert page.is_hidden("#gone"), "the server still answers"
        assert "not there any more" in page.inner_text("#runs")
