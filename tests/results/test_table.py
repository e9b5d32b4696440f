"""Stages and the table: what a stage sees, where its numbers go, and what is refused with a name."""

import json

import numpy as np
import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.errors import InputError
from qtcore.estimate import Missing
from qtcore.results.declare import Quantity, Stage, together

from .made import results, rows, sweep

AXES = {"width": (2, 4, 8), "flux": (0.0, 0.5)}


def noise(values, rng):
    """Samples around width + 10 flux."""
    return values["width"] + 10 * values["flux"] + rng.standard_normal(40)


def paired(values, rng):
    """Samples whose noise is common to all points."""
    del rng
    return values["width"] + 10 * values["flux"] + np.random.default_rng(3).standard_normal(40)


def test_a_stage_per_point_gives_a_number_at_every_point_with_its_error():
    ds = sweep(AXES, x=noise)
    found = results(ds, ["mean_x"], lambda at: {"mean_x": estimate.mean(at.x)})
    assert found["mean_x"].dims == ("width", "flux")
    np.testing.assert_allclose(found["mean_x"], ds["x"].mean("realization"))
    np.testing.assert_allclose(found["mean_x_error"], ds["x"].std("realization", ddof=1) / 40**0.5)


def test_axes_and_constants_and_samples_have_their_names():
    seen = []

    def measure(at):
        seen.append(
            (at.width, at.flux, at.strength, at.table, at.x.shape, at.realizations, at.seed)
        )
        return {}

    results(sweep(AXES, constants={"strength": 3.0, "table": [1, 2]}, x=noise), [], measure)
    assert seen[1] == (2, 0.5, 3.0, [1, 2], (40,), 40, 1)
    assert len(seen) == 6


def test_held_axes_come_in_the_order_of_the_mark():
    shapes = []

    @together("flux", "width")
    def measure(at):
        shapes.append((at.x.shape, at.width.shape, [g.shape for g in at.grid("flux", "width")]))
        np.testing.assert_array_equal(at.x[:, 1, 2], ds["x"].sel(flux=0.5, width=8))
        return {"total": estimate.mean(at.x).sum()}

    ds = sweep(AXES, x=noise)
    found = results(ds, ["total"], measure)
    assert shapes == [((40, 2, 3), (3,), [(2, 3), (2, 3)])]
    assert found["total"].dims == ()


def test_a_quantity_keeps_a_held_axis_that_it_declares():
    @together("flux")
    def change(at):
        x = at["mean_x"]
        assert x.shape == (2,)
        return {"change": x - x[at.where("flux", 0.0)]}

    ds = sweep(AXES, x=paired)
    found = results(
        ds,
        ["mean_x", Quantity("change", ("flux",))],
        (lambda at: {"mean_x": estimate.mean(at.x)}, change),
    )
    assert found["change"].dims == ("width", "flux")
    np.testing.assert_allclose(found["change"].sel(flux=0.5), 5.0)
    # Common disorder drops out of a paired difference: its error is zero but for rounding.
    assert float(found["change_error"].max()) < 1e-12
    assert float(found["mean_x_error"].min()) > 0.1


def test_one_value_of_an_axis_by_number_and_by_constant():
    @together(flux="special", width=4)
    def measure(at):
        assert (at.flux, at.width, at.x.shape) == (0.5, 4, (40,))
        return {"there": estimate.mean(at.x)}

    found = results(sweep(AXES, constants={"special": 0.5}, x=noise), ["there"], measure)
    assert found["there"].dims == ()


def test_theory_for_one_value_of_an_axis_is_compared_there_alone():
    ds = sweep(AXES, x=noise)
    said = Stage(lambda at: {"mean_x": at.width}, (), {"flux": 0.0})
    found = rows(
        ds, [Quantity("mean_x", source="t")], lambda at: {"mean_x": estimate.mean(at.x)}, said
    )
    assert list(found) == [f"mean_x[width={M},flux=0]" for M in (2, 4, 8)]


LENGTHS, SPANS = (1, 2, 4, 8), [(0, 2), (0, 2), (1, 4), (1, 4), (0, 4), (0, 4)]


def growing(values, rng):
    del values
    return np.cumsum(rng.standard_normal((40, 4)), axis=1)


def test_a_stage_sees_the_lengths_that_are_computed_at_its_point():
    seen = []

    def measure(at):
        seen.append((tuple(at.length), at.x.shape))
        return {"mean_x": estimate.mean(at.x)}

    ds = sweep(AXES, lengths=LENGTHS, spans=SPANS, x=growing)
    found = results(ds, [Quantity("mean_x", ("length",))], measure)
    assert seen[0] == ((1, 2), (40, 2))
    assert seen[2] == ((2, 4, 8), (40, 3))
    assert found["mean_x"].dims == ("width", "flux", "length")
    np.testing.assert_array_equal(
        found["mean_x"].isel(flux=0).isnull(), [[0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]]
    )


