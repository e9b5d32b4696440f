"""Which workflows can be run by name."""

from dataclasses import dataclass
from pathlib import Path

from qtcore.cluster.lookup import known
from qtcore.errors import QtcoreError
from qtcore.workflow.files import find, load
from qtcore.workflow.workflow import Workflow


@dataclass(frozen=True)
class Definition:
    """A workflow that can be run by name, or why it cannot."""

    name: str
    path: Path
    workflow: Workflow | None
    error: str


def list_workflows(name: str | None = None) -> list[Definition]:
    """Return the workflows that can be run by name, broken definitions included.

    Parameters
    ----------
    name : str, optional
        Only this one, by name or path.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name is not None:
        found = load(name)
        return [Definition(found.name, find(name), found, "")]
    definitions = []
    for known_name, path in known("workflows", ".py").items():
        try:
            definitions.append(Definition(known_name, path, load(path), ""))
        except QtcoreError as error:
            definitions.append(Definition(known_name, path, None, str(error)))
    return definitions
