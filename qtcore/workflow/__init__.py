"""Workflows, the files that define them, and calls of what their authors wrote."""

from qtcore.results.check import Check
from qtcore.workflow.calls import ConclusionError, DefinitionError, called
from qtcore.workflow.files import find, from_source, load
from qtcore.workflow.workflow import Workflow

__all__ = [
    "Check",
    "ConclusionError",
    "DefinitionError",
    "Workflow",
    "called",
    "find",
    "from_source",
    "load",
]