def test_a_selection_and_a_sorted_dataset_have_the_lengths_of_their_points():
    ds = sweep({"width": (8, 2)}, lengths=LENGTHS, spans=[(1, 4), (0, 2)], x=growing)
    seen = {}

    def measure(at):
        seen[at.width] = tuple(at.length)
        return {}

    results(ds.sortby("width"), [], measure)
    results(ds.sel(width=2), [], measure)
    assert seen == {2: (1, 2), 8: (2, 4, 8)}


def test_points_with_few_realizations_are_left_out_and_told():
    ds = sweep(AXES, x=noise)
    ds["finished"][0, 0], ds["finished"][0, 1] = 3, 0
    found = results(ds, ["mean_x"], lambda at: {"mean_x": estimate.mean(at.x)})
    assert found["mean_x"].isnull().sum() == 2
    assert "leaves out 1 point with fewer than 8" in found.attrs["notes"]


def test_points_with_many_lengths_need_more_realizations():
    def steps(_, rng):
        return rng.standard_normal((40, 6))

    lengths = (1, 2, 4, 8, 16, 32)
    spans = [(0, 2), (0, 6), (0, 6)]
    ds = sweep({"width": (2, 4, 8)}, lengths=lengths, spans=spans, x=steps)
    ds["finished"][:] = [10, 10, 14]

    def measure(at):
        return {"seen": at.realizations}

    found = results(ds, ["seen"], measure, fewest=estimate.realizations_needed)
    np.testing.assert_array_equal(found["seen"], [10, np.nan, 14])  # 8, 14 and 14 are needed
    assert "leaves out 1 point with fewer than 14" in found.attrs["notes"]


def test_results_open_without_qtcore(tmp_path):
    import xarray as xr

    ds = sweep(AXES, x=noise, constants={"strength": 3.0})
    quantity = Quantity("mean_x", (), "e²/h", "a mean", "⟨x⟩", "nowhere")
    measure = lambda at: {"mean_x": estimate.mean(at.x)}  # noqa: E731
    expect = lambda at: {"mean_x": qt.Expected(at.width, 0.1)}  # noqa: E731
    found = results(ds, [quantity], measure, expect)
    found.to_zarr(tmp_path / "r.zarr", consolidated=False)
    same = xr.open_zarr(tmp_path / "r.zarr", consolidated=False)
    assert set(same.data_vars) == {
        "mean_x", "mean_x_error", "mean_x_theory", "mean_x_left_out", "mean_x_compared"
    }  # fmt: skip
    assert same["mean_x_error"].attrs["units"] == "e²/h"
    assert same["mean_x_theory"].attrs["long_name"] == "theory: a mean"
    assert float(same["strength"]) == 3.0


def measure_mean(at):
    return {"mean_x": estimate.mean(at.x)}


