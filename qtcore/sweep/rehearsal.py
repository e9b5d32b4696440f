"""A rehearsal before a run: workers must compute what the author's own process computes.

The program is cut out of a text (decision 13). Here it is loaded as workers load it, and what it
makes is compared with what the author's functions make in their own namespace: first everything at
module level that it holds, then one point of each kind. Nothing large is computed.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from types import FunctionType
from typing import Any

import numpy as np

from qtcore.errors import InputError, listed
from qtcore.model.wire import Wire
from qtcore.sweep.alike import difference
from qtcore.sweep.elsewhere import MOST_POINTS, Answer, Elsewhere, may_differ, tried
from qtcore.sweep.former import is_former
from qtcore.sweep.memory import changed_by_functions, kept_from_call_to_call
from qtcore.sweep.program import ROLES, load_program, loaded_anew, namespaces
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.survey import probes, survey
from qtcore.sweep.trial import Raised, attempt, given, sampled, shortened

log = logging.getLogger(__name__)

LONGEST = 1.0
"""Seconds after which no further point is begun."""

LONGEST_WITH_MEMORY = 10.0
"""The same where functions keep something, which may matter at the next point only."""

ROUNDING = 1e-9
"""Of the largest number. Twice the same call may differ in the last digits, where a library adds up
in another order in memory that lies elsewhere; other functions or random numbers differ by more.
Below it a difference is only said."""

MOST_LOOKED_AT = 5000
"""So many points of a large sweep are looked at to find those that cost least."""


@dataclass(frozen=True)
class Author:
    """Functions as the author has them.

    Attributes
    ----------
    functions : mapping of str to function
        Those of `wire`, `solve`, `cost` that there are.
    repeatable : bool
        Whether `solve` gives the same numbers whenever it is called.
    """

    functions: Mapping[str, Callable[..., Any]]
    repeatable: bool = True


def rehearse(sweep: Sweep, author: Author | None) -> None:
    """Compare what the program of a sweep makes with what the author's functions make.

    Parameters
    ----------
    sweep : Sweep
        As the store will hold it.
    author : Author, optional
        Without one, where a run is repeated from its store alone, the program is called twice.

    Raises
    ------
    InputError
        Naming what differs, and where.
    """
    if author is not None and not is_former(sweep.program):  # it has other names
        _compare_states(sweep.program, author)
    is_repeatable = author is None or author.repeatable
    with ExitStack() as stack:
        others: Elsewhere | None = None
        if is_repeatable and may_differ(sweep.program):
            points = [*islice(_points(sweep), MOST_POINTS)]
            others = stack.enter_context(Elsewhere(sweep.program, points))
        _rehearse_here(sweep, author)
        if others is not None:
            _compare_processes(sweep, author, points, others.answers())


def _rehearse_here(sweep: Sweep, author: Author | None) -> None:
    """Compare what the author's functions and the program give in this process, point by point."""
    start = time.perf_counter()
    compare = _compare_wires if sweep.is_of_wires else _compare_numbers
    kept = kept_from_call_to_call(sweep.program)
    longest = LONGEST_WITH_MEMORY if kept else LONGEST
    for number, point in enumerate(_points(sweep)):
        if number and time.perf_counter() - start > longest:
            if kept and not sweep.is_of_wires:
                log.warning(
                    "functions keep %s from call to call. That numbers do not depend on which "
                    "points ran before was seen at the first %d points only, which took %.0f s",
                    listed(kept),
                    number,
                    longest,
                )
            return
        # Loaded anew, it has met no other point.
        anew = given(loaded_anew(sweep.program), point) if kept else None
        if kept and number:
            _refuse_memory(sweep, author, point, anew, kept)
        compare(sweep, author, point)
        if kept:
            _refuse_memory(sweep, author, point, anew, kept)
        if author is not None and "cost" in author.functions:
            _compare_costs(sweep, author, point)


