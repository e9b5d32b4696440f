"""Definition files: found by name or by path, read, and executed into a workflow."""

import sys
from pathlib import Path
from types import ModuleType

from qtcore.cluster.lookup import file_at, folders, is_path, known
from qtcore.errors import LONGEST, InputError, QtcoreError, is_fault, place_in
from qtcore.sweep.memory import remember_as_loaded
from qtcore.sweep.own_text import SOURCE
from qtcore.sweep.program import own_traceback
from qtcore.sweep.untouched import untouched
from qtcore.workflow.calls import DefinitionError
from qtcore.workflow.workflow import Workflow


def find(name: str | Path) -> Path:
    """Return the path of a definition, given by name or by path.

    Raises
    ------
    InputError
        If there is none, with the known names.
    """
    text = str(name)
    if is_path(text, ".py"):
        path = file_at(text)
        if path is None:
            raise InputError(f"workflow {text}: there is no such file")
        return path.resolve()
    definitions = known("workflows", ".py")
    if text not in definitions:
        places = ", ".join(str(folder) for folder in folders("workflows")) or "no folder"
        names = ", ".join(sorted(definitions)) or "none"
        raise InputError(
            f"unknown workflow {text!r}; known are {names} (from {places}), "
            "or give the path of a definition (.py)"
        )
    return definitions[text]


def load(name: str | Path) -> Workflow:
    """Load a workflow by name or from the path of its definition.

    Raises
    ------
    InputError
        If there is no such definition, or the file defines no `workflow`.
    DefinitionError
        If the definition raises, with its own traceback.
    """
    path = find(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the workflow definition {path} cannot be read: {error}") from None
    return from_source(text, str(path))


def from_source(text: str, origin: str) -> Workflow:
    """Return the workflow that a text defines.

    Parameters
    ----------
    text : str
        A definition.
    origin : str
        Its path, or where else it comes from, for messages.

    Raises
    ------
    InputError
        If it defines no `workflow`.
    DefinitionError
        If it raises, with its own traceback.
    """
    workflow = getattr(_execute(text, origin), "workflow", None)
    if not isinstance(workflow, Workflow):
        raise InputError(
            f"{origin} is no workflow definition: it must assign `workflow = qt.Workflow(...)`, "
            f"found {type(workflow).__name__}"
        )
    return workflow


def _execute(text: str, origin: str) -> ModuleType:
    module = ModuleType(f"qtcore_definition_{Path(origin).stem}")
    module.__dict__.update({"__file__": origin, SOURCE: text})
    # Dataclasses and pydantic look their module up by name while it is being executed.
    sys.modules[module.__name__] = module
    try:
        with untouched("the definition"):
            exec(compile(text, origin, "exec"), module.__dict__)
    except BaseException as error:
        del sys.modules[module.__name__]
        if not is_fault(error):
            raise
        if isinstance(error, QtcoreError | SyntaxError):
            raise DefinitionError(_in_a_sentence(error, origin)) from error
        raise DefinitionError(
            f"the workflow definition {origin} has an error in it:\n\n"
            f"{own_traceback(error, origin)}"
        ) from error
    remember_as_loaded(module.__dict__, text)
    return module


def _in_a_sentence(error: QtcoreError | SyntaxError, origin: str) -> str:
    """Say where in a definition something is that cannot be, and what; its traceback says no more."""
    if isinstance(error, SyntaxError) and error.filename == origin:
        place = f"{origin}, line {error.lineno}"
        text = (error.text or "").strip()
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        return f"{place}: this is no Python ({error.msg}): {shown}"
    return f"{place_in(error, origin) or origin}: {error}"
