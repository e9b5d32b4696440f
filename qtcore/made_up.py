"""The analysis of a definition on made-up samples: a slip in it shows before the sweep.

What is stored is safe whatever the analysis does. But a misspelt name in `measure` would be met when
the samples of a night are there. So `--dry-run` calls the stages once on samples that look like those
of the sweep. They are no physics: where an estimate gives up on them, nothing is said.
"""

import logging
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import kind_and_text
from qtcore.estimate.fit_linear import realizations_needed
from qtcore.estimate.missing import Missing
from qtcore.results.dataset import results_of
from qtcore.results.declare import Found, Stage, fewest_for, stages_of
from qtcore.results.swept import NoSuchValueError
from qtcore.store.layout import CHANNEL, CHANNELS, LENGTH, ArraySpec
from qtcore.sweep.invariants import DISCRETE, OF_INVARIANTS
from qtcore.sweep.plan import dimension_sizes
from qtcore.sweep.program import load_program
from qtcore.sweep.resolved import RESOLVED
from qtcore.sweep.spec import Sweep
from qtcore.sweep.stand_in import StandIn, TooLongError
from qtcore.sweep.survey import channels, common_axes, survey
from qtcore.sweep.trial import Raised, given
from qtcore.sweep.tried_points import cheapest_first
from qtcore.workflow import Workflow

if TYPE_CHECKING:
    import xarray as xr


log = logging.getLogger(__name__)

FEW = 16
"""Realizations that are made up for each point, unless the definition needs more."""

PATIENCE = 15.0
"""Seconds that a user's own function may take for one realization of the point that costs least."""

LONGEST = 3.0
"""Seconds after which no stage is called again that was called before."""

MOST_POINTS = 12
"""Stages are called at so few points, as far as the definition lets axes be thinned."""

MOST_NUMBERS = 2**21
"""Numbers of a made-up variable, which take 8 bytes each."""

SPREAD = 0.2
"""Standard deviation of a made-up sample, as a part of its value."""

OF_NUMBERS = (ArithmeticError, np.linalg.LinAlgError)
"""What may be raised because of the numbers, and says nothing of the definition."""


def warn_if_analysis_fails(workflow: Workflow, sweep: Sweep) -> None:
    """Log a warning, with file and line, if the stages of a definition fail on made-up samples."""
    is_whole = False
    try:
        made = made_up(workflow, sweep)
        if made is None:
            return
        is_whole = all(made.sizes[axis.name] == len(axis.values) for axis in sweep.axes)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of made-up numbers they say nothing
            workflow.checks(_results(workflow, made))
    except OF_NUMBERS:
        return
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the definition raises
        if isinstance(error, NoSuchValueError) and not is_whole:
            return  # the sweep may have it
        log.warning(
            "the analysis fails on made-up samples: %s%s. The sweep itself is not touched: it can run, "
            "and a mended definition analyses what it stores. Numbers that are made up may also be "
            "none that the analysis can do with",
            ". ".join((kind_and_text(error), *getattr(error, "__notes__", ()))),
            _place_of(error, workflow.file),
        )


def absent_panels(workflow: Workflow, sweep: Sweep) -> list[str]:
    """Return a sentence about each panel of a definition that asks for a value that a sweep lacks."""
    if not any(getattr(panel, "at", None) for panel in workflow.panels):
        return []
    import xarray as xr

    values = {axis.name: np.asarray(axis.values) for axis in sweep.axes}
    return workflow.absent_panels(xr.Dataset(coords=_coordinates(sweep, values)))


