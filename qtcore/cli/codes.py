"""Exit codes of the commands."""

from typing import TYPE_CHECKING

import typer

from qtcore.cli.signals import STOPPED

if TYPE_CHECKING:
    from qtcore.results.check import Check

FINE, CHECKS_FAILED, BAD_INPUT, INCOMPLETE, UNFORESEEN = 0, 1, 2, STOPPED, 4


def exit_by(checks: "list[Check]") -> None:
    """End with the code of failed checks if one has failed."""
    if not all(check.passed for check in checks):
        raise typer.Exit(CHECKS_FAILED)
