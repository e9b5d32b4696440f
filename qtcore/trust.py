"""Whose definitions and programs run here.

A store holds the text of the definition that made it, and whoever wrote the store chose that text.
It runs only if it is, byte for byte, one that this installation ships, or one that this user has
run before, or if the user says so. What a user runs is remembered in a private folder, so that a
store that was made here is at home here.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from qtcore.cluster.lookup import known, shipped_folders
from qtcore.errors import InputError, QtcoreError, command, counted
from qtcore.store.header import Header, read_header
from qtcore.store.layout import DEFINITIONS
from qtcore.store.place import Place
from qtcore.sweep.build import program_of
from qtcore.sweep.preset import unmarked_lists
from qtcore.sweep.program import program_differences
from qtcore.sweep.standings import stored_precision
from qtcore.sweep.trusted import is_remembered, remember, vouch
from qtcore.workflow import Workflow, find, from_source, load


class UntrustedDefinitionError(InputError):
    """A store's definition or program was about to run, and this user has never run it."""


def remember_definition(workflow: Workflow | None, source: str) -> None:
    """Remember the definition of a run, by its text and by its file, as one of this user's own.

    A run that repeats a store executes no definition. Its text is the store's, and stays unknown.

    Parameters
    ----------
    workflow : Workflow or None
        The definition; None where a store is repeated.
    source : str
        Its text.
    """
    if workflow is None:
        return
    path = _file_of(workflow)
    remember(source, *([] if path is None else [_as_text(path)]))


def vouch_for(header: Header, *, trust: bool) -> None:
    """Allow the programs of a store to run in this process.

    Parameters
    ----------
    header : Header
        The store.
    trust : bool
        Whether the user says that they may; that is remembered.

    Raises
    ------
    UntrustedDefinitionError
        If they are neither those of a definition that this installation ships, nor those of an
        earlier run of this user, nor trusted.
    """
    texts = [str(header.spec.get("program", ""))]
    goal = stored_precision(header.attributes)
    if goal is not None and goal.program:
        texts.append(goal.program)
    if not trust:
        unknown = [text for text in texts if not is_remembered(text)]
        ours = _shipped_programs(header) if unknown else set()
        if not ours.issuperset(unknown):
            raise UntrustedDefinitionError(
                f"the functions that make the numbers of {header.place} are not known here: this user "
                f"has made no run with them, so they are not executed. Read them with "
                f"`{command('source', header.place)}`; then --trust (trust=True in Python) lets "
                "them run"
            )
    for text in texts:
        vouch(text)
    if trust:
        remember(*texts)


def definition_of(store: Place, workflow: str | Path | Workflow | None, *, trust: bool) -> Workflow:
    """Return the workflow that a store is analysed with: the one given, or the store's own.

    Parameters
    ----------
    store : Place
        The store.
    workflow : str, Path or Workflow, optional
        A definition that the user names; it may run.
    trust : bool
        Whether the user says that the definition of the store may run; that is remembered.

    Raises
    ------
    InputError
        If there is no qtcore store, or its workflow is not found.
    UntrustedDefinitionError
        If the store's own definition is not known to this installation or this user, nor trusted.
    """
    if workflow is not None and not isinstance(workflow, Workflow):
        workflow = load(workflow)
    header = read_header(store)
    # An analysis may solve a sample of its store again, with the store's own functions. Where they
    # may not run, the analysis that needs them says so.
    with suppress(UntrustedDefinitionError):
        vouch_for(header, trust=trust)
    if workflow is not None:
        return workflow
    attributes = header.attributes
    name = str(attributes.get("definition") or attributes["workflow"])
    path = _found(name)
    if path is not None and (trust or _may_run(path)):
        if trust:
            remember(_as_text(path))
        return load(path)
    source = attributes.get("definition_source")
    if isinstance(source, str) and source and (trust or _is_known(source)):
        if trust:
            remember(source)
        with unmarked_lists():
            return from_source(source, f"{store}: {name}")
    if path is None and not source:
        find(name)  # says which names are known
    raise UntrustedDefinitionError(
        f"the definition of {store} ({name}) is not known here: this user has made no run with it, "
        f"so it is not "
        "executed. Give a definition of yours with --workflow NAME (workflow= in Python); "
        f"or read the stored one with `{command('source', store)}`, and let it run with --trust "
        "(trust=True in Python)"
    )