def _points(sweep: Sweep) -> Iterator[Point]:
    """Yield one point of each kind, those first that cost least, then the others."""
    kinds = survey(sweep).kinds if sweep.is_of_wires else probes(sweep).tolist()
    computed = [int(n) for n in np.flatnonzero(sweep.counts)]

    cost = load_program(sweep.program).get("cost")

    def size(number: int) -> float:
        point = sweep.point(number)
        said = None if cost is None else attempt(cost, point)
        if isinstance(said, int | float):
            return float(said)
        return point.lengths[0] if point.lengths else 0.0

    first: dict[Any, int] = {}
    for number in computed:
        first.setdefault(kinds[number], number)
    looked_at = sorted({*first.values(), *computed[:: 1 + len(computed) // MOST_LOOKED_AT]})
    sizes = {number: size(number) for number in looked_at}
    for number in looked_at:
        if sizes[number] < sizes[first[kinds[number]]]:
            first[kinds[number]] = number
    of_each = sorted(first.values(), key=sizes.__getitem__)
    others = [number for number in looked_at if number not in first.values()]
    # Making further wires costs nothing; solving further points does.
    numbers = [*of_each, *others] if sweep.is_of_wires else of_each
    yield from (sweep.point(number) for number in numbers)


def _compare_states(program: str, author: Author) -> None:
    """Compare all that a program holds at module level with what the author's module holds."""
    compared = set()
    for number, made in enumerate(namespaces(program)):
        for role, function in author.functions.items():
            theirs = made.get(f"__qtcore_{role}__", made.get(role))
            mine = getattr(function, "__globals__", None)
            if not isinstance(theirs, FunctionType) or theirs is function or mine is None:
                continue
            if theirs.__globals__ is not made or id(mine) in compared:
                continue
            if theirs.__name__ != function.__name__:  # a helper of that name in another file
                continue
            compared.add(id(mine))
            _compare_modules(program, number, mine, made)


def _compare_modules(
    program: str, number: int, mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> None:
    changed = changed_by_functions(program)
    for name, value in theirs.items():
        if (name.startswith("__") and name.endswith("__")) or name in changed:
            continue
        if name not in mine:
            if name in ROLES:
                continue
            words = f"{name} is missing in this process and there on workers"
        else:
            words = difference(mine[name], value, name)
        if words and not (name in ROLES and mine.get(name) is not value and _is_alias(mine, name)):
            if difference(value, namespaces(program)[number].get(name), name):
                raise InputError(
                    f"{name} is something else each time that the definition is loaded, so that no "
                    "two workers would have the same: it comes from a generator without a seed or "
                    "from the clock; make it a constant of the preset, and random numbers in "
                    "functions, by `np.random.default_rng([point.seed, realization])`"
                )
            raise InputError(
                f"workers would not compute what this process computes: {words}. They execute the "
                "text of the definition; what was changed otherwise, by hand in a notebook or by a "
                "function that ran since, does not reach them. Change it in the text"
            )


def _is_alias(mine: Mapping[str, Any], name: str) -> bool:
    """Whether a role's name stands for something else in the author's module."""
    return getattr(mine[name], "__name__", name) != name or not callable(mine[name])


def _compare_wires(sweep: Sweep, author: Author | None, point: Point) -> None:
    made = attempt(load_program(sweep.program)["wire"], point)
    again = attempt(load_program(sweep.program)["wire"], point)
    for other in (again, again if author is None else attempt(author.functions["wire"], point)):
        words = _wire_difference(other, made, point)
        if words and other is again:
            raise InputError(
                f"wire() gives another wire when it is called again, at {point.label}: {words}. "
                "Let it depend on the point alone; disorder follows from seed and realization"
            )
        if words:
            raise InputError(_apart("wire", point, words))


def _wire_difference(mine: Any, other: Any, point: Point) -> str:
    if isinstance(mine, Raised) or isinstance(other, Raised):
        return _raised_difference("wire()", mine, other)
    if not isinstance(mine, Wire) or not isinstance(other, Wire):
        return ""  # refused when it is used
    words = difference(vars(mine), vars(other), "wire")
    if words or mine is other:
        return words
    numbers = [attempt(sampled, wire, point) for wire in (mine, other)]
    if isinstance(numbers[0], Raised) or isinstance(numbers[1], Raised):
        return _raised_difference("the wire", numbers[0], numbers[1])
    return difference(numbers[0], numbers[1], "wire")


def _refuse_memory(
    sweep: Sweep, author: Author | None, point: Point, anew: Any, kept: list[str]
) -> None:
    """Compare what a program gives that has met other points with what one gives that has not.

    What functions keep must depend on all that their numbers depend on. Otherwise a point would
    get what another one has left, and numbers would depend on which points a worker had before.
    """
    if author is not None and not author.repeatable:
        return
    used = given(load_program(sweep.program), point)
    if sweep.is_of_wires:
        words = _wire_difference(anew, used, point)
    else:
        words = _numbers_differ(anew, used)
    if words:
        name = "wire()" if sweep.is_of_wires else "solve()"
        _complain(
            author,
            f"{name} gives something else at {point.label} when other points or realizations came "
            f"before: {words}. Functions keep {listed(kept)} from call to call; look it up by "
            "everything that it depends on, or keep nothing",
        )


def _compare_numbers(sweep: Sweep, author: Author | None, point: Point) -> None:
    """Solve one realization, and in the program another one, together and alone."""
    program = load_program(sweep.program)["solve"]
    if author is not None and not author.repeatable:
        return
    short = shortened(point)
    count = min(2, point.realizations)
    together = attempt(program, short, range(count))
    if isinstance(together, Raised) and short is not point:  # it may need them all
        short, together = point, attempt(program, point, range(count))
    alone = attempt(program, short, range(count - 1, count))
    words = _numbers_differ(_rows(together, count - 1), _rows(alone, 0))
    if words:
        again = _numbers_differ(together, attempt(program, short, range(count)))
        is_in_blocks = count > 1 and not again
        _complain(author, _in_blocks(point, words) if is_in_blocks else _unseeded(point, words))
    if author is not None:
        mine = attempt(author.functions["solve"], short, range(1))
        words = _numbers_differ(_rows(mine, 0), _rows(together, 0))
        if words:
            raise InputError(_apart("solve", point, words))


def _compare_processes(
    sweep: Sweep, author: Author | None, points: list[Point], answers: list[list[Answer]]
) -> None:
    """Compare what a program gives in processes with different hashes of texts."""
    if not (answers and all(answers)):
        log.warning(
            "a process that should try the functions gave no answer, so that it was not seen "
            "whether their numbers depend on hashes of texts or addresses of objects, which each "
            "process chooses anew"
        )
        return
    for point, here, *there in zip(points, tried(sweep.program, points), *answers, strict=False):
        words = next(filter(None, (_answers_differ(here, other) for other in there)), "")
        if words:
            name = "wire()" if sweep.is_of_wires else "solve()"
            _complain(
                author,
                f"{name} gives other numbers in another process, at {point.label}: {words}. Each "
                "process chooses anew in which order a set of texts is, what hash() of a text is, "
                "and where an object lies, which id() and the text of an object show. Let numbers "
                "depend on none of these: `sorted(...)` puts a set in order",
            )


def _answers_differ(mine: Answer, other: Answer) -> str:
    if mine[0] == other[0] == "numbers":
        return _numbers_differ(mine[1], other[1])
    shown = [words if kind == "raised" else "numbers" for kind, words in (mine, other)]
    return "" if mine[0] == other[0] else f"it gives {shown[0]} and {shown[1]}"


def _complain(author: Author | None, message: str) -> None:
    """Refuse; where nobody is there to mend the functions, say it and go on."""
    if author is not None:
        raise InputError(message)
    log.warning("%s", message)


def _unseeded(point: Point, words: str) -> str:
    return (
        f"solve() gives other numbers when it is called again with the same realizations, at "
        f"{point.label}: {words}. It draws from a generator without a seed, or keeps something "
        "from call to call; make a generator for each realization, "
        "`np.random.default_rng([point.seed, realization])`. Where it has to be so, as for times "
        "that are measured, say `repeatable=False` in qt.Workflow"
    )


def _in_blocks(point: Point, words: str) -> str:
    return (
        f"solve() gives a realization other numbers alone than together with the one before it, at "
        f"{point.label}: {words}. Workers compute realizations in blocks of any size; make a "
        "generator for each, `np.random.default_rng([point.seed, realization])`, for the "
        "numbers in `realizations`"
    )


def _apart(name: str, point: Point, words: str) -> str:
    return (
        f"workers would not compute what this process computes: {name}() at {point.label}: {words}. "
        "They execute the text of the definition alone; let it depend on nothing else"
    )


def _compare_costs(sweep: Sweep, author: Author, point: Point) -> None:
    mine = attempt(author.functions["cost"], point)
    theirs = attempt(load_program(sweep.program)["cost"], point)
    words = _raised_difference("cost()", mine, theirs) or difference(mine, theirs, "it")
    if words:
        raise InputError(_apart("cost", point, words))


def _raised_difference(what: str, mine: Any, other: Any) -> str:
    kinds = [
        f"{type(found.error).__name__}: {found.error}" if isinstance(found, Raised) else ""
        for found in (mine, other)
    ]
    if bool(kinds[0]) == bool(kinds[1]):
        return ""
    here, there = (f"raises {kind}" if kind else "works" for kind in kinds)
    return f"{what} {here} in this process and {there} on workers"


def _rows(found: Any, row: int) -> Any:
    """Return one realization of what a function gave, or what it gave if that is no such thing."""
    if not isinstance(found, Mapping):
        return found
    arrays = {name: np.asarray(value) for name, value in found.items()}
    if not all(array.ndim and row < len(array) for array in arrays.values()):
        return found
    return {name: array[row] for name, array in arrays.items()}


def _numbers_differ(mine: Any, other: Any) -> str:
    if isinstance(mine, Raised) or isinstance(other, Raised):
        return _raised_difference("it", mine, other)
    if not isinstance(mine, Mapping) or not isinstance(other, Mapping):
        return ""  # refused block by block
    if [*mine] != [*other]:
        return f"it returns {', '.join(map(str, mine))} and {', '.join(map(str, other))}"
    for name in mine:
        a, b = np.asarray(mine[name]), np.asarray(other[name])
        if a.dtype.kind not in "fiubc" or b.dtype.kind not in "fiubc":
            continue
        if a.shape != b.shape:
            return f"{name} has the shape {a.shape} and {b.shape}"
        finite = np.abs(a[np.isfinite(a)])
        largest = float(finite.max()) if finite.size else 0.0
        same = np.isclose(a, b, rtol=0, atol=ROUNDING * largest, equal_nan=True)
        if not same.all():
            return f"{name} is {a[~same].flat[0]:g} and {b[~same].flat[0]:g}"
        if not np.array_equal(a, b, equal_nan=True):
            log.warning(
                "solve() does not give the same bits when it is called again: %s differs by up to "
                "%.1g; a block that is computed twice may differ as much",
                name,
                np.nanmax(np.abs(a - b)),
            )
    return ""
