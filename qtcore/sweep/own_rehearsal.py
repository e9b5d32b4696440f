"""A user's own `solve`, tried before a run: what it raises and returns, and how its numbers differ."""

import logging
import math
import time
from collections.abc import Iterable, Mapping
from inspect import unwrap
from typing import Any

import numpy as np

from qtcore.errors import InputError, NoRoomError, QtcoreError, counted, kind_and_text
from qtcore.sweep.attempts import Author, apart, complain, numbers_differ, rows_of
from qtcore.sweep.lines import in_own_lines
from qtcore.sweep.observables import LENGTH
from qtcore.sweep.program import file_of, load_program, own_traceback
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.stand_in import StandIn, TooLongError
from qtcore.sweep.trial import Raised, attempt, attempt_numbers, shortened
from qtcore.sweep.user_outputs import checked_arrays

log = logging.getLogger(__name__)

OF_THIS_MACHINE = (OSError, MemoryError, ImportError, RuntimeError)
"""What a function may raise here and not on workers: they have a file, memory, a package or a device
that this machine lacks."""

OF_THE_TEXT = (
    NameError,
    AttributeError,
    TypeError,
    NotImplementedError,
    RecursionError,
    QtcoreError,
)
"""What a function that raises it at one point most likely raises at all of them."""

MORE, QUICK = 8, 0.1
"""So many realizations are compared where the first two are equal and took less than so many seconds:
numbers that take few values are often equal."""


AS_A_BLOCK = 2.0
"""Seconds that a whole block, and its halves, may take; three realizations are tried even if they take
`AT_MOST`."""

AT_MOST = 6.0

PATIENCE = 30.0
"""Seconds that all calls of a rehearsal may take together; one that takes longer is left."""

LOOK = 0.5
"""Seconds in which further points are only asked for one realization, to find those that are refused."""

MOST_BYTES = 2.0**46
"""An array of more bytes, 64 TiB, fits into no machine."""


