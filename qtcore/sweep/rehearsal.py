"""A rehearsal before a run: workers must compute what the author's own process computes.

The program is cut out of a text (decision 13). Here it is loaded as workers load it, and what it
makes is compared with what the author's functions make in their own namespace: first everything at
module level that it holds, then one point of each kind. Nothing large is computed.
"""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import islice
from types import FunctionType
from typing import Any

from qtcore.errors import InputError, listed
from qtcore.model.terminals import Bar
from qtcore.model.wire import Wire
from qtcore.sweep.alike import difference
from qtcore.sweep.attempts import (
    Author,
    apart,
    called_otherwise,
    complain,
    numbers_differ,
    raised_difference,
)
from qtcore.sweep.clocks import clock_that_may_matter
from qtcore.sweep.elsewhere import MOST_POINTS, Answer, Elsewhere, may_differ, tried
from qtcore.sweep.left_out import bound_otherwise, may_be_used, place_of_name
from qtcore.sweep.memory import AS_LOADED, changed_by_functions, kept_from_call_to_call
from qtcore.sweep.own_rehearsal import Trial
from qtcore.sweep.plan import block_length
from qtcore.sweep.program import ROLES, files_of, load_program, loaded_anew, namespaces
from qtcore.sweep.reads import CLOCK, TO_DO
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.stand_in import StandIn, TooLongError
from qtcore.sweep.trial import Raised, attempt, given, sampled
from qtcore.sweep.tried_points import along_axes, cheapest_first
from qtcore.sweep.untouched import untouched

log = logging.getLogger(__name__)

LONGEST = 1.0
"""Seconds after which no further point is begun."""

LONGEST_WITH_MEMORY = 10.0
"""The same where functions keep something, which may matter at the next point only."""


def rehearse(sweep: Sweep, author: Author | None, block: int | None = None) -> None:
    """Compare what the program of a sweep makes with what the author's functions make.

    Parameters
    ----------
    sweep : Sweep
        As the store will hold it.
    author : Author, optional
        Without one, where a run is repeated from its store alone, the program is called twice.
    block : int, optional
        Realizations that share a chunk, if the store is there already.

    Raises
    ------
    InputError
        Naming what differs, and where.
    """
    if author is not None:
        _compare_states(sweep.program, author)
    is_repeatable = author is None or author.repeatable
    if is_repeatable:
        _refuse_clocks(sweep.program, author)
    with ExitStack() as stack:
        worker = stack.enter_context(StandIn())
        others: Elsewhere | None = None
        if is_repeatable and may_differ(sweep.program):
            points = [*islice(cheapest_first(sweep, worker), MOST_POINTS)]
            others = stack.enter_context(Elsewhere(sweep.program, points))
        with untouched("a function of the definition"):
            tried = _rehearse_here(sweep, author, worker, block)
        if others is not None and tried:
            _compare_processes(sweep, author, points[:tried], others.answers())


def _rehearse_here(sweep: Sweep, author: Author | None, worker: StandIn, block: int | None) -> int:
    """Compare what the author's functions and the program give in this process, point by point.

    Returns
    -------
    int
        How many points were tried; points of a user's own function may take too long for that.
    """
    start = time.perf_counter()
    trial = None
    if not sweep.is_of_wires:
        trial = Trial(sweep, author, worker, block or block_length(sweep))
    kept = kept_from_call_to_call(sweep.program)
    longest = LONGEST_WITH_MEMORY if kept else LONGEST
    points, tried = [*cheapest_first(sweep, worker)], 0
    for point in points:
        if tried and time.perf_counter() - start > longest:
            if kept and not sweep.is_of_wires:
                log.warning(
                    "functions keep %s from call to call. That numbers do not depend on which "
                    "points ran before was seen at the first %d points only, which took %.0f s",
                    listed(kept),
                    tried,
                    longest,
                )
            break
        try:
            _compare_point(sweep, author, point, worker, trial, kept, is_first=not tried)
        except TooLongError:
            if trial is not None:
                trial.leave(point)
            break
        tried += 1
    if trial is not None:
        if tried == len(points) and not kept:
            trial.look(along_axes(sweep, points))
        trial.conclude()
    return tried


