"""`qtcore clusters`: where a sweep can run from here."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from qtcore.cli import completion, show
from qtcore.cli.options import AsJson
from qtcore.cli.signals import ctrl_c_while_working

if TYPE_CHECKING:
    from qtcore.cluster.catalog import Cluster


Script = Annotated[
    str | None,
    typer.Option(
        "--script",
        metavar="PROFILE",
        help="Print the script that each job of this profile would be submitted with, and submit nothing.",
        autocompletion=completion.clusters,
    ),
]


def clusters(
    script: Script = None,
    as_json: AsJson = False,
) -> None:
    """List the cluster profiles that can be named, what each needs, and what is missing here."""
    from qtcore.cluster.catalog import clusters as known_clusters

    ctrl_c_while_working()
    if script is not None:
        from qtcore.cluster.script import job_script

        text = job_script(script)
        if as_json:
            show.json_out({"script": text})
        else:
            typer.echo(text)
        return
    found = known_clusters()
    if as_json:
        show.json_out([profile_as_json(cluster) for cluster in found])
        return
    for cluster in found:
        _print(cluster)
    show.out.print(
        "[dim]Also: the path of a profile (.yaml), or tcp://host:8786, a Dask scheduler that runs "
        "already. Keys: cluster/README.md[/dim]",
        soft_wrap=True,
    )


def _print(cluster: "Cluster") -> None:
    name = f"[bold]{escape(cluster.name)}[/bold]"
    if cluster.profile is None:
        show.out.print(f"{name}  [red]cannot be read[/red]")
        show.out.print(f"  {escape(cluster.error)}", style="red", soft_wrap=True)
        return
    here = "[red]not from here[/red]" if cluster.missing else "[green]can be tried here[/green]"
    show.out.print(f"{name}  {escape(_summary(cluster))}  {here}")
    show.out.print(f"  needs: {escape('; '.join(cluster.needs))}", style="dim", soft_wrap=True)
    for lack in cluster.missing:
        show.out.print(f"  missing: {escape(lack)}", style="red", soft_wrap=True)
    show.out.print(f"  [dim]{escape(str(cluster.path))}[/dim]", soft_wrap=True)


def _summary(cluster: "Cluster") -> str:
    text = type(cluster.profile).__doc__ or ""
    return text.splitlines()[0].rstrip(".")


def profile_as_json(cluster: "Cluster") -> dict[str, Any]:
    """Return a profile for programs."""
    return {
        "name": cluster.name,
        "path": str(cluster.path),
        "profile": cluster.profile.model_dump(mode="json") if cluster.profile else None,
        "needs": list(cluster.needs),
        "missing": list(cluster.missing),
        "error": cluster.error,
    }