class Trial:
    """Calls of `solve` at some points of a sweep, and what they say together.

    Parameters
    ----------
    sweep : Sweep
        Its program has a `solve`.
    author : Author, optional
        The functions as the author has them.
    worker : StandIn
        Calls the program.
    block : int
        Realizations that a task computes together.
    """

    def __init__(self, sweep: Sweep, author: Author | None, worker: StandIn, block: int) -> None:
        self._sweep = sweep
        self._block = block
        self._author = author
        self._worker = worker
        self._program = worker.call(load_program, sweep.program)["solve"]
        self._failed: list[tuple[Point, BaseException]] = []
        self._worked = 0
        self._of_one = math.inf  # seconds
        self._equal: list[Point] = []
        self._whole = True
        self._differing = 0
        self._late: Point | None = None
        self._cost = worker.call(load_program, sweep.program).get("cost")
        self._rate = math.nan  # seconds of a realization per unit of the stated cost
        self._deadline = time.perf_counter() + PATIENCE

    def compare(self, point: Point) -> None:
        """Solve one realization, and in the program another one, together and alone.

        Raises
        ------
        InputError
            If numbers differ that must be equal.
        TooLongError
            If there is no time for it.
        """
        if 4 * self._expected(point) > self.left:
            raise TooLongError
        self._compare(point)

    def leave(self, point: Point) -> None:
        """Note the point, and that those that cost more are not tried either, for want of time."""
        self._late = point

    @property
    def left(self) -> float:
        """Seconds that calls may still take, one at least."""
        return max(self._deadline - time.perf_counter(), 1.0)

    def _expected(self, point: Point) -> float:
        """Return the seconds that a realization takes by the stated cost; NaN if nothing is known."""
        if self._cost is None or math.isnan(self._rate):
            return math.nan
        stated = self._worker.call(attempt, self._cost, point)
        return self._rate * stated if isinstance(stated, int | float) else math.nan

    def look(self, points: Iterable[Point]) -> None:
        """Ask further points for one realization each, as many as a moment allows: some may be refused."""
        if not self._worked:
            return
        deadline = time.perf_counter() + LOOK
        for point in points:
            left = deadline - time.perf_counter()
            if left <= 0:
                return
            if self._expected(point) > left:
                continue
            try:
                found = self._worker.call(
                    attempt_numbers, self._program, shortened(point), range(1), limit=left
                )
            except TooLongError:
                return
            if isinstance(found, Raised) and _is_refused(found.error):
                self._failed.append((point, found.error))

    def _compare(self, point: Point) -> None:
        author = self._author
        short = shortened(point)
        count = min(2, point.realizations)
        begun = time.perf_counter()
        together = self._checked(short, range(count))
        if isinstance(together, Raised) and short is not point:  # it may need them all
            short, together = point, self._checked(point, range(count))
        seconds = time.perf_counter() - begun
        if isinstance(together, Raised) and isinstance(together.error, QtcoreError):
            self._failed.append((point, together.error))
            return
        is_repeatable = author is None or author.repeatable
        if is_repeatable:
            self._compare_calls(short, together, count)
        if isinstance(together, Raised):
            self._failed.append((point, self._error_of_author(short, together, count)))
            return
        if is_repeatable and not self._worked:  # the point that costs least
            self._compare_blocks(short)
        self._worked += 1
        if count > 1:
            self._look_for_randomness(short, together, seconds)

    def _compare_calls(self, point: Point, together: Any, count: int) -> None:
        """Refuse numbers that depend on the call, on its block, or on the process."""
        begun = time.perf_counter()
        alone = self._given(point, range(count - 1, count))
        self._of_one = max(time.perf_counter() - begun, 1e-9)
        stated = None if self._cost is None else self._worker.call(attempt, self._cost, point)
        if isinstance(stated, int | float) and stated > 0:
            self._rate = self._of_one / stated
        words = numbers_differ(rows_of(together, count - 1), rows_of(alone, 0))
        if words:
            again = numbers_differ(together, self._given(point, range(count)))
            in_blocks = count > 1 and not again
            words = _in_blocks(point, words) if in_blocks else _unseeded(point, words)
            complain(self._author, words)
        if self._author is not None:
            mine = attempt_numbers(self._author.functions["solve"], point, range(1))
            words = numbers_differ(rows_of(mine, 0), rows_of(together, 0))
            if words:
                complain(self._author, apart("solve", point, words, self._sweep.program))

    def _compare_blocks(self, point: Point) -> None:
        """Refuse numbers that depend on how many realizations a call is for, as far as time allows."""
        # All calls below are for about twice as many realizations, and two more.
        rows = int(AS_A_BLOCK / (2 * self._of_one)) - 1
        if rows < 3 and 7 * self._of_one <= AT_MOST:
            rows = 3
        rows = min(rows, self._block, point.realizations)
        if rows < 3:
            return
        half = rows // 2
        parts = [range(2), range(half), range(half, rows)]
        if half == 1:  # the first is in the two
            del parts[1]
        whole, *others = [self._checked(point, part) for part in (range(rows), *parts)]
        if any(isinstance(found, Raised) for found in (whole, *others)):
            return  # met again, and recorded, in its block
        for part, found in zip(parts, others, strict=True):
            for row, realization in enumerate(part):
                words = numbers_differ(rows_of(found, row), rows_of(whole, realization))
                if words:
                    complain(self._author, _in_long_blocks(point, part, row, rows, words))
                    return

    def _given(self, point: Point, realizations: range) -> Any:
        """Return what the program gives for some realizations."""
        return self._worker.call(
            attempt_numbers, self._program, point, realizations, limit=self.left
        )

    def _checked(self, point: Point, realizations: range) -> Any:
        """Return what the program gives for some realizations, or what is wrong with it."""
        found = self._given(point, realizations)
        if isinstance(found, Raised):
            return found
        sizes = {axis.name: len(axis.values) for axis in self._sweep.dimensions}
        sizes |= {"realization": len(realizations), LENGTH: len(point.lengths)}
        checked = attempt(checked_arrays, found, self._sweep.variables, sizes, point)
        return checked if isinstance(checked, Raised) else found

    def _error_of_author(self, point: Point, found: Raised, count: int) -> BaseException:
        """Return the error with the author's own lines."""
        if self._author is None:
            return found.error
        mine = attempt(self._author.functions["solve"], point, range(count))
        return mine.error if isinstance(mine, Raised) else found.error

    def _look_for_randomness(self, point: Point, found: Any, seconds: float) -> None:
        """Note whether the first realizations of a point are equal in every number."""
        if not _are_equal(found):
            self._differing += 1
            return
        if seconds < QUICK and point.realizations > 2:
            found = self._checked(point, range(min(MORE, point.realizations)))
            if isinstance(found, Raised) or not _are_equal(found):
                self._differing += 1
                return
        self._equal.append(point)
        self._whole = self._whole and _are_whole(found)

    def conclude(self) -> None:
        """Refuse what all points that were tried have in common, and say what only some have.

        Raises
        ------
        InputError
            If `solve` fails everywhere in the same way, or gives the same numbers for every
            realization everywhere.
        """
        if self._late is not None:
            self._say_what_was_not_tried(self._late)
        if self._failed:
            self._judge_failures()
        if self._equal and (self._author is None or self._author.distinct):
            self._judge_equals()

    def _say_what_was_not_tried(self, late: Point) -> None:
        tried = self._worked + len(self._failed)
        log.warning(
            "solve() was %s before the run: at %s it takes longer than the %.0f s of a rehearsal. What "
            "it gives there is checked block by block as it is computed",
            f"tried at {counted(tried, 'points')} only" if tried else "not tried",
            late.label or "the only point",
            PATIENCE,
        )

    def _judge_failures(self) -> None:
        self._refuse_what_no_machine_holds()
        point, error = self._failed[0]
        tried = len(self._failed) + self._worked
        alike = not self._worked and all(type(e) is type(error) for _, e in self._failed)
        known = tried > 1 or self._sweep.points == 1 or isinstance(error, OF_THE_TEXT)
        of_machine = isinstance(error, OF_THIS_MACHINE) and not isinstance(error, OF_THE_TEXT)
        refused = [(p, e) for p, e in self._failed if _is_refused(e)]
        if not alike and refused:
            point, error = refused[0]
            complain(
                self._author,
                f"solve() refuses {counted(len(refused), 'points')} of those tried before the run, first "
                f"{point.label}: {error}. It would refuse them in the run as well, and the sweep could "
                "never be complete: leave such values out",
            )
            return
        if not (alike and known) or of_machine:
            log.warning(
                "solve() fails at %d of %s tried before the run, first at %s: %s",
                len(self._failed),
                counted(tried, "points"),
                point.label,
                in_own_lines(kind_and_text(error)),
            )
            return
        the_tried = "the one point that was tried"
        if tried > 1:
            the_tried = f"the points that were tried ({tried})"
        where = f"solve() fails at {the_tried}, first at {point.label}"
        complain(self._author, f"{where}:\n\n{self._told(error)}")

    def _refuse_what_no_machine_holds(self) -> None:
        for point, error in self._failed:
            if _is_beyond_all_machines(error):
                complain(
                    self._author,
                    f"solve() needs more memory at {point.label or 'the only point'} than any machine has "
                    f"({kind_and_text(error)}): ask for less, such as smaller sizes",
                )
                return

    def _told(self, error: BaseException) -> str:
        """Return an error with the place in the author's file."""
        function = self._program if self._author is None else self._author.functions["solve"]
        code = getattr(unwrap(function), "__code__", None)
        file = file_of(function)
        if isinstance(error, QtcoreError) and code is not None:
            place = f'File "{file}", line {code.co_firstlineno}, in {code.co_name}'
            return f"  {in_own_lines(place)}\n{error}"
        return own_traceback(error, file)

    def _judge_equals(self) -> None:
        equal, tried = len(self._equal), len(self._equal) + self._differing
        point = self._equal[-1]  # the first, which costs least, may well be a clean one
        if self._differing or self._whole or (tried == 1 and self._sweep.points > 1):
            log.warning(
                "the first realizations are equal in every number at %d of %s tried before the run, "
                "such as %s: without randomness one realization says as much%s",
                equal,
                counted(tried, "points"),
                point.label,
                ""
                if self._differing
                else "; if that is meant, say `distinct=False` in qt.Workflow",
            )
            return
        complain(
            self._author,
            f"solve() gives the same numbers for every realization, such as at {point.label}, so "
            "that errors from them would be 0. Its generator does not depend on the realization; "
            "make one for each, `np.random.default_rng([point.seed, realization])`. If nothing is "
            "random, one realization says as much (`realizations=1`); if realizations may well be "
            "equal, say `distinct=False` in qt.Workflow",
        )


