"""Eigenvalues of small wires through the engine; wrong ones fail."""

from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.workflow import load

DEFINITION = Path(__file__).parents[2] / "workflows" / "channels.py"


@pytest.fixture(scope="module")
def tiny(run_tiny):
    # Width 20 has 15 channels: diffusive enough for F to 0.01. 200 samples, F to 0.007.
    return run_tiny("channels", {"width": (6, 20)}, 200)


def failed(workflow, ds):
    return [row.key for row in workflow.checks(workflow.results(ds)) if not row.passed]


def test_all_checks_pass_and_name_their_source(tiny):
    workflow, ds = tiny
    rows = workflow.checks(workflow.results(ds))
    assert [row.name for row in rows if not row.passed] == []
    keys = " ".join(row.key for row in rows)
    for part in (
        "fano[width=20,flux=0,length=",
        "open_over_g[width=20,flux=0.12,length=",
        "spacing[width=6,flux=0,n=2]",
        "spacing[width=6,flux=0.12,n=2]",
    ):
        assert part in keys


def equally(ln_T):
    """All channels conduct a little, with the same sum."""
    share = np.exp(ln_T).mean("channel")
    return np.log(share).where(ln_T.notnull()).transpose(*ln_T.dims)


@pytest.mark.parametrize(
    ("wrong", "fails"),
    [
        (lambda ln_T: 1.001 * ln_T, "mismatch"),
        (lambda ln_T: ln_T + np.log(0.5), "open_over_g"),
        (lambda ln_T: ln_T.shift(channel=-1).where(lambda x: x.notnull(), 1.5 * ln_T), "spacing"),
        (equally, "fano"),
    ],
    ids=["scaled", "halved", "first channel lost", "equal"],
)
def test_wrong_eigenvalues_fail(tiny, wrong, fails):
    workflow, ds = tiny
    found = failed(workflow, ds.assign(ln_T=wrong(ds["ln_T"])))
    assert any(name.startswith(fails) for name in found), found


def test_shuffled_channels_fail(tiny):
    workflow, ds = tiny
    rng = np.random.default_rng(1)
    ln_T = ds["ln_T"].copy(deep=True)
    # Among the channels that are open at width 6.
    open_ones = int(ds["channels"].sel(width=6).max())
    narrow = ln_T.sel(width=6).values[..., :open_ones]
    ln_T.loc[{"width": 6}][..., :open_ones] = rng.permuted(narrow, axis=-1)
    assert any(
        name.startswith("spacing[width=6") for name in failed(workflow, ds.assign(ln_T=ln_T))
    )


def test_a_store_without_eigenvalues_is_refused_with_the_name(tiny):
    workflow, ds = tiny
    with pytest.raises(AttributeError, match=r"this sweep has no ln_T; did you mean ln_g"):
        workflow.results(ds.drop_vars("ln_T"))


def test_too_few_realizations_are_refused_before_the_run():
    definition = load(DEFINITION)
    preset = definition.presets["quick"].changed(realizations=7)
    with pytest.raises(
        qt.InputError, match="channels needs at least 8 realizations for its errors, got 7"
    ):
        definition.sweep(preset, 1)


def test_figure_has_four_panels(tiny):
    workflow, ds = tiny
    figure = workflow.figure(ds, workflow.results(ds))
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels == ["T", "L / l", "L / ξ", "frequency ħω  (bias eV)"]


def test_planned_error_is_what_comes_out(tiny):
    workflow, _ = tiny
    sweep = workflow.sweep(workflow.presets["quick"], 1)
    text = workflow.planned_error(sweep)
    # 500 realizations at width 40: measured 0.0017 to 0.0018.
    stated = float(text.split()[2])
    assert stated == pytest.approx(0.0017, rel=0.15)


SUMS = ("g", "fano", "second_moment", "third_moment", "open_over_g")


def test_a_channel_too_small_to_be_known_is_no_missing_sample(tiny):
    workflow, ds = tiny
    ln_T = ds["ln_T"]
    lost = ln_T < ln_T.isel(channel=0) - 21  # less than 1e-9 of g
    assert lost.any(("realization", "channel")).sum() > 3
    unknown = ds.assign(ln_T=ln_T.where(~lost))
    right, found = workflow.results(ds), workflow.results(unknown)
    for name in SUMS:
        np.testing.assert_allclose(found[name], right[name], rtol=1e-7)
        np.testing.assert_allclose(found[f"{name}_error"], right[f"{name}_error"], rtol=1e-6)
    # Means of logarithms are there where all samples have one, and the same.
    both = found["fall"].notnull()
    assert both.any()
    assert not (both & right["fall"].isnull()).any()
    np.testing.assert_allclose(found["fall"].where(both), right["fall"].where(both))
    assert failed(workflow, unknown) == []
    workflow.figure(unknown, found)


def test_a_missing_sample_is_not_counted(tiny):
    workflow, ds = tiny
    there = ds["realization"] >= 40
    missing = ds.assign(ln_T=ds["ln_T"].where(there), ln_g=ds["ln_g"].where(there))
    rest = ds.isel(realization=slice(40, None))
    right, found = workflow.results(rest), workflow.results(missing)
    for name in SUMS:
        np.testing.assert_allclose(found[name], right[name], rtol=1e-12)
    workflow.figure(missing, found)
