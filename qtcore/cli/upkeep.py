"""`qtcore verify-store` and `qtcore compact`: the upkeep of a store."""

import errno
from typing import Annotated

import typer

from qtcore.cli import show
from qtcore.cli.options import StorePath, Trust, whole_number
from qtcore.cli.signals import ctrl_c_while_working
from qtcore.errors import CannotWriteError, InputError, command, counted

DAMAGED = 3
"""Exit code after damage was found: the sweep is incomplete, and the same run goes on."""

READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Errors of a store that this user may only read."""

WRONG = 1
"""Exit code after samples were found that are not those of an ensemble: a check failed."""


def verify_store(
    store: StorePath,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is wrong; change nothing.")
    ] = False,
    recompute: Annotated[
        int | None,
        typer.Option(
            "--recompute",
            metavar="N",
            parser=whole_number,
            help="Compute this many different samples once more, equally many of each point, and "
            "compare them with those of the store, however long it takes.",
        ),
    ] = None,
    trust: Trust = False,
) -> None:
    """Check every chunk of a store against its checksum, and make damage repairable.

    Metadata come back from the copy that the store keeps. Damaged blocks count as unfinished
    afterwards, so that the same run computes just those, to the same bits; damaged files are kept
    under run/damaged.

    The samples are compared with each other: no two may be equal where the disorder takes any value.
    A few of them are computed once more from their seed. A note says so where that is not done;
    the exit code then speaks of what was checked.
    """
    from qtcore.store.header import read_header
    from qtcore.store.verify import verify

    ctrl_c_while_working()
    if recompute is not None and recompute < 1:
        raise InputError(f"--recompute: allowed is a whole number >= 1, got {recompute}")
    try:
        report = verify(store, repair=not dry_run)
    except (InputError, CannotWriteError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if dry_run or not isinstance(cause, OSError) or cause.errno not in READ_ONLY:
            raise
        looking = command("verify-store", store, "--dry-run")
        said = f"{str(error).rstrip('.')}. `{looking}` writes nothing, and checks as much"
        if isinstance(error, CannotWriteError):
            raise CannotWriteError(said, cause.errno) from error
        raise InputError(said) from error
    for finding in report.findings:
        show.out.print(str(finding), markup=False, highlight=False)
    show.out.print(
        f"{counted(report.blocks, 'finished blocks')} checked, "
        f"{counted(len(report.findings), 'findings')}."
    )
    if dry_run:
        show.out.print("Nothing was written: the words above say what would be done.")
    if report.reopened:
        again = counted(report.reopened, "blocks")
        way = (
            "Merge the sources again, into another store."
            if read_header(store).draws
            else "The same `qtcore run` does it."
        )
        show.out.print(f"To compute again: {again}. {way}")
    if report.findings:
        raise typer.Exit(DAMAGED)
    from qtcore.reports.conclusion import ensemble_checks
    from qtcore.store.locate import place_of

    checks, notes = ensemble_checks(place_of(store), trust=trust, samples=recompute)
    show.notes(notes)
    for check in checks:
        show.out.print(f"{check.name}: {check.value:g}", markup=False, highlight=False)
    if not all(check.passed for check in checks):
        raise typer.Exit(WRONG)


def compact_store(
    store: StorePath,
    undo: Annotated[
        bool, typer.Option("--undo", help="Bring the small chunks back, so that a run can extend.")
    ] = False,
) -> None:
    """Rewrite the many small chunks of a finished run into few large shards, bit for bit.

    A compacted store opens as before, faster, and cannot be extended until --undo.
    """
    from qtcore.store.compact import compact, expand
    from qtcore.store.finished import missing_blocks

    ctrl_c_while_working()
    if undo:
        show.out.print(f"Brought back: {counted(expand(store), 'chunks')}.")
        if missing := missing_blocks(store):
            show.out.print(
                f"Not complete: {counted(missing, 'blocks')}, because shards or chunks in them were "
                "damaged or missing. Run the sweep again."
            )
            raise typer.Exit(DAMAGED)
        return
    done = compact(store)
    show.out.print(
        f"{counted(done.objects_before, 'chunks')} became "
        f"{counted(done.objects_after, 'shards')}, "
        f"{done.size / 1e6:.1f} MB."
    )
