"""`qtcore verify-store` and `qtcore compact`: the upkeep of a store."""

from typing import Annotated

import typer

from qtcore.cli import show
from qtcore.cli.options import StorePath
from qtcore.store.compact import compact, expand
from qtcore.store.verify import verify

DAMAGED = 3
"""Exit code after damage was found: the sweep is incomplete, and the same run goes on."""


def verify_store(
    store: StorePath,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is wrong; change nothing.")
    ] = False,
) -> None:
    """Check every chunk of a store against its checksum, and make damage repairable.

    Metadata come back from the copy that the store keeps. Damaged blocks count as unfinished
    afterwards, so that the same run computes just those, to the same bits; damaged files are kept
    under run/damaged.
    """
    report = verify(store, repair=not dry_run)
    for finding in report.findings:
        show.out.print(str(finding), markup=False, highlight=False)
    show.out.print(f"{report.blocks} finished blocks checked, {len(report.findings)} findings.")
    if report.reopened:
        show.out.print(f"{report.reopened} blocks are to be computed again: run the sweep again.")
    if report.findings:
        raise typer.Exit(DAMAGED)


def compact_store(
    store: StorePath,
    undo: Annotated[
        bool, typer.Option("--undo", help="Bring the small chunks back, so that a run can extend.")
    ] = False,
) -> None:
    """Rewrite the many small chunks of a finished run into few large shards, bit for bit.

    A compacted store opens as before, faster, and cannot be extended until --undo.
    """
    if undo:
        show.out.print(f"{expand(store)} chunks are back.")
        return
    done = compact(store)
    show.out.print(
        f"{done.objects_before} chunks became {done.objects_after} shards, "
        f"{done.size / 1e6:.1f} MB."
    )
