"""A sweep in one line: a function of axes, and their values."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

from rich.console import Console

from qtcore.errors import InputError, brief
from qtcore.request import RESULTS, ChosenWorkflow, RunOptions, RunRequest, resolve_run
from qtcore.run_result import RunResult
from qtcore.session import compute
from qtcore.sweep.console import console_on
from qtcore.sweep.notebook import NotebookConsole, in_notebook
from qtcore.sweep.own_preset import SIZE
from qtcore.sweep.preset import CLOSE
from qtcore.units import DEFAULT_SEED
from qtcore.workflow.of_function import preset_of, refuse_within_itself, workflow_of
from qtcore.workflow.taken import LAMBDA, refuse_unless_written

if TYPE_CHECKING:
    from qtcore.cluster.kinds import AnyCluster

DIGITS = 8
"""Of the sweep's identity in the name of a store."""


def sweep(
    wire: Callable[..., Any] | None = None,
    *,
    realizations: int | None = None,
    solve: Callable[..., Any] | None = None,
    variables: Sequence[Any] = (),
    dimensions: Mapping[str, Any] | None = None,
    observables: Sequence[Any] | None = None,
    lengths: Sequence[int] | None = None,
    seed: int | None = None,
    store: str | Path | None = None,
    cluster: "AnyCluster" = "local",
    workers: int | None = None,
    precision: str | float | None = None,
    progress: bool = True,
    **axes: Any,
) -> RunResult:
    """Sweep a function of axes into a store, or compute what the store lacks of it.

    `qt.sweep(wire, width=(4, 8), energy=np.linspace(0.1, 1, 12), realizations=500)` is all of it. The
    same call again goes on where the last one ended. Workers execute the text of the function
    with all that it uses, as they do of a workflow, and the store keeps that text.

    Parameters
    ----------
    wire : function
        Returns the wire (or the bar) of a point. Its parameters are axes and constants by their
        names; a function or a lambda of a file, of a notebook's cell or of Python's prompt.
    realizations : int
        Disorder realizations of each point; with `precision` the most that a point may get.
    solve : function, optional
        Instead of a wire: of axes and constants, of `realizations` (a range), and of `seed` if it
        wants that. It returns an array (realization, ...) for each of `variables`.
    variables : sequence of str or Variable
        What `solve` returns.
    dimensions : mapping, optional
        Dimensions of these variables, as in `qtcore.Workflow`.
    observables : sequence of str, Resistance, Conductance or Voltage, optional
        What is stored of a wire.
    lengths : sequence of int, optional
        Slices; 16, 20, 25, 32, ..., 4096 (three in each factor of two) for wires if left out.
    seed : int, optional
        Seed of the disorder, 1 if left out.
    store : str or Path, optional
        Where to. If left out, `results/NAME-HASH.zarr` with the name of the function and eight
        digits that follow from all that makes the numbers: a call with another function, constant,
        axis, length or seed has another store.
    cluster, workers, precision, progress
        As in `run`.
    **axes
        Values of axes and constants. A sequence of numbers or a `qtcore.Axis` is an axis, also
        `qtcore.Cases`; a number or a text is a constant, and so is a list in `qtcore.Constant`. The
        energy need not be a parameter of `wire`.

    Returns
    -------
    RunResult
        `.data`, `.results`, `.checks`, `.figure()`, and `.store` for every other command.

    Raises
    ------
    InputError
        If something is not allowed; nothing was computed or written then.
    IncompleteSweepError
        If blocks are missing in the end; the same call goes on.
    """
    refuse_within_itself()
    role, function = _function(wire, solve)
    options = [*signature(sweep).parameters][1:-1]
    counts = _realizations(realizations, precision, axes)
    preset = preset_of(axes, lengths=lengths, realizations=counts, is_of_wires=role == "wire")
    if role == "wire" and "energy" not in (*preset.axes, *preset.constants, *_of_cases(preset)):
        raise InputError(
            "a wire is solved at an energy (t): give energy=0.5 for one, or energy=(0.1, 0.5, 1.0) to "
            "sweep it"
        )
    workflow = workflow_of(
        function,
        role,
        preset,
        observables=observables,
        variables=variables,
        dimensions=dimensions,
        options=options,
    )
    if store is None:
        made = workflow.sweep(preset, DEFAULT_SEED if seed is None else seed)
        name = "sweep" if function.__name__ == LAMBDA else function.__name__
        store = RESULTS / f"{name}-{made.hash[:DIGITS]}.zarr"
    run_request = resolve_run(
        RunOptions(
            ChosenWorkflow(workflow),
            preset=SIZE,
            realizations=realizations,
            seed=seed,
            store=store,
            cluster=cluster,
            workers=workers,
            precision=precision,
        )
    )
    return filled(run_request, progress=progress)


def filled(run_request: RunRequest, *, progress: bool) -> RunResult:
    """Compute what the store of a request lacks, and return what there is then."""
    kind = NotebookConsole if in_notebook() else Console
    compute(run_request, console=console_on("stderr", kind, quiet=not progress))
    return RunResult(run_request.store)


def _function(wire: Any, solve: Any) -> tuple[str, FunctionType]:
    """Return the role and the function that is given for it."""
    if (wire is None) == (solve is None):
        got = "both" if wire is not None else "neither"
        raise InputError(
            f"a sweep needs either wire(...), which returns a qtcore.Wire, or solve=..., which returns "
            f"arrays; got {got}"
        )
    role = "wire" if solve is None else "solve"
    return role, refuse_unless_written(wire if solve is None else solve, role)


def _realizations(given: Any, precision: Any, axes: Mapping[str, Any]) -> int:
    """Return how many realizations the definition of a sweep states."""
    if precision is not None:
        return 1
    if given is None:
        near = get_close_matches("realizations", axes, n=1, cutoff=CLOSE)
        raise InputError(
            f"realizations is missing{f' ({near[0]} is another word)' if near else ''}: how many samples "
            "of the disorder each point gets, such as realizations=500; or precision='1%' for as many "
            "as that takes"
        )
    if isinstance(given, bool) or not hasattr(given, "__index__") or given < 1:
        raise InputError(f"realizations takes a whole number >= 1, got {brief(given)}")
    return int(given)


def _of_cases(preset: Any) -> list[str]:
    return [name for axis in preset.axes.values() for name in axis.parameters]
