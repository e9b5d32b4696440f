"""The command line: `qtcore list | run | status | figure | check`."""

from qtcore.cli.app import app, main

__all__ = ["app", "main"]