def _coordinates(sweep: Sweep, values: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return axes with some of their values, the parameters of cases along them, and plain constants."""
    coords: dict[str, Any] = dict(values)
    for axis in sweep.axes:
        for name in axis.parameters:
            row_of = [axis.by_number[int(number)][name] for number in values[axis.name]]
            coords[name] = (axis.name, np.asarray(row_of))
    plain = (bool, int, float, str)
    return coords | {
        n: v for n, v in sweep.constants.items() if isinstance(v, plain) and n not in coords
    }


def _results(workflow: Workflow, made: "xr.Dataset") -> "xr.Dataset":
    """Return what comes out of made-up samples; after some time each stage has been called once."""
    if workflow.analyse is not None:
        return workflow.results(made)
    deadline = time.perf_counter() + LONGEST
    declared = workflow.declared
    measures, expects = (
        tuple(_in_time(stage, deadline) for stage in stages)
        for stages in (declared.measures, declared.expects)
    )
    return results_of(replace(declared, measures=measures, expects=expects), made)


def _in_time(stage: Stage, deadline: float) -> Stage:
    """Return a stage that is called once at least, and not again after a deadline."""
    called: list[bool] = []

    def function(at: Any) -> Found | None:
        if called and time.perf_counter() > deadline:
            raise Missing("not tried")
        called.append(True)
        return stage(at)

    # Its module stays this one: what is refused here is told without the place of a definition.
    update_wrapper(function, stage.function, assigned=("__name__",), updated=())
    return Stage(function, stage.held, stage.fixed)


def _place_of(error: BaseException, file: str) -> str:
    """Return in brackets where in a definition an exception came from; nothing if from elsewhere."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == file]
    return f" ({file}, line {frames[-1].lineno}: {frames[-1].line})" if frames else ""


def made_up(workflow: Workflow, sweep: Sweep) -> "xr.Dataset | None":
    """Return a dataset like that of a sweep, with made-up samples at some of its points.

    Nothing comes back where one realization of a user's own function cannot be had, or where the
    analysis needs so many points that their samples would take much memory.

    Parameters
    ----------
    workflow : Workflow
        Says which values of axes its analysis needs.
    sweep : Sweep
        What would be computed.
    """
    import xarray as xr

    lengths = len(sweep.lengths)
    # A fit needs more realizations than lengths, or it has no covariance.
    needed = max(fewest_for(workflow.fewest, lengths), realizations_needed(lengths) + 2)
    count = min(max(FEW, needed), sweep.largest_count)
    own = dimension_sizes(sweep)
    row = count * max(int(np.prod([own[d] for d in v.dims])) for v in sweep.outputs)
    kept = _kept(workflow, sweep, row)
    rehearsed = None if sweep.is_of_wires else _rehearsed(sweep)
    is_too_large = int(np.prod([len(k) for k in kept])) * row > 8 * MOST_NUMBERS
    if is_too_large or isinstance(rehearsed, Raised):
        return None
    finished = np.minimum(sweep.counts.reshape(sweep.grid)[np.ix_(*kept)], count)
    dims = (*sweep.names, "realization")
    beyond = np.arange(count) >= finished[..., None]
    variables = {
        variable.name: ((*dims, *variable.dims), values)
        for variable, values in _samples(sweep, rehearsed, kept, beyond, own)
    }
    values = [np.asarray(a.values)[k] for a, k in zip(sweep.axes, kept, strict=True)]
    coords = _coordinates(sweep, dict(zip(sweep.names, values, strict=True)))
    coords |= {axis.name: np.asarray(axis.labels or axis.values) for axis in sweep.dimensions}
    coords |= {LENGTH: np.asarray(sweep.lengths)} if LENGTH in own else {}
    coords |= {CHANNEL: np.arange(own[CHANNEL])} if CHANNEL in own else {}
    coords |= {"realization": np.arange(count), "finished": (sweep.names, finished)}
    open_modes = channels(sweep)
    if open_modes is not None:
        coords[CHANNELS] = (sweep.names, open_modes[np.ix_(*kept)])
    attributes = {
        "workflow": sweep.workflow,
        "spec": sweep.json_text,
        "seed": sweep.seed,
        "common_disorder": list(common_axes(sweep, survey(sweep).keys)),
    }
    return xr.Dataset(variables, coords, attributes).sortby(list(sweep.names))


def _kept(workflow: Workflow, sweep: Sweep, row: int) -> list[NDArray[np.intp]]:
    """Return for each axis the places of the values that are kept, in order.

    Axes that no stage holds as a whole are thinned first: they decide how often stages are called.
    """
    needed = [_needed(workflow, sweep, axis.name) for axis in sweep.axes]
    kept = [np.arange(len(axis.values)) for axis in sweep.axes]
    held = {name for stage in _stages(workflow) for name in stage.held or ()}
    free = [n for n, axis in enumerate(sweep.axes) if axis.name not in held]
    _thin(kept, needed, free, MOST_POINTS)
    _thin(kept, needed, [*range(len(kept))], MOST_NUMBERS // row)
    return kept


def _thin(
    kept: list[NDArray[np.intp]], needed: list[set[int]], which: list[int], most: int
) -> None:
    """Take values from some axes until they have at most so many points, as far as they can spare."""
    while int(np.prod([len(kept[n]) for n in which])) > most:
        able = [n for n in which if len(kept[n]) > len(needed[n])]
        if not able:
            return
        longest = max(able, key=lambda n: len(kept[n]))
        kept[longest] = _fewer(kept[longest], needed[longest])


def _stages(workflow: Workflow) -> tuple[Stage, ...]:
    return (*stages_of(workflow.measure, "measure"), *stages_of(workflow.expect, "expect"))


def _fewer(kept: NDArray[np.intp], needed: set[int]) -> NDArray[np.intp]:
    """Return about half of the places, those that are needed among them."""
    half = kept[np.round(np.linspace(0, len(kept) - 1, max(len(kept) // 2, 1))).astype(int)]
    found = np.array(sorted({*half.tolist(), *needed}), dtype=np.intp)
    return found if len(found) < len(kept) else np.array(sorted(needed), dtype=np.intp)


def _needed(workflow: Workflow, sweep: Sweep, name: str) -> set[int]:
    """Return the places on an axis that the analysis asks for, both ends and the middle."""
    values = np.asarray(next(axis.values for axis in sweep.axes if axis.name == name), dtype=float)
    asked = workflow.requires.get(name, ())
    least = asked if isinstance(asked, int) else 3
    wanted = [] if isinstance(asked, int) else [*asked]
    wanted += [stage.fixed[name] for stage in _stages(workflow) if name in stage.fixed]
    wanted.append(0.0)
    places = {int(n) for n in np.linspace(0, len(values) - 1, min(least, len(values))).round()}
    for one in wanted:
        value = sweep.constants.get(one) if isinstance(one, str) else one
        if isinstance(value, int | float):
            nearest = int(np.abs(values - value).argmin())
            if np.isclose(values[nearest], value):
                places.add(nearest)
    return places


def _samples(
    sweep: Sweep,
    rehearsed: Mapping[str, Any] | None,
    kept: list[NDArray[np.intp]],
    beyond: NDArray[np.bool_],
    own: Mapping[str, int],
) -> Iterator[tuple[ArraySpec, NDArray[Any]]]:
    """Yield each stored variable with samples, (*axes, realization, *own dimensions)."""
    rng, elsewhere = np.random.default_rng(1), _elsewhere(sweep, kept)
    for variable in sweep.outputs:
        shape = (*beyond.shape, *(own[d] for d in variable.dims))
        if rehearsed is None:
            values = _of_wires(variable, sweep, kept, shape, rng)
        elif variable.name not in rehearsed:
            values = np.full(shape, np.nan)
        else:
            numbers = np.asarray(rehearsed[variable.name])[-1]
            window = tuple(slice(0, n) for n in numbers.shape)
            like = np.full(shape[beyond.ndim :], np.mean(numbers), dtype=variable.dtype)
            like[window] = numbers
            values = like * (1 + SPREAD * rng.standard_normal(shape))
        values = values.astype(variable.dtype)
        values[beyond] = variable.fill
        if variable.name in elsewhere:
            values[elsewhere[variable.name]] = variable.fill
        yield variable, values


def _elsewhere(sweep: Sweep, kept: list[NDArray[np.intp]]) -> dict[str, NDArray[np.bool_]]:
    """Return for each variable of some points only, (*axes), which of the kept points are others."""
    numbers = np.arange(sweep.points).reshape(sweep.grid)[np.ix_(*kept)]
    return {
        variable.name: np.vectorize(lambda n, v=variable: not v.is_at(sweep.point(int(n))))(numbers)
        for variable in sweep.variables
        if variable.only
    }


def _rehearsed(sweep: Sweep) -> Any:
    """Return numbers of one realization of a user's own function, at points that cost little.

    One point is enough unless variables are declared for some points only.
    """
    numbers: dict[str, Any] = {}
    with StandIn() as worker:
        program = worker.call(load_program, sweep.program)
        for point in cheapest_first(sweep, worker):
            if not any(v.is_at(point) and v.name not in numbers for v in sweep.variables):
                continue
            try:
                found = worker.call(given, program, point, limit=PATIENCE)
            except TooLongError as error:
                log.warning(
                    "the analysis was not tried: one realization takes longer than %.0f s", PATIENCE
                )
                return Raised(error)
            if isinstance(found, Raised):
                return found
            numbers = {**found, **numbers}
            if len(numbers) == len(sweep.variables):
                break
    return numbers


def _between_leads_or_closed(
    variable: ArraySpec, shape: tuple[int, ...], rng: np.random.Generator
) -> NDArray[Any]:
    """Return an observable of bars, or of samples without leads, that looks disordered."""
    if variable.name == "N_i":
        return np.full(shape, 4.0)
    if variable.name in DISCRETE:
        return np.ones(shape)
    values = 0.5 * np.exp(SPREAD * rng.standard_normal(shape))
    is_logarithm = str(variable.attributes["long_name"]).startswith("ln ")
    return np.log(values) if is_logarithm else values


def _of_wires(
    variable: ArraySpec,
    sweep: Sweep,
    kept: list[NDArray[np.intp]],
    shape: tuple[int, ...],
    rng: np.random.Generator,
) -> NDArray[Any]:
    """Return an observable of wires that look disordered: g falls with the length, and fluctuates."""
    kind = variable.name.partition("_spin_")[0]
    if "flag_meanings" in variable.attributes:
        return np.zeros(shape)
    if kind in ("certificate", "certificate_ij"):
        return np.full(shape, 1e-12)
    modes = channels(sweep)
    if modes is None or variable.name in OF_INVARIANTS:
        return _between_leads_or_closed(variable, shape, rng)
    N = modes[np.ix_(*kept)][..., None, None].clip(1)
    L = np.asarray(sweep.lengths) / sweep.lengths[-1]
    mean = np.log(N / (1 + 10 * L)) - 10 * L / N
    noise = rng.standard_normal(shape[: N.ndim])
    ln_g = np.minimum(mean + noise * np.sqrt(0.05 + 10 * L / N), np.log(N) - 0.01)
    if variable.name in RESOLVED:  # most keep their spin
        found = ln_g if kind == "ln_T" else np.log(N - np.exp(ln_g))
        found = found[..., None, None] + np.log([[0.4, 0.1], [0.1, 0.4]])
        return np.asarray(found if kind == "ln_T" else np.exp(found))
    if variable.name == "reflection":
        return np.asarray(N - np.exp(ln_g))
    if variable.name == "ln_T":
        channel = np.arange(shape[-1])
        one = (ln_g - np.log(N)).clip(max=-0.01)[..., None] - channel * L[:, None]
        return np.where(channel < N[..., None], one, np.nan)
    return np.asarray(ln_g)
