"""What a program gives in other processes: each chooses the hashes of texts and addresses anew.

With them go the order of a set of texts, `hash`, `id`, and texts that show an address. Programs in
which none of these occurs are not tried in other processes, which would take some tenths of a
second of the processor each.
"""

import ast
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from qtcore.errors import kind_and_text
from qtcore.sweep.bindings import imported
from qtcore.sweep.point import Point
from qtcore.sweep.program import loaded_anew
from qtcore.sweep.quiet import QUIET_PACKAGES
from qtcore.sweep.syntax import parsed
from qtcore.sweep.trial import Raised, attempt, given, sampled
from qtcore.sweep.trusted import vouch

HASH_SEEDS = ("1", "2", "3")
"""PYTHONHASHSEED of the processes. With the process that starts them they are four: two texts in a
set have the same order in all with probability 1/8, three texts with 1/200."""

LONGEST = 1.0
"""Seconds after which such a process begins no further point."""

MOST_POINTS = 8
"""Points that it is given, at most."""

PATIENCE, LEAST_PATIENCE = 60.0, 5.0
"""Seconds that such a process has from its start, and at least after this one has computed the same and
more: where a rehearsal takes long, they have had as long."""

UNORDERED = frozenset(
    [
        "set",
        "frozenset",
        "hash",
        "id",
        "repr",
        "ascii",
        "str",
        "format",
        "globals",
        "eval",
        "exec",
        "compile",
        "getattr",
        "__import__",
        "__builtins__",
    ]
)
"""Names that give hashes, addresses, or an order that follows from them, or may be a way there."""

ADDRESSES = frozenset(
    ["__hash__", "__repr__", "__str__", "__array_interface__", "ctypes", "format", "keys"]
)
"""The same of attributes; the keys of two dicts make a set."""

ORDERED_PACKAGES = (QUIET_PACKAGES | {"numba", "random", "time"}) - {"pathlib", "logging"}
"""Packages whose functions need none of these to give their numbers."""

START = """
import gc, pickle, sys
gc.set_threshold(100_000, 20, 50)  # imports make objects that stay
sys.path[:] = pickle.load(sys.stdin.buffer)
from qtcore.sweep.elsewhere import answer
answer()
"""

Answer = tuple[str, Any]
"""What a program gave at a point: ("numbers", mapping), ("raised", words) or ("other", None)."""


def may_differ(program: str) -> bool:
    """Whether a program may use what differs from process to process; in doubt it may."""
    for node in ast.walk(parsed(program)):
        match node:
            case ast.Set() | ast.SetComp() | ast.JoinedStr():
                return True
            case ast.Name(id=name) if name in UNORDERED:
                return True
            case ast.Attribute(attr=name) if name in ADDRESSES:
                return True
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor() | ast.Sub()) if any(
                isinstance(side, ast.Call) and ast.unparse(side.func).endswith(".items")
                for side in (node.left, node.right)
            ):
                return True
            case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()):
                return True
            case ast.Import() | ast.ImportFrom():
                packages = {path.partition(".")[0] for _, path in imported(node)}
                if not packages <= ORDERED_PACKAGES:
                    return True
    return False


class Elsewhere:
    """Processes that try a program at some points; a context manager that leaves none behind.

    Parameters
    ----------
    program : str
        A program that this process may execute.
    points : sequence of Point
        Where; those at the end may be left out.
    """

    def __init__(self, program: str, points: list[Point]) -> None:
        self._question = pickle.dumps(sys.path) + pickle.dumps((program, points))
        self._started: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        with suppress(OSError):  # no room for another process, which the run will meet
            for seed in HASH_SEEDS:
                self._start(seed)
        return self

    def _start(self, seed: str) -> None:
        answers = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", START],
            stdin=subprocess.PIPE,
            stdout=answers,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        self._started.append((process, answers))
        with suppress(BrokenPipeError), process.stdin or answers as stdin:
            stdin.write(self._question)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process, answers in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
            answers.close()

    def answers(self) -> list[list[Answer]]:
        """Return what each process gave at the points that it has tried, when all have ended."""
        deadline = max(self._begun + PATIENCE, time.monotonic() + LEAST_PATIENCE)
        found = []
        for process, answers in self._started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            answers.seek(0)
            found.append([*_unpickled(answers)])
        return found


def _unpickled(file: IO[bytes]) -> Any:
    """Yield the answers in a file that a process of this session wrote, as far as they go."""
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            yield pickle.load(file)


def answer() -> None:
    """Try the program that comes through the standard input, and write what it gives."""
    program, points = pickle.load(sys.stdin.buffer)
    written = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what functions print is no answer
    vouch(program)  # the process that sent it executes it too
    for found in tried(program, points):
        pickle.dump(found, written)
        written.flush()


def tried(program: str, points: Iterable[Point]) -> Iterator[Answer]:
    """Yield what a program, loaded anew, gives at some points, until a second has passed."""
    loaded = attempt(loaded_anew, program)
    if isinstance(loaded, Raised):
        # A module that only the first process knows; workers that lack it say so.
        return
    start = time.perf_counter()
    for point in points:
        yield _answer(given(loaded, point), point)
        if time.perf_counter() - start > LONGEST:
            return


def _answer(found: Any, point: Point) -> Answer:
    is_wire = hasattr(getattr(found, "wire", found), "slices")  # or a bar that has one
    if not isinstance(found, Raised | Mapping) and is_wire:
        found = attempt(sampled, found, point)
    if isinstance(found, Raised):
        return "raised", kind_and_text(found.error)
    if not isinstance(found, Mapping):
        return "other", None
    arrays = {str(name): attempt(np.asarray, value) for name, value in _flat(found).items()}
    kept = {
        name: array
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.dtype.kind in "fiubc"
    }
    return "numbers", kept


def _flat(found: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a mapping in which the entries of mappings and tuples stand by themselves."""
    flat: dict[Any, Any] = {}
    for name, value in found.items():
        if isinstance(value, Mapping):
            flat |= _flat(value)
        elif isinstance(value, tuple):
            flat |= {f"{name} {number}": one for number, one in enumerate(value)}
        else:
            flat[name] = value
    return flat
