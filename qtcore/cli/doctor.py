"""`qtcore doctor`: what is installed, what works here, how fast this machine is."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.cli.clusters import profile_as_json
from qtcore.cli.options import AsJson
from qtcore.cli.signals import ctrl_c_while_working

if TYPE_CHECKING:
    from qtcore.health import Health


def doctor(as_json: AsJson = False) -> None:
    """Say what is installed, which clusters can be tried, and how fast this machine is."""
    from qtcore.health import doctor as examined

    ctrl_c_while_working()
    with show.err.status("Measuring …"):
        found = examined()
    if as_json:
        show.json_out(health_as_json(found))
    else:
        _print(found)
        show.notes(found.problems)


def _print(found: "Health") -> None:
    table = Table("package", "installed", "allowed", "", box=SIMPLE_HEAD)
    for package in found.packages:
        mark = "[green]✓[/green]" if package.is_fine else "[red]✗[/red]"
        version = package.version or "–"
        if not package.version and package.extra:
            mark = "[dim]not installed[/dim]"
        words = f"{mark} [dim]extra {package.extra}[/dim]" if package.extra else mark
        table.add_row(escape(package.name), escape(version), escape(package.allowed), words)
    show.out.print(table)
    grid = Table.grid(padding=(0, 2))
    for name, words in _rows(found).items():
        grid.add_row(f"[bold]{name}[/bold]", escape(words))
    show.out.print(grid)
    for cluster in found.clusters:
        lacks = "; ".join(cluster.missing) or cluster.error
        state = f"[red]not from here[/red]: {escape(lacks)}" if lacks else "[green]✓[/green]"
        show.out.print(f"cluster [bold]{escape(cluster.name)}[/bold]: {state}", soft_wrap=True)


def _rows(found: "Health") -> dict[str, str]:
    """Return what is no table, by name."""
    rows = {
        "qtcore": f"{found.qtcore}, Python {found.python}, {found.system}",
        "processor": f"{found.processor}, {found.cores} cores for this process",
        "folder": f"{found.folder}: {found.folder_error or 'can be written to'}, "
        f"{found.free / 1e9:,.0f} GB free",
        "compiled kernels": found.compiled or "kept nowhere",
        "linear algebra": "; ".join(
            f"{one.name} {one.version} with {one.threads} threads".replace(
                " 1 threads", " 1 thread"
            )
            for one in found.libraries
        )
        + " (one thread where qtcore computes)",
    }
    if math.isfinite(found.seconds):
        rows["speed"] = (
            f"{1e3 * found.seconds:.2g} ms of the processor for a wire of 16 × 1600 sites; "
            f"{1e3 * found.reference:.2g} ms on the machine of the benchmarks: "
            f"{found.reference / found.seconds:.2g} times as fast"
        )
    return rows


def health_as_json(found: "Health") -> dict[str, Any]:
    """Return the same for programs."""
    packages = [{**asdict(one), "is_fine": one.is_fine} for one in found.packages]
    return {
        **{name: value for name, value in vars(found).items() if name != "clusters"},
        "packages": packages,
        "libraries": [asdict(one) for one in found.libraries],
        "clusters": [profile_as_json(cluster) for cluster in found.clusters],
        "problems": list(found.problems),
    }
