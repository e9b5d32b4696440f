"""Rules that every workflow definition should keep, for the tests of whoever writes one.

A test file of three lines holds a definition against all of them::

    import pytest
    from qtcore import testing

    @pytest.fixture(scope="module")
    def trial(tmp_path_factory):
        return testing.trial("my_workflow.py", tmp_path_factory.mktemp("trial"), {"width": 4}, 40)

    @pytest.mark.parametrize("rule", testing.RULES)
    def test_definition(trial, rule):
        rule(trial)
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from qtcore.api import open as open_store
from qtcore.api import run
from qtcore.errors import QtcoreError
from qtcore.estimate.estimate import as_estimate
from qtcore.estimate.missing import Missing
from qtcore.results.check import Check
from qtcore.results.dataset import checks_in, results_of
from qtcore.results.declare import Found, Quantity, Stage
from qtcore.sweep.build import program_of
from qtcore.workflow import Workflow, load

BEYOND = 1.05
"""A quantity that is moved by its stated notice times this must make its row fail."""


@dataclass(frozen=True)
class Trial:
    """A definition with a small sweep of it.

    Attributes
    ----------
    workflow : Workflow
        The definition.
    ds : xarray.Dataset
        Samples of the small sweep, in memory.
    result : xarray.Dataset
        What comes out of it.
    folder : Path
        Where a rule may write.
    """

    workflow: Workflow
    ds: xr.Dataset
    result: xr.Dataset
    folder: Path


def trial(
    definition: str | Path | Workflow,
    folder: Path,
    settings: Mapping[str, Any] | None = None,
    realizations: int | None = None,
    *,
    preset: str | None = None,
    seed: int = 1,
) -> Trial:
    """Run a small sweep of a definition on threads of this process, and analyse it.

    Parameters
    ----------
    definition : str, Path or Workflow
        Name, file or the workflow itself.
    folder : Path
        Takes the store.
    settings, realizations, preset, seed
        As in `qtcore.run`: what makes the sweep small.
    """
    workflow = definition if isinstance(definition, Workflow) else load(definition)
    store = folder / "trial.zarr"
    run(
        definition,
        preset=preset,
        settings=dict(settings or {}),
        realizations=realizations,
        seed=seed,
        store=store,
        cluster="threads",
    )
    ds = open_store(store).load()
    return Trial(workflow, ds, workflow.results(ds), folder)


def every_preset_plans(trial: Trial) -> None:
    """Check that each preset makes a sweep that its own analysis can do with."""
    for name, preset in trial.workflow.presets.items():
        try:
            sweep = trial.workflow.sweep(preset, 1)
        except QtcoreError as error:
            raise AssertionError(f"the preset {name} makes no sweep: {error}") from error
        assert sweep.points > 0, f"the preset {name} has no point"
        assert preset.note, f"the preset {name} does not say what it is good for (note=…)"


def everything_is_described(trial: Trial) -> None:
    """Check that axes, quantities and stored variables say in words what they are."""
    workflow = trial.workflow
    for preset in workflow.presets.values():
        for name, axis in preset.axes.items():
            assert axis.long_name, f"the axis {name} has no long_name"
    for quantity in workflow.declared.quantities:
        assert quantity.long_name, f"the quantity {quantity.name} has no long_name"
    for variable in workflow.variables:
        assert variable.long_name, f"the variable {variable.name} has no long_name"


def the_analysis_is_no_part_of_the_store(trial: Trial) -> None:
    """Check that functions that make the numbers bring no stage along.

    Stores are told apart by these functions: a change of the analysis would part from stores of before.
    """
    workflow = trial.workflow
    text = program_of(workflow.functions)
    made = {one.name for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)}
    stages = {stage.name for stage in (*workflow.declared.measures, *workflow.declared.expects)}
    assert not made & stages, (
        f"{', '.join(sorted(made & stages))} became a part of what makes the numbers: mark stages by "
        "@qt.together(…) itself and not by a name for it, and let nothing else act when the file is read"
    )


def every_quantity_is_measured(trial: Trial) -> None:
    """Check that each declared quantity comes out of a small sweep, with a number somewhere."""
    for quantity in trial.workflow.declared.quantities:
        name = quantity.name
        assert name in trial.result, f"no stage returned the quantity {name}"
        assert np.isfinite(trial.result[name]).any(), f"{name} is nowhere a number"


def every_check_passes(trial: Trial) -> None:
    """Check that a small sweep agrees with theory, and that each row says where that comes from."""
    for check in trial.workflow.checks(trial.result):
        assert check.passed, f"{check.key or check.name}: {check.reason or check}"
        assert check.source, f"{check.key or check.name} has no source"
        assert np.isfinite(check.notices), f"{check.key or check.name} has no error"


def keys_are_unique(trial: Trial) -> None:
    """Check that each row has a key of its own, of plain letters."""
    keys = [check.key for check in trial.workflow.checks(trial.result)]
    assert len(set(keys)) == len(keys), sorted(key for key in keys if keys.count(key) > 1)
    assert all(key.isascii() for key in keys), keys


def what_is_off_by_its_notice_fails(trial: Trial) -> None:
    """Check that a number that is off by what its row says that it notices makes the row fail.

    A row that vanishes instead has its theory hold where the measured number says so.
    """
    workflow = trial.workflow
    if workflow.analyse is not None or workflow.check is not None:
        return
    declared = workflow.declared
    quantities = {quantity.name: quantity for quantity in declared.quantities}
    for check in workflow.checks(trial.result):
        quantity = quantities[check.key.partition("[")[0]]
        stages = tuple(_moved(stage, quantity, check) for stage in declared.measures)
        moved = replace(declared, measures=stages)
        rows = {row.key: row for row in checks_in(results_of(moved, trial.ds))}
        assert check.key in rows, f"{check.key} vanishes from the table when its number is off"
        assert not rows[check.key].passed, f"{check.key} passes although it is off by its notice"


def _moved(stage: Stage, quantity: Quantity, check: Check) -> Stage:
    """Return a stage whose quantity is moved away from theory by what a row notices."""

    def moved(given: Any) -> Any:
        if isinstance(given, Missing):
            return given
        if isinstance(given, list | tuple):
            return [moved(one) for one in given]
        value = as_estimate(given)
        if quantity.check in ("mean", "average"):
            # Downwards, because the error of what is multiplied by more grows as well.
            return value * ((1 - BEYOND * check.notices) / check.value)
        # A count that must be 0 notices everything: one more than none.
        return value + (check.expected + (BEYOND * check.notices or 1.0) - check.value)

    def function(at: Any) -> Found | None:
        found = stage(at)
        if not found or found.get(quantity.name) is None:
            return found
        return {**found, quantity.name: moved(found[quantity.name])}

    return Stage(function, stage.held, stage.fixed)


def the_order_of_axes_does_not_matter(trial: Trial) -> None:
    """Check that samples with their dimensions in another order give the same results."""
    other = trial.ds.transpose(*reversed([str(d) for d in trial.ds.dims]))
    same = trial.workflow.results(other)
    for name in trial.result.data_vars:
        xr.testing.assert_allclose(same[name], trial.result[name], rtol=1e-10)


def a_missing_point_changes_no_other(trial: Trial) -> None:
    """Check that a point that is not computed yet changes nothing at the others."""
    if trial.workflow.analyse is not None:
        return
    axes = list(next(iter(trial.workflow.presets.values())).axes)
    last = dict.fromkeys(axes, -1)
    ds = trial.ds.copy(deep=True)
    for name in ds.data_vars:
        if ds[name].dtype.kind in "fc":
            ds[name][last] = np.nan
    ds["finished"][last] = 0
    declared = trial.workflow.declared
    # What a stage says of all points at once, and what needs that, may change.
    apart = takewhile(lambda stage: stage.held == () and not stage.fixed, declared.measures)
    alone = replace(declared, measures=tuple(apart), expects=())
    before, after = results_of(alone, trial.ds), results_of(alone, ds)
    for name, values in before.data_vars.items():
        others = values.copy(deep=True)
        others[{axis: -1 for axis in axes if axis in values.dims}] = np.nan
        if others.isnull().all():  # such as of a sweep that has one point
            continue
        assert name in after, f"{name} is lost everywhere when one point is missing"
        np.testing.assert_allclose(after[name].where(others.notnull()), others, rtol=1e-10)


def one_realization_is_no_crash(trial: Trial) -> None:
    """Check that a store with one realization, of a run that was just begun, can be analysed."""
    ds = trial.ds.isel(realization=[0]).copy(deep=True)
    ds["finished"] = ds["finished"].clip(max=1)
    trial.workflow.results(ds)


def results_open_without_qtcore(trial: Trial) -> None:
    """Check that results survive a file, with units, and that plain xarray opens them."""
    path = trial.folder / "results.zarr"
    result = trial.result.drop_vars(
        [name for name, one in trial.result.coords.items() if one.dtype.kind in "UT"]
    )
    result.to_zarr(path, mode="w", consolidated=False)
    same = xr.open_zarr(path, consolidated=False)
    for name, values in result.data_vars.items():
        xr.testing.assert_equal(same[name].load(), values)
        assert same[name].attrs.get("long_name"), f"{name} has no long_name in the results"


def the_figure_is_drawn(trial: Trial) -> None:
    """Check that the figure has axes, and can be written."""
    figure = trial.workflow.figure(trial.ds, trial.result)
    assert figure.axes, "the figure has no axes"
    figure.savefig(trial.folder / "figure.png")


def the_figure_is_legible(trial: Trial) -> None:
    """Check that every style of the figure can be read: no words on words or off the page, axes with units.

    In the style "page" no legend and no inset hides points.
    """
    from qtcore.figures.legible import faults_of
    from qtcore.figures.style import STYLES, styled

    for style in STYLES:
        with styled(style):  # type: ignore[arg-type]  # a key of STYLES is a style
            figure = trial.workflow.figure(trial.ds, trial.result)
        # A narrow panel may have no free place for a legend; the usual one has.
        faults = [one for one in faults_of(figure) if style == "page" or " hides " not in one]
        assert not faults, f"in the style {style!r}: {'; '.join(faults)}"


RULES: tuple[Callable[[Trial], None], ...] = (
    every_preset_plans,
    everything_is_described,
    the_analysis_is_no_part_of_the_store,
    every_quantity_is_measured,
    every_check_passes,
    keys_are_unique,
    what_is_off_by_its_notice_fails,
    the_order_of_axes_does_not_matter,
    a_missing_point_changes_no_other,
    one_realization_is_no_crash,
    results_open_without_qtcore,
    the_figure_is_drawn,
    the_figure_is_legible,
)
"""All rules."""