@pytest.mark.parametrize(
    ("quantities", "measure", "expect", "says"),
    [
        ([], measure_mean, None, r"returned 'mean_x', which is not declared; add qt.Quantity\('mean_x'"),
        ([Quantity("mean_x", ("flux",))], measure_mean, None, r"sees one flux at a time: mark the stage"),
        ([Quantity("mean_x", ("bins",))], measure_mean, None, "dimension bins, which is neither an axis"),
        (["mean_x"], lambda at: {"mean_x": estimate.mean(at.x) * np.ones((2, 1))}, None,
         r"returned mean_x with shape \(2, 1\), but it is a single number"),
        (["mean_x"], lambda at: [at.x], None, "must return a dict of quantities by name, got list"),
        (["mean_x"], lambda at: {"mean_x": at.y}, None, None),
        (["mean_x"], together("length")(measure_mean), None, "holds 'length', which is no axis"),
        (["mean_x"], together(flux=0.25)(measure_mean), None, "the sweep has no flux = 0.25; it has 0.0, 0.5"),
        (["mean_x"], together(flux="here")(measure_mean), None, "constant 'here', which the sweep lacks"),
        (["mean_x", "other"], measure_mean, lambda _: {"mean_x": 1.0}, "nobody can tell from where"),
        ([Quantity("mean_x", source="t")], measure_mean, lambda at: {"mean_x": at.x.mean()},
         "asks for the samples x, which theory does not see"),
        ([Quantity("mean_x", source="t")], together("flux")(measure_mean), lambda _: {"mean_x": 1.0}, None),
        (["mean_x"], lambda at: {"mean_x": at["nothing"]}, None, "asks for 'nothing', which is not declared"),
        ([Quantity("total", source="t")], together(...)(lambda _: {"total": 1.0}),
         lambda _: {"total": 1.0}, r"measured for all of them at once: mark the stage"),
        (["mean_x"], lambda at: {"mean_x": at.point(size=3)}, None, "size is no axis of the sweep"),
        (["mean_x"], together("flux")(lambda at: {"mean_x": at.point().flux}), None,
         r"holds flux as a whole, so that a point needs a value of it: at.point\(flux=…\)"),
        (["mean_x"], lambda at: {"mean_x": at.where("flux", 0.0)}, None, "does not hold 'flux' as a whole"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_name(quantities, measure, expect, says):
    kind = AttributeError if says is None and expect is None else InputError
    says = says or ("this sweep has no y; it has width, flux, x" if expect is None else "mean_x")
    with pytest.raises(kind, match=says):
        results(sweep(AXES, x=noise), quantities, measure, expect)


def test_a_stage_before_the_one_that_it_needs_is_refused_with_both_names():
    def late(at):
        return {"twice": 2 * at["mean_x"]}

    with pytest.raises(InputError, match=r"late asks for mean_x, which measure_mean measures only"):
        results(sweep(AXES, x=noise), ["twice", "mean_x"], (late, measure_mean))


def test_shares_of_many_realizations_are_folded(monkeypatch):
    import qtcore.results.column as column

    rng = np.random.default_rng(5)
    ds = sweep({"width": (2,)}, realizations=20_000, x=lambda *_: rng.standard_normal(20_000))
    plain = results(ds, ["mean_x"], measure_mean)
    monkeypatch.setattr(column, "BUDGET", 1000)
    folded = results(ds, ["mean_x"], measure_mean)
    assert folded["mean_x"].item() == plain["mean_x"].item()
    # 4096 groups know an error to 1.1 %; three of these.
    assert folded["mean_x_error"].item() == pytest.approx(plain["mean_x_error"].item(), rel=0.034)


def test_a_stage_that_misses_something_at_one_point_says_why_there():
    def measure(at):
        if at.width == 4:
            raise Missing("too narrow to tell")
        return {"mean_x": estimate.mean(at.x)}

    quantity = Quantity("mean_x", source="t")
    found = rows(sweep(AXES, x=noise), [quantity], measure, lambda at: {"mean_x": at.width})
    failed = found["mean_x[width=4,flux=0]"]
    assert not failed.passed
    assert failed.reason == "too narrow to tell"
    assert len(found) == 6


def test_what_no_stage_returned_is_there_without_a_number():
    """A panel of a run that has only begun did not find it, and there was no figure."""
    quantities = ["mean_x", Quantity("growth", ("flux",), "sites", long_name="growth")]
    found = results(sweep(AXES, x=noise), quantities, lambda _: {})
    assert dict(found["growth"].sizes) == {"width": 3, "flux": 2}
    assert found["growth"].attrs["units"] == "sites"
    assert found["mean_x"].isnull().all()
    assert found["mean_x"].dims == ("width", "flux")


def gives_up(_):
    raise Missing("the wire is not diffusive")


@pytest.mark.parametrize("dims", [(), ("length",)])
def test_theory_that_can_be_said_nowhere_fails_and_does_not_vanish(dims):
    """At its only place a stage gives up before anybody knows what it would have returned."""
    ds = sweep(AXES, lengths=(5, 9), x=lambda _, rng: rng.standard_normal((40, 2)))

    @together("flux", width=4)
    def measure(at):
        x = estimate.mean(at.x)[0]
        return {"mean_x": x if dims else x.sum()}

    expect = together("flux", width=4)(gives_up)
    quantity = Quantity("mean_x", dims, source="t", check="average")
    (row,) = rows(ds, [quantity], measure, expect).values()
    assert not row.passed
    assert row.reason.endswith("the wire is not diffusive")
    # What nobody compares stays so.
    assert rows(ds, [Quantity("mean_x", dims)], measure, expect) == {}


def test_a_point_without_randomness_needs_one_realization():
    # Of (width, flux) the sweep asks for one at flux 0, in the order in which it states its values.
    ds = sweep({"width": (4, 2), "flux": (0.5, 0.0)}, x=noise)
    spec = json.loads(ds.attrs["spec"]) | {"realizations": [40, 1, 3, 1]}
    ds.attrs["spec"] = json.dumps(spec)
    ds = ds.sortby(["width", "flux"])
    ds["finished"][:] = [[1, 3], [1, 40]]

    def measure(at):
        return {"first": at.x[0], "seen": at.realizations}

    found = results(ds, ["first", "seen"], measure)
    # Three of a point that is random are too few for an error.
    np.testing.assert_array_equal(found["seen"], [[1, np.nan], [1, 40]])
    assert "1 point with fewer than 8" in found.attrs["notes"]

    @together("width", flux=0.0)
    def clean(at):
        return {"total": at.x[0].sum()}

    assert results(ds, ["total"], clean)["total"] == ds["x"].sel(flux=0.0)[:, 0].sum()


def test_a_dimension_may_follow_from_the_axes_of_the_sweep():
    def apart(values):
        return qt.Axis(values.width - values.smallest, units="sites", long_name="distance")

    @together("width")
    def measure(at):
        return {"change": estimate.mean(at.x - at.x[:, :1])}

    ds = sweep(AXES, constants={"smallest": 2}, x=noise)
    for part in (ds, ds.sel(width=[2, 8])):
        quantity = Quantity("change", ("apart",))
        found = results(part, [quantity], measure, dimensions={"apart": apart})
        assert found["change"].dims == ("flux", "apart")
        np.testing.assert_array_equal(found["apart"], part["width"] - 2)
        assert found["apart"].attrs["units"] == "sites"
    with pytest.raises(InputError, match=r"function of the dimension apart returns qt.Axis"):
        results(ds, [quantity], measure, dimensions={"apart": lambda _: "width"})
