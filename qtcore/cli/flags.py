"""Options that are given or not, in the help: Typer shows them as if they took a value."""

from typing import Any

from typer.core import TyperGroup


class PlainFlags(TyperGroup):
    """Commands in whose help an option such as `--dry-run` stands alone."""

    def get_params(self, ctx: Any) -> Any:
        """Return the options that come before a command."""
        return _plain(super().get_params(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by name."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            _plain(found.get_params(ctx))
        return found


def _plain(options: Any) -> Any:
    """Take what stands for a value from those of some options that take none."""
    for option in options:
        if getattr(option, "is_flag", False):
            option.metavar = ""
    return options