def _is_refused(error: BaseException) -> bool:
    """Whether qtcore refuses what was asked for, wherever and whenever that is."""
    return isinstance(error, InputError) and not isinstance(error, NoRoomError)


def _is_beyond_all_machines(error: BaseException) -> bool:
    """Whether NumPy was asked for an array that no machine can hold."""
    shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)
    if isinstance(error, MemoryError) and isinstance(shape, tuple) and isinstance(dtype, np.dtype):
        return math.prod(map(float, shape)) * dtype.itemsize > MOST_BYTES
    text = str(error) if type(error) is ValueError else ""
    return text.startswith(("array is too big", "Maximum allowed dimension exceeded"))


def _are_equal(found: Mapping[str, Any]) -> bool:
    """Whether all realizations are equal bit by bit."""
    arrays = [np.asarray(value) for value in found.values()]
    return all(bool(((a == a[:1]) | ((a != a) & (a[:1] != a[:1]))).all()) for a in arrays)


def _are_whole(found: Mapping[str, Any]) -> bool:
    """Whether all numbers are whole or missing: of a few values, realizations may share one."""
    arrays = [np.asarray(value) for value in found.values()]
    return all(bool(((a == np.round(a)) | (a != a)).all()) for a in arrays)


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


def _in_long_blocks(point: Point, part: range, row: int, rows: int, words: str) -> str:
    return (
        f"solve() gives realization {part[row]} other numbers in a block of {len(part)} than in one of "
        f"{rows}, at {point.label}: {words}. Workers compute realizations in blocks of any size; let "
        "the numbers of one depend neither on the others nor on how many they are"
    )
