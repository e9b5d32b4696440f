"""Rows of checks: each, mean and worst; what is missing fails; what each would notice."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from qtcore import estimate
from qtcore.errors import InputError
from qtcore.estimate import Missing, exact
from qtcore.results.check import Check
from qtcore.results.dataset import checks_in, notes_in
from qtcore.results.declare import Bins, Expected, Quantity, together
from qtcore.results.places import labels

from .made import results, rows, sweep

AXES = {"width": (2, 4, 8), "flux": (0.0, 0.5)}


def samples(values, rng):
    return values["width"] * (1 + 0.1 * rng.standard_normal(40))


def measure(at):
    return {"x": estimate.mean(at.x_samples)}


def expect(at):
    return {"x": Expected(float(at.width), 0.01)}


@pytest.fixture
def ds():
    return sweep(AXES, x_samples=samples)


def named(**fields):
    return [Quantity("x", symbol="⟨x⟩", units="sites", source="theory of x", **fields)]


def test_each_entry_is_a_row_with_a_stable_key(ds):
    found = rows(ds, named(), measure, expect)
    assert list(found)[:2] == ["x[width=2,flux=0]", "x[width=2,flux=0.5]"]
    row = found["x[width=4,flux=0.5]"]
    assert row.name == "⟨x⟩, width 4, flux 0.5"
    assert (row.expected, row.tolerance, row.unit, row.source) == (
        4.0,
        0.01,
        "sites",
        "theory of x",
    )
    at = ds["x_samples"].sel(width=4, flux=0.5)
    assert row.value == pytest.approx(float(at.mean()))
    assert row.error == pytest.approx(float(at.std(ddof=1)) / 40**0.5)
    assert row.notices == pytest.approx(0.01 + 3 * row.error)
    assert row.passed


def test_cases_are_named_by_what_they_stand_for(ds):
    """Rows were called "sample 16"."""
    cases = ds.rename(width="sample").isel(flux=[0])
    spec = json.loads(cases.attrs["spec"])
    for axis in spec["axes"]:
        if axis["name"] == "width":
            kinds = [{"kind": "wire", "W": 0.5, "E": 0.1}, {"kind": "wire", "W": 2.0, "E": 0.1}]
            axis |= {"name": "sample", "cases": [*kinds, {"kind": "cube", "W": 2.0, "E": 0.1}]}
    cases.attrs["spec"] = json.dumps(spec)
    found = rows(cases, named(), measure, lambda at: {"x": Expected(float(at.sample), 0.01)})
    assert [row.name for row in found.values()] == [
        "⟨x⟩, sample 2 (wire, W 0.5)",
        "⟨x⟩, sample 4 (wire, W 2)",
        "⟨x⟩, sample 8 (cube)",
    ]
    assert [*found] == ["x[sample=2,flux=0]", "x[sample=4,flux=0]", "x[sample=8,flux=0]"]


@pytest.mark.parametrize("where", [False, True])
def test_what_is_neither_measured_nor_compared_makes_no_row(ds, where):
    """A definition that leaves a number out, and says why, failed all the same."""
    quantities = [*named(), Quantity("y", symbol="κ", source="normal")]

    def law(at):
        return expect(at) | {"y": Expected(0.0, 0.1, where, "it needs 4000 realizations")}

    result = results(ds, quantities, measure, law)
    keys = [row.key for row in checks_in(result)]
    assert ("y" in keys) == where
    told = "Compared with no theory: κ (it needs 4000 realizations)."
    assert (told in notes_in(result)) == (not where)


def test_an_error_below_rounding_is_rounding():
    """A number that agrees with theory to the last bit but one failed, 3e5 standard errors away."""
    near = Check("F", 1.0 - 2.0**-52, 9e-22, 1.0)
    assert near.passed
    assert near.deviation == pytest.approx(-1.0)
    assert not Check("F", 1.0 - 1e-12, 9e-22, 1.0).passed
    assert not Check("count", 1.0 - 2.0**-52, 0.0, 1.0).passed, "exact is exact"


def test_keys_are_the_same_whatever_else_is_swept(ds):
    assert set(rows(ds.sel(width=[4]), named(), measure, expect)) <= set(
        rows(ds, named(), measure, expect)
    )


def test_a_mean_pools_the_ratio_to_theory_by_inverse_variance(ds):
    found = rows(ds, named(check="mean", across=("flux",)), measure, expect)
    assert list(found) == ["x[width=2]", "x[width=4]", "x[width=8]"]
    row = found["x[width=8]"]
    parts = [ds["x_samples"].sel(width=8, flux=flux).to_numpy() / 8 for flux in (0.0, 0.5)]
    variances = np.array([part.var(ddof=1) / 40 for part in parts])
    weights = 1 / variances / (1 / variances).sum()
    assert row.value == pytest.approx(weights @ [part.mean() for part in parts])
    # Independent points: shares add up to the usual error, but for chance correlations.
    assert row.error == pytest.approx((weights**2 @ variances) ** 0.5, rel=0.3)
    assert row.tolerance == pytest.approx(0.01 / 8)
    assert row.expected == 1.0
    assert row.name == "⟨x⟩ / theory, width 8"


def test_an_average_weighs_all_alike(ds):
    (row,) = rows(ds, named(check="average"), measure, expect).values()
    found = ds["x_samples"].mean("realization") / ds["width"]
    assert row.value == pytest.approx(float(found.mean()), rel=1e-12)
    assert row.tolerance == pytest.approx(0.01 * (1 / 2 + 1 / 4 + 1 / 8) / 3)
    (mean,) = rows(ds, named(check="mean"), measure, expect).values()
    assert abs(row.value - mean.value) > 1e-6


def test_variances_that_are_small_by_chance_do_not_pull_their_average_down():
    """The variance of 200 normal numbers has an error of 10 % of itself."""
    many = sweep(
        {"width": tuple(range(1, 201))}, 200, x_samples=lambda _, r: r.standard_normal(200)
    )

    def spread(at):
        return {"x": estimate.variance(at.x_samples)}

    (average,) = rows(many, named(check="average"), spread, lambda _: {"x": 1.0}).values()
    (mean,) = rows(many, named(check="mean"), spread, lambda _: {"x": 1.0}).values()
    assert abs(average.value - 1) < 3 * average.error
    # By 2 (2 / R), three errors of the mean of 200 points.
    assert mean.value - 1 < -0.01


def test_a_mean_of_points_with_common_disorder_has_no_smaller_error():
    same = sweep(AXES, x_samples=lambda v, _: v["width"] * common)
    (row,) = rows(same, named(check="mean"), measure, expect).values()
    (one,) = rows(same.sel(width=[2], flux=[0.0]), named(check="mean"), measure, expect).values()
    assert row.error == pytest.approx(one.error, rel=1e-9)


common = 1 + 0.1 * np.random.default_rng(2).standard_normal(40)


def test_the_worst_is_the_entry_farthest_outside_and_allows_for_their_number(ds):
    moved = ds.copy(deep=True)
    moved["x_samples"].loc[{"width": 4, "flux": 0.5}] += 1.0
    (row,) = rows(moved, named(check="worst"), measure, expect).values()
    assert row.name == "worst ⟨x⟩ (at width 4, flux 0.5)"
    assert not row.passed
    assert row.key == "x"
    assert row.sigmas == pytest.approx(3.51, abs=0.01)  # six times the tail of 3 standard errors
    (fine,) = rows(ds, named(check="worst"), measure, expect).values()
    assert fine.passed


def test_the_largest_and_the_smallest_are_farthest_outside_on_one_side(ds):
    """The row of a claim that no number is above a bound showed the one farthest below."""

    def bound(at):
        return {"x": (at.width - 4.0) * (1.0 if at.flux else 0.5)}  # -2 to 4, and -1 to 2

    for check, at, value in (
        ("largest", "width 8, flux 0.5", 4),
        ("smallest", "width 2, flux 0.5", -2),
    ):
        (row,) = rows(ds, named(check=check), bound, lambda _: {"x": Expected(1.0, 3.5)}).values()
        assert (row.name, row.value) == (f"{check} ⟨x⟩ (at {at})", value)
        assert row.passed
    (row,) = rows(ds, named(check="largest"), bound, lambda _: {"x": Expected(-9.0, 9.0)}).values()
    assert (row.value, row.passed) == (4, False)


def test_the_worst_of_exact_numbers_inside_the_band_is_the_farthest(ds):
    """It was the first one."""

    def bound(at):
        return {"x": 1e-7 * at.width}

    (row,) = rows(
        ds, named(check="worst"), bound, lambda _: {"x": Expected(0.0, 1e-6)}
    ).values()  # fmt: skip
    assert (row.value, row.passed) == (8e-7, True)


def test_theory_may_have_an_error_and_shares_it():
    """A theory that takes the measured number itself is met exactly, with no error."""
    same = sweep(AXES, x_samples=samples)
    found = rows(same, named(), measure, lambda at: {"x": 1.01 * at["x"]})
    row = found["x[width=2,flux=0]"]
    assert row.difference_error == pytest.approx(0.01 * _error(same), rel=1e-6)
    assert row.deviation == pytest.approx(-0.01 * row.value / row.difference_error)
    assert row.notices == pytest.approx(3 * row.difference_error)
    # What stands beside the result is its own error, as in the dataset.
    assert row.error == pytest.approx(_error(same), rel=1e-6)
    assert row.error == pytest.approx(float(
        results(same, named(), measure)["x_error"].sel(width=2, flux=0.0)
    ))  # fmt: skip
    worst = rows(same, named(check="worst"), measure, lambda at: {"x": 1.01 * at["x"]})["x"]
    assert worst.error == pytest.approx(100 * worst.difference_error, rel=1e-6)


def test_a_theory_without_an_error_leaves_one_error(ds):
    row = rows(ds, named(), measure, expect)["x[width=2,flux=0]"]
    assert row.difference_error == row.error
    alone = Check("x", 1.0, 0.1, 0.5)
    assert (alone.difference_error, alone.deviation) == (0.1, pytest.approx(5))
    # Where the theory has an error of its own, the difference has both.
    both = Check("x", 1.0, 0.1, 0.5, difference_error=0.25)
    assert (both.deviation, both.notices) == (2.0, 0.75)


def _error(ds):
    return float(ds["x_samples"].sel(width=2, flux=0.0).std(ddof=1)) / 40**0.5


@pytest.mark.parametrize("lost", [None, np.nan, Missing("no plateau")])
def test_what_is_missing_fails_and_says_why(ds, lost):
    def gap(at):
        return {"x": lost if at.width == 4 and at.flux == 0 else estimate.mean(at.x_samples)}

    found = rows(ds, named(), gap, expect)
    assert len(found) == 6
    failed = [row for row in found.values() if not row.passed]
    assert [row.key for row in failed] == ["x[width=4,flux=0]"]
    reason = {"None": "no estimate", "nan": "not a number"}.get(str(lost), "no plateau")
    assert reason in failed[0].reason
    (mean,) = rows(ds, named(check="mean"), gap, expect).values()
    assert not mean.passed
    assert mean.reason.startswith("width 4, flux 0: ")


def test_what_no_stage_returns_is_not_compared(ds):
    def some(at):
        return measure(at) if at.width != 4 else {}

    assert len(rows(ds, named(), some, expect)) == 4


def test_theory_without_a_quantity_fails(ds):
    found = rows(ds, [*named(), Quantity("y", source="t")], measure, lambda _: {"y": 1.0})
    assert found["y"].reason == "no stage of `measure` returned it"
    assert not found["y"].passed


def test_theory_that_is_no_number_fails_where_it_is_compared(ds):
    def nan(at):
        return {"x": Expected(np.nan if at.width == 2 else at.width, 0.01, at.flux == 0)}

    found = rows(ds, named(), measure, nan)
    assert "theory is not a number here" in found["x[width=2,flux=0]"].reason
    assert len(found) == 3


def test_theory_that_misses_what_it_needs_fails_there(ds):
    def needs(at):
        if at.width == 2:
            raise Missing("no mean free path")
        return expect(at)

    found = rows(ds, named(), measure, needs)
    assert found["x[width=2,flux=0.5]"].reason == "no mean free path"
    assert sum(row.passed for row in found.values()) == 4


def told(ds, where, measure=measure):
    """Return the left-out words of the rows, and the notes."""

    def some(at):
        return {"x": Expected(at.width, 0.01, *where(at))}

    found = results(ds, named(), measure, some)
    (words,) = {check.left_out for check in checks_in(found)} or {""}
    return words, notes_in(found)


def test_what_is_not_compared_is_named_by_the_axes_that_matter(ds):
    words, _ = told(ds, lambda at: (at.width > 2, "narrow strips localize"))
    assert words == "⟨x⟩ at width 2 (narrow strips localize)"
    words, _ = told(ds, lambda at: (at.width > 2 or at.flux > 0, "narrow"))
    assert words == "⟨x⟩ at width 2, flux 0 (narrow)"
    words, _ = told(ds, lambda at: ((at.width == 2) != (at.flux > 0), "odd"))
    assert words == "⟨x⟩ at width 2, flux 0.5 and at width 4, flux 0 and at width 8, flux 0 (odd)"


def test_many_entries_that_are_not_compared_are_counted():
    many = sweep({"width": range(2, 12)}, x_samples=samples)
    words, _ = told(many, lambda at: (at.width > 5, "narrow"))
    assert words == "⟨x⟩ at 4 of 10 points (narrow)"


def test_every_reason_is_told_with_its_entries(ds):
    whys = {2: "narrow", 4: "a threshold", 8: ""}
    words, _ = told(ds, lambda at: (at.width == 8, whys[at.width]))
    assert words == "⟨x⟩ at width 2 (narrow); ⟨x⟩ at width 4 (a threshold)"


def test_what_is_missing_where_nothing_is_compared_is_told_as_such(ds):
    def gap(at):
        return {"x": Missing("no plateau")} if at.width == 4 else measure(at)

    words, _ = told(ds, lambda at: (at.width > 4, "narrow"), gap)
    assert words == "⟨x⟩ at width 2 (narrow); ⟨x⟩ at width 4 (no plateau)"


def test_a_quantity_that_is_compared_nowhere_is_told_in_a_note(ds):
    assert told(ds, lambda _: (False, "no theory yet")) == (
        "",
        ["Compared with no theory: ⟨x⟩ at all of 6 points (no theory yet)."],
    )


def test_what_is_missing_and_has_no_theory_is_told_in_a_note(ds):
    def gap(at):
        lost = Missing("no plateau") if at.width == 4 else 1.0
        return {"y": lost, "z": lost}

    found = results(ds, ["y", "z"], gap)
    assert notes_in(found) == ["Missing at width 4 (no plateau): y, z."]


def test_a_stage_that_gives_up_everywhere_takes_nothing_from_other_stages(ds):
    """It was refused, because a ratio over the held axis could not be its own."""

    def nothing(_):
        raise Missing("too few")

    @together("flux")
    def ratio(at):
        return {"ratio": at["x"] / at["x"][0]}

    quantities = [*named(), Quantity("ratio", ("flux",), source="t")]
    expects = (expect, together("flux")(lambda _: {"ratio": 1.0}))
    found = rows(ds, quantities, (nothing, ratio), expects)
    assert {row.reason for row in found.values()} == {"too few", "x is missing: too few"}
    assert len([key for key in found if key.startswith("x[")]) == 6
    assert not any(row.passed for row in found.values())


def test_bins_and_own_dimensions_have_their_values_in_keys(ds):
    edges = Bins((0, 4, 8, 16))

    @together(...)
    def density(at):
        return {"p": estimate.histogram(at.x_samples, edges.edges)}

    quantity = Quantity("p", ("x_bin",), source="t")
    found = rows(
        ds, [quantity], density, together(...)(lambda _: {"p": Expected(0.1, 1.0)}),
        dimensions={"x_bin": edges},
    )  # fmt: skip
    assert list(found) == ["p[x_bin=2]", "p[x_bin=6]", "p[x_bin=12]"]


def test_permuted_axes_change_nothing(ds):
    other = ds.transpose("realization", "flux", "width")
    first, second = (rows(d, named(), measure, expect) for d in (ds, other))
    assert first == second


def test_one_declaration_too_many_is_refused():
    for fields, says in (
        ({"name": "x y"}, "a Python name"),
        ({"name": "x_error"}, "may not end in _error"),
        ({"name": "x", "dims": "length"}, "tuple of different names"),
        (
            {"name": "x", "check": "all"},
            "one of each, mean, average, worst, largest, smallest, none",
        ),
        ({"name": "x", "across": ("flux",)}, "across of the quantity x is for"),
        ({"name": "x", "units": 3}, "units of the quantity x is a text"),
    ):
        with pytest.raises(InputError, match=says):
            Quantity(**fields)
    with pytest.raises(InputError, match="without an axis changes nothing"):
        together()
    with pytest.raises(InputError, match="names the axis flux twice"):
        together("flux", flux=0.0)
    with pytest.raises(InputError, match=r"or \.\.\. alone"):
        together(..., "flux")
    for edges in ((0, 2, 1), (0, np.inf), (np.nan, 1), (0,), "abc", [(0, 1), (2, 3)]):
        with pytest.raises(InputError, match="increasing finite numbers"):
            Bins(edges)


@pytest.mark.parametrize("band", [-0.01, np.nan, np.inf])
@pytest.mark.parametrize("check", ["each", "mean", "average", "worst"])
def test_a_band_that_is_no_width_is_refused_where_it_is_compared(ds, check, band):
    def wrong(at):
        return {"x": Expected(float(at.width), band)}

    for row in rows(ds, named(check=check), measure, wrong).values():
        assert not row.passed
        assert "half width, a number >= 0" in row.reason
        assert f"is {band:.4g};" in row.reason

    def elsewhere(at):
        return {"x": Expected(float(at.width), band if at.width == 8 else 0.01, at.width < 8)}

    found = rows(ds, named(check=check, across=()), measure, elsewhere)
    assert all(row.passed for row in found.values())


@pytest.mark.parametrize("field", ["tolerance", "error"])
def test_a_check_has_no_width_below_zero(field):
    with pytest.raises(InputError, match=rf"the {field} of the check x is a width >= 0, got -8.1"):
        Check("x", -100.4, expected=-101.4, **{"error": 0.95, field: -8.1})


@pytest.mark.parametrize("check", ["mean", "average"])
def test_a_ratio_to_a_theory_of_0_is_no_row(ds, check):
    for row in rows(ds, named(check=check), measure, lambda _: {"x": Expected(0.0, 9.0)}).values():
        assert not row.passed
        assert "theory is 0 here, so that a ratio to it says nothing" in row.reason
    found = rows(ds, named(check="worst"), measure, lambda _: {"x": Expected(0.0, 9.0)})
    assert all(row.passed for row in found.values())


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1j, "returned 1j for x; a quantity is an Estimate, real numbers"),
        ("two", "returned 'two' for x; a quantity is"),
        (Expected(2.0, "wide"), "returned 'wide' for x; a quantity is"),
        (Expected(2.0, 0.1j), "returned 0.1j for x; a quantity is"),
        (Expected(2.0, 0.1, "here"), "says where x is compared by 'here': where=… of qt.Expected"),
        (Expected(2.0, 0.1, np.nan), "says where x is compared by nan: where=… of qt.Expected"),
        (Expected(2.0, 0.1, 1j), "says where x is compared by 1j"),
    ],
)
def test_what_is_no_real_number_and_no_condition_is_refused(ds, value, says):
    with pytest.raises(InputError, match=says):
        rows(ds, named(), measure, lambda _: {"x": value})
    if not isinstance(value, Expected):
        with pytest.raises(InputError, match=says):
            rows(ds, named(), lambda _: {"x": value}, expect)


def test_entries_of_a_list_may_be_missing_each_with_its_reason(ds):
    """What is not compared takes nothing from what is."""
    lost = Missing("it does not fall")

    def rows_with(where):
        measure = together("width")(lambda _: {"a": [1.0, exact(1.5), lost]})
        expect = together("width")(lambda _: {"a": Expected([1.0, 1.0, 1.0], where=where)})
        given = Quantity("a", ("width",), source="t", check="average")
        return rows(ds, [given], measure, expect)["a"]

    row = rows_with([True, True, False])
    assert row.value == 1.25
    assert re.search(r"a at .*width 8.* \(it does not fall\)", row.left_out)
    failed = rows_with([False, True, True])
    assert failed.reason == "flux 0, width 8 and 1 more: it does not fall"


def test_a_case_is_named_by_what_its_kind_differs_in():
    class Chains:
        """A sweep of four cases, of two kinds."""

        cases = (
            {"region": "edge", "energy": 1.7723, "box": 0.5, "cauchy": 0.0},
            {"region": "edge", "energy": 2.0, "box": 0.8, "cauchy": 0.0},
            {"region": "Lloyd", "energy": 0.0, "box": 0.0, "cauchy": 0.1},
            {"region": "Lloyd", "energy": 0.0, "box": 0.0, "cauchy": 5.0},
        )

        def has_cases(self, axis):
            return axis == "sample"

        def values(self, axis):
            return np.arange(4) if axis == "sample" else np.array([1.0, 2.0])

        def case(self, axis, number):
            return self.cases[number] if axis == "sample" else {}

    table = SimpleNamespace(swept=Chains(), own={})
    assert labels(table, ("sample", "flux"), (0, 1)) == (
        "[sample=0,flux=2]",
        ", sample 0 (edge, energy 1.772, box 0.5), flux 2",
    )
    assert labels(table, ("sample",), (3,))[1] == ", sample 3 (Lloyd, cauchy 5)"
    assert labels(table, ("sample",), (3,), parameters=False)[1] == ", sample 3"


BOUNDED = [*named(interval="x_ends"), Quantity("x_ends", ("end",))]


def bounded(at):
    """Return a mean and an interval that is twice as long above as below."""
    mean = estimate.mean(at.x_samples)
    return {"x": mean, "x_ends": float(mean) + float(mean.error) * np.array([-1.0, 2.0])}


def test_a_row_has_the_interval_of_its_number(ds):
    found = rows(ds, BOUNDED, bounded, expect, {"end": 2})
    row = found["x[width=4,flux=0.5]"]
    assert row.lower == pytest.approx(row.value - row.error)
    assert row.upper == pytest.approx(row.value + 2 * row.error)
    assert results(ds, BOUNDED, bounded, expect, {"end": 2})["x"].attrs["interval"] == "x_ends"
    alone = rows(ds, named(), measure, expect)["x[width=4,flux=0.5]"]
    assert np.isnan([alone.lower, alone.upper]).all()


def test_the_worst_of_several_has_its_interval(ds):
    worst = [*named(interval="x_ends", check="worst"), BOUNDED[1]]
    (row,) = rows(ds, worst, bounded, expect, {"end": 2}).values()
    assert row.upper == pytest.approx(row.value + 2 * row.error)


def test_an_interval_of_another_shape_is_refused(ds):
    def one_end(at):
        return {**bounded(at), "x_ends": np.zeros(3)}

    with pytest.raises(InputError, match=r"x_ends, the interval of x, .* one of two entries"):
        rows(ds, BOUNDED, one_end, expect, {"end": 3})


def test_places_are_told_in_six_digits_unless_these_are_those_of_another():
    def words(values, place):
        swept = SimpleNamespace(values=lambda _: np.array(values), has_cases=lambda _: False)
        return labels(SimpleNamespace(own={}, swept=swept), ["energy"], [place])

    assert words([1 / 3, 0.5], 0) == ("[energy=0.3333333333333333]", ", energy 0.333333")
    assert words([1 / 3, 0.3333333], 0)[1] == ", energy 0.3333333333333333"
    assert words([0.0, 1e-9], 0)[1] == ", energy 0"