def definition_that_made(header: Header, *, trust: bool) -> Workflow:
    """Return the definition whose functions made the numbers of a store.

    That is the file of the definition, unless its functions have changed since: then it is the text
    that the store keeps.

    Raises
    ------
    InputError
        If the store's workflow is not found.
    UntrustedDefinitionError
        If the store's definition is not known to this installation or this user, nor trusted.
    """
    found = definition_of(header.place, None, trust=trust)
    stored, source = str(header.spec.get("program", "")), header.attributes.get("definition_source")
    if not (
        isinstance(source, str)
        and source
        and program_differences(stored, program_of(found.functions))
    ):
        return found
    if not (trust or _is_known(source)):
        return found  # what differs is told when the store is to be extended
    with unmarked_lists():
        return from_source(source, f"{header.place}: definition")


def edited_since(header: Header) -> list[str]:
    """Say in a sentence that the file of a store's definition is not the text that the store keeps.

    Nothing is executed. There is no sentence where the file may not run here.
    """
    attributes = header.attributes
    source = attributes.get("definition_source")
    path = _found(str(attributes.get("definition") or attributes.get("workflow")))
    if not isinstance(source, str) or not source or path is None:
        return []
    if not _may_run(path) or _reads(path, source):
        return []
    return [
        f"{path} is not the text that {header.place} keeps of its last run, and `check` and `figure` "
        f"use the file. `{command('source', header.place)}` prints the text of that run; the next "
        "`qtcore run` puts that of the file in its place."
    ]


def earlier_definitions(header: Header) -> list[str]:
    """Say in a sentence where the definitions of earlier runs of a store lie."""
    kept = header.place.children(DEFINITIONS)
    if not kept:
        return []
    return [
        f"Earlier runs had other texts of the definition: {counted(len(kept), 'texts')} in "
        f"{DEFINITIONS} of {header.place}."
    ]


def shipped_name(text: str) -> str:
    """Return the name of the definition of this installation that is a text, byte for byte; "" if none is."""
    return next((name for name, path in _shipped().items() if _reads(path, text)), "")


def _found(name: str) -> Path | None:
    try:
        return find(name)
    except InputError:
        return None


def _may_run(path: Path) -> bool:
    """Whether a definition's file may run because a store names it.

    A file that this user has run may have changed since: it is still this user's file.
    """
    if path.parent in [folder.resolve() for folder in shipped_folders("workflows")]:
        return True
    if is_remembered(_as_text(path)):
        return True
    try:
        return _is_known(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False


def _is_known(text: str) -> bool:
    """Whether a definition is one that this installation ships, or that this user has run."""
    return is_remembered(text) or any(_reads(path, text) for path in _shipped().values())


def _reads(path: Path, text: str) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8") == text
    return False


def _shipped() -> dict[str, Path]:
    """Return the definitions of this installation by name, whatever the current folder holds."""
    return known("workflows", ".py", shipped_folders("workflows"))


def _shipped_programs(header: Header) -> set[str]:
    """Return the programs of the shipped definition whose name a store bears."""
    path = _shipped().get(str(header.attributes.get("workflow")))
    if path is None:
        return set()
    try:
        workflow = load(path)
    except QtcoreError:
        return set()
    return {program_of(workflow.functions), program_of({"estimate": workflow.goal.estimate})}


def _file_of(workflow: Workflow | None) -> Path | None:
    """Return the file of a workflow's functions, if it lies in one."""
    made_by = None if workflow is None else workflow.wire or workflow.solve
    namespace: dict[str, Any] = getattr(made_by, "__globals__", {})
    file = namespace.get("__file__")
    return Path(file).resolve() if isinstance(file, str) and Path(file).is_file() else None


def _as_text(path: Path) -> str:
    """Return the text under which a file is remembered, whatever it holds later."""
    return f"file {path.resolve()}"