def _compare_point(
    sweep: Sweep,
    author: Author | None,
    point: Point,
    worker: StandIn,
    trial: Trial | None,
    kept: list[str],
    *,
    is_first: bool,
) -> None:
    """Compare what both give at one point; raises TooLongError where a function takes too long."""
    # Loaded anew, it has met no other point.
    anew = None
    if kept:
        limit = None if trial is None else trial.left
        anew = worker.call(_wire_or_numbers, loaded_anew, sweep, point, limit=limit)
        if not is_first:
            _refuse_memory(sweep, author, point, anew, kept, worker, limit)
    if trial is None:
        _compare_wires(sweep, author, point, worker)
    else:
        trial.compare(point)
    if kept:
        limit = None if trial is None else trial.left
        _refuse_memory(sweep, author, point, anew, kept, worker, limit)
    if author is not None and "cost" in author.functions:
        _compare_costs(sweep, author, point, worker)


def _refuse_clocks(program: str, author: Author | None) -> None:
    """Refuse functions whose numbers may depend on when they are called."""
    found = next(filter(None, map(clock_that_may_matter, files_of(program))), None)
    if found is not None:
        complain(
            author,
            f"{found[0]} reads {CLOCK} ({found[1]}), and that may reach the numbers, which would then "
            f"depend on when workers compute them: {TO_DO[CLOCK]}. A time that is only printed or "
            "logged may stay. Where times are what is computed, say `repeatable=False` in qt.Workflow",
        )


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
    loaded: Mapping[str, Any] = mine.get(AS_LOADED, {})
    text = files_of(program)[number]
    otherwise = bound_otherwise(mine, text)
    for name, value in theirs.items():
        if (name.startswith("__") and name.endswith("__")) or name in otherwise:
            continue
        if name in changed:
            if name in loaded and difference(loaded[name], value, name):
                _refuse_if_never_the_same(program, number, mine, name, value)
            _compare_as_loaded(program, loaded, name, value)
            continue
        if name not in mine:
            if name in ROLES:
                continue
            words = f"{name} is missing in this process and there on workers"
        else:
            words = difference(mine[name], value, name)
        if words and not (name in ROLES and mine.get(name) is not value and _is_alias(mine, name)):
            if not may_be_used(text, name) and _is_never_the_same(program, number, name, value):
                continue
            _refuse_if_never_the_same(program, number, mine, name, value)
            raise InputError(
                f"workers would not compute what this process computes: {words}. They execute the "
                f"text of the definition{called_otherwise(program)}; what was changed otherwise, by hand in a notebook or by a "
                "function that ran since, does not reach them. Change it in the text"
            )


def _compare_as_loaded(program: str, loaded: Mapping[str, Any], name: str, theirs: Any) -> None:
    """Compare what functions write into with what it was before any of them was called."""
    words = difference(loaded[name], theirs, name) if name in loaded else ""
    if words:
        raise InputError(
            f"workers would not compute what this process computes: straight after loading, {words}. "
            f"They execute those statements of the definition that make the numbers{called_otherwise(program)}, "
            f"and what changes {name} here is not seen to be one of them: write its value into the text, or "
            f"change {name} by a statement in which its name stands"
        )


def _is_never_the_same(program: str, number: int, name: str, value: Any) -> bool:
    """Whether something else is made each time that a program is loaded."""
    return bool(difference(value, namespaces(program)[number].get(name), name))


def _refuse_if_never_the_same(
    program: str, number: int, mine: Mapping[str, Any], name: str, value: Any
) -> None:
    """Refuse what functions may use and is something else each time that a program is loaded."""
    if _is_never_the_same(program, number, name, value):
        raise InputError(
            f"{name} ({type(value).__qualname__}, {place_of_name(mine, name)}) is something else each time "
            "that the definition is loaded, so that no two workers would have the same: numbers come "
            "from a generator without a seed or from the clock, and threads, locks and connections "
            "are of one process. Make numbers a constant of the preset, random ones in functions, by "
            "`np.random.default_rng([point.seed, realization])`, and anything else inside the function "
            "that needs it"
        )


