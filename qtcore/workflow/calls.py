"""Calls of what the author of a definition wrote; what goes wrong in them is told as the author's."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from qtcore.errors import DamagedStoreError, QtcoreError, UnforeseenError, is_fault, place_in
from qtcore.sweep.program import own_traceback

Result = TypeVar("Result")


class DefinitionError(QtcoreError):
    """A workflow definition raised before anything was computed; carries its own traceback."""


class ConclusionError(DefinitionError, UnforeseenError):
    """The analysis, figure or checks of a definition raised; what was computed is in the store."""


class Definition(Protocol):
    """What a message says of a definition."""

    @property
    def name(self) -> str:
        """Name of the workflow."""

    @property
    def file(self) -> str:
        """Where its functions stand, as tracebacks name it."""


def called(
    workflow: Definition,
    role: str,
    function: Callable[..., Result],
    *arguments: Any,
    error: type[DefinitionError] = DefinitionError,
    where: str = "",
) -> Result:
    """Return what a function of a definition returns; what it raises becomes a DefinitionError.

    Parameters
    ----------
    workflow : Workflow
        The definition, by its name and file.
    role : str
        What the function is in it, for messages.
    function : callable
        Called with the arguments.
    error : type
        DefinitionError, or ConclusionError for what is asked of samples that are stored.
    where : str
        On what it was called, such as "a store of trial", for messages.

    Raises
    ------
    QtcoreError
        As it is, if the function raises one before anything is computed.
    DamagedStoreError
        As it is, also if the function made another error of it.
    DefinitionError
        For everything else but Ctrl-C, `sys.exit` included, with its own traceback.
    """
    try:
        return function(*arguments)
    except QtcoreError as problem:
        damage = _damage_behind(problem)
        if damage is not None:  # no fault of the definition
            raise damage from None
        if isinstance(problem, UnforeseenError) or not issubclass(error, UnforeseenError):
            raise
        # A refusal that comes after the samples were computed: it is not bad input any more.
        if place := getattr(problem, "place", "") or place_in(problem, workflow.file):
            said = getattr(problem, "message", str(problem))
            raise error(f"{place}, in {role} of {workflow.name}: {said}") from None
        refused = where or "what is stored"
        raise error(f"{role} of {workflow.name} refuses {refused}: {problem}") from None
    except BaseException as problem:
        # Too little memory before anything is computed is told as such: too much was asked.
        is_too_large = isinstance(problem, MemoryError) and not issubclass(error, UnforeseenError)
        if is_too_large or not is_fault(problem):
            raise
        damage = _damage_behind(problem)
        if damage is not None:
            raise damage from problem
        trace = own_traceback(problem, workflow.file)
        failed = f"fails on {where}" if where else "fails"
        raise error(f"{role} of {workflow.name} {failed}:\n\n{trace}") from problem


def _damage_behind(problem: BaseException) -> DamagedStoreError | None:
    """Return the damage that a function met before it raised something else, if it did."""
    seen: set[int] = set()
    before: BaseException | None = problem
    while before is not None and id(before) not in seen:
        if isinstance(before, DamagedStoreError):
            return before
        seen.add(id(before))
        before = before.__cause__ or before.__context__
    return None
