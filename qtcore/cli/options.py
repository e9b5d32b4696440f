"""The arguments and options of the commands, each with its help."""

from typing import Annotated, Any

import typer

from qtcore.cli import completion
from qtcore.errors import brief
from qtcore.units import DEFAULT_SEED


def whole_number(text: str) -> int:
    """Return the whole number that was typed.

    Raises
    ------
    typer.BadParameter
        If it is none, such as 1e3.
    """
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(
            f"allowed is a whole number in digits, such as 2000; got {brief(text)}"
        ) from None


WorkflowName = Annotated[
    str,
    typer.Argument(
        metavar="WORKFLOW",
        help="Name of a workflow (see `qtcore list`), or the path of a definition (.py).",
        autocompletion=completion.workflows,
    ),
]
StorePath = Annotated[
    str,
    typer.Argument(
        metavar="STORE",
        help="Folder or URL of a store, such as results/name.zarr.",
        autocompletion=completion.stores,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Where = Annotated[
    str,
    typer.Option(
        "--cluster",
        help="Where to run: a profile by name or path (see cluster/), or tcp://host:port of "
        "a Dask scheduler.",
        autocompletion=completion.clusters,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        parser=whole_number,
        help="Number of workers, instead of the profile's.",
    ),
]
PartOfMany = Annotated[
    str | None,
    typer.Option(
        "--part",
        metavar="I/N",
        help="Compute the I-th of N parts only, such as 3/16; the other drivers fill the same "
        "store. Analysis and figure wait for `qtcore figure`.",
    ),
]
OtherWorkflow = Annotated[
    str | None,
    typer.Option(
        "--workflow",
        help="Definition (name or path) to use instead of the store's own, by this command only: "
        "it is neither stored nor remembered as one that you have run.",
        autocompletion=completion.workflows,
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Let the definition that the store holds run here although you have never run it, now "
        "and from now on. Read it first: qtcore source STORE.",
    ),
]
Size = Annotated[
    str | None,
    typer.Option(
        "--preset",
        help="Size: quick, standard, paper, …; the workflow's first if left out.",
        autocompletion=completion.presets,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="AXIS=VALUES",
        help="Sweep other values than the preset's, such as [bold]width=4,8,16[/bold], "
        "[bold]energy=-1:1:21[/bold] (21 evenly spaced ones) or [bold]width=4:32:x2[/bold] (each "
        "twice the one before); on a store that exists, values that are new extend it. `qtcore list WORKFLOW` shows the axes with "
        "their units. Repeatable.",
        autocompletion=completion.axes,
    ),
]
Realizations = Annotated[
    int | None,
    typer.Option(
        "--realizations",
        metavar="N",
        parser=whole_number,
        help="Disorder realizations per point; with --precision, at most so many. On a store that "
        "holds fewer, only the missing ones are computed.",
    ),
]
RealizationsInAll = Annotated[
    int | None,
    typer.Option(
        "--realizations",
        metavar="N",
        parser=whole_number,
        help="Disorder realizations of each point, in all; points that have more keep them.",
    ),
]
Add = Annotated[
    list[str] | None,
    typer.Option(
        "--add",
        metavar="AXIS=VALUES",
        help="Values to add to an axis of the store, such as [bold]energy=0.87,1.85[/bold] or "
        "[bold]width=4:32:x2[/bold], as --set of `qtcore run` takes them. Repeatable.",
        autocompletion=completion.stored_axes,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        parser=whole_number,
        help=f"Seed of the disorder ({DEFAULT_SEED} if left out): same seed, same bits.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Folder or URL for the dataset; results/WORKFLOW-PRESET.zarr if left out. A store that "
        "exists is continued.",
        autocompletion=completion.stores,
    ),
]
Copy = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Another folder or URL for the numbers; STORE itself if left out.",
        autocompletion=completion.stores,
    ),
]
Goal = Annotated[
    str | None,
    typer.Option(
        "--precision",
        metavar="ERROR",
        help="Add realizations in rounds until the standard error of the workflow's main quantity "
        "is below this at every point: 1% of it, or 0.01 in its unit. At most --realizations per "
        "point, 100 times the preset's if left out.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Rehearse, then show tasks, core-hours, bytes and memory; store nothing."
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="NAME=VALUES",
        help="Only these values of an axis, a length, a case or a constant: [bold]width=16[/bold], "
        "[bold]width=4,8[/bold], a range with both ends [bold]disorder=1:2[/bold], an open one "
        "[bold]length=100:[/bold]. Repeatable.",
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="NAMES",
        help="Axes whose values make the rows, such as [bold]length[/bold] or [bold]width,length[/bold]; "
        "the others become columns. All axes make rows if left out.",
    ),
]
Of = Annotated[
    str | None,
    typer.Option(
        "--of",
        metavar="NAMES",
        help="Variables, such as ln_g or ln_g,reflection; results and estimates, such as "
        "localization_length; single statistics, such as mean(ln_g).",
    ),
]
STATISTICS = "count, mean, sem, std, var, median, quantile(0.25)"
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        help="Print no heading and no progress, only results, warnings and errors.",
    ),
]
FigureStyle = Annotated[
    Any,
    typer.Option(
        "--style",
        metavar="STYLE",
        parser=str,
        help="What the figure is for: page (any width), column or two-columns of a journal, slides.",
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="png, pdf or svg; PNG and PDF if left out. Repeatable.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