def _is_alias(mine: Mapping[str, Any], name: str) -> bool:
    """Whether a role's name stands for something else in the author's module."""
    return getattr(mine[name], "__name__", name) != name or not callable(mine[name])


def _compare_wires(sweep: Sweep, author: Author | None, point: Point, worker: StandIn) -> None:
    made = worker.call(_wire_or_numbers, load_program, sweep, point)
    again = worker.call(_wire_or_numbers, load_program, sweep, point)
    words = _wire_difference(again, made)
    if words:
        raise InputError(
            f"wire() gives another wire when it is called again, at {point.label}: {words}. "
            "Let it depend on the point alone; disorder follows from seed and realization"
        )
    if author is not None:
        words = _wire_difference(_sampled(attempt(author.functions["wire"], point), point), made)
        if words:
            raise InputError(apart("wire", point, words, sweep.program))


def _wire_or_numbers(load: Callable[[str], Mapping[str, Any]], sweep: Sweep, point: Point) -> Any:
    """Load the program of a sweep; return numbers of one realization, or a wire with some of its own."""
    found = given(load(sweep.program), point)
    return _sampled(found, point) if sweep.is_of_wires else found


def _sampled(made: Any, point: Point) -> tuple[Any, Any]:
    """Return a wire or a bar, or whatever a function made instead, with numbers that it consists of."""
    return made, attempt(sampled, made, point) if isinstance(made, Wire | Bar) else None


def _wire_difference(mine: tuple[Any, Any], other: tuple[Any, Any]) -> str:
    if isinstance(mine[0], Raised) or isinstance(other[0], Raised):
        return raised_difference("wire()", mine[0], other[0])
    if not isinstance(mine[0], Wire | Bar) or not isinstance(other[0], Wire | Bar):
        return ""  # refused when it is used
    words = difference(mine[0], other[0], "wire")
    if words:
        return words
    if isinstance(mine[1], Raised) or isinstance(other[1], Raised):
        return raised_difference("the wire", mine[1], other[1])
    return difference(mine[1], other[1], "wire")


def _refuse_memory(
    sweep: Sweep,
    author: Author | None,
    point: Point,
    anew: Any,
    kept: list[str],
    worker: StandIn,
    limit: float | None,
) -> None:
    """Compare what a program gives that has met other points with what one gives that has not.

    What functions keep must depend on all that their numbers depend on. Otherwise a point would
    get what another one has left, and numbers would depend on which points a worker had before.
    """
    if author is not None and not author.repeatable:
        return
    used = worker.call(_wire_or_numbers, load_program, sweep, point, limit=limit)
    words = _wire_difference(anew, used) if sweep.is_of_wires else numbers_differ(anew, used)
    if words:
        name = "wire()" if sweep.is_of_wires else "solve()"
        complain(
            author,
            f"{name} gives something else at {point.label} when other points or realizations came "
            f"before: {words}. Functions keep {listed(kept)} from call to call; look it up by "
            "everything that it depends on, or keep nothing",
        )


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
            complain(
                author,
                f"{name} gives other numbers in another process, at {point.label}: {words}. Each "
                "process chooses anew in which order a set of texts is, what hash() of a text is, "
                "and where an object lies, which id() and the text of an object show. Let numbers "
                "depend on none of these: `sorted(...)` puts a set in order",
            )


def _answers_differ(mine: Answer, other: Answer) -> str:
    if mine[0] == other[0] == "numbers":
        return numbers_differ(mine[1], other[1])
    shown = [words if kind == "raised" else "numbers" for kind, words in (mine, other)]
    return "" if mine[0] == other[0] else f"it gives {shown[0]} and {shown[1]}"


def _compare_costs(sweep: Sweep, author: Author, point: Point, worker: StandIn) -> None:
    mine = attempt(author.functions["cost"], point)
    theirs = worker.call(attempt, worker.call(load_program, sweep.program)["cost"], point)
    words = raised_difference("cost()", mine, theirs) or difference(mine, theirs, "it")
    if words:
        raise InputError(apart("cost", point, words, sweep.program))
