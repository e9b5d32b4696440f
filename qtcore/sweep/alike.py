"""Whether two objects are alike, in words: of the author's own process, and of the program's."""

import types
from collections import deque
from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import Any

import numpy as np

from qtcore.errors import brief
from qtcore.sweep.pictures import DEEPEST, Picture, Unseen, kind_of, own_attributes, parts_of


def difference(mine: Any, other: Any, name: str) -> str:
    """Return the first difference between two objects, in words; nothing if there is none.

    Functions and classes are alike if they have the same names, defaults, attributes and what they
    enclose; their text is compared elsewhere. What cannot be looked into counts as alike.

    Parameters
    ----------
    mine, other : object
        The author's, or a picture of it (`qtcore.sweep.pictures`), and the program's.
    name : str
        What to call it.
    """
    return _Comparison().difference(mine, other, name)


class _Comparison:
    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()
        self._kept: list[Any] = []  # alive, so that no two have the same address
        self._depth = 0

    def difference(self, a: Any, b: Any, name: str) -> str:
        if a is b or (id(a), id(b)) in self._seen or self._depth > DEEPEST:
            return ""
        self._seen.add((id(a), id(b)))
        self._kept += [a, b]
        self._depth += 1
        try:
            return self._difference(a, b, name)
        finally:
            self._depth -= 1

    def _difference(self, a: Any, b: Any, name: str) -> str:
        if isinstance(a, Unseen):
            return ""
        if isinstance(a, Picture):
            if a.kind != kind_of(b):
                return _line(name, a.kind, kind_of(b))
            return self._mappings(a.parts, parts_of(b), name)
        if _name_of(type(a)) != _name_of(type(b)):
            return _line(name, a, b)
        if a is None or isinstance(a, bool | int | float | complex | str | bytes):
            return "" if _equal(a, b) else _line(name, a, b)
        if isinstance(a, np.ndarray | np.generic):
            return self._arrays(np.asarray(a), np.asarray(b), name)
        if isinstance(a, Mapping):
            return self._mappings(a, b, name)
        if isinstance(a, list | tuple | deque):
            return self._sequences(list(a), list(b), name)
        if isinstance(a, set | frozenset):
            return self._sequences(sorted(a, key=repr), sorted(b, key=repr), name)
        if isinstance(a, Enum):
            return "" if a.name == b.name else _line(name, a, b)
        if isinstance(a, type):
            return self._classes(a, b, name)
        if isinstance(a, types.ModuleType):
            return "" if a.__name__ == b.__name__ else _line(name, a.__name__, b.__name__)
        if isinstance(a, types.FunctionType):
            return self._functions(a, b, name)
        return self._objects(a, b, name)

    def _arrays(self, a: Any, b: Any, name: str) -> str:
        if a.dtype.kind == "O" or a.dtype.fields is not None:
            return self.difference(a.tolist(), b.tolist(), name)
        if a.dtype != b.dtype or a.shape != b.shape:
            return _line(name, f"{a.dtype} {a.shape}", f"{b.dtype} {b.shape}")
        same = (a == b) | ((a != a) & (b != b))  # NaN is NaN
        if np.all(same):
            return ""
        return _line(name, a[~same].flat[0], b[~same].flat[0])

    def _mappings(self, a: Mapping[Any, Any], b: Mapping[Any, Any], name: str) -> str:
        keys = self._sequences(list(a), list(b), f"keys of {name}")
        pairs = zip(list(a.items()), list(b.values()), strict=False)
        return keys or self._first(
            (value, other, f"{name}[{brief(key)}]") for (key, value), other in pairs
        )

    def _sequences(self, a: list[Any], b: list[Any], name: str) -> str:
        if len(a) != len(b):
            return _line(name, a, b)
        return self._first(
            (x, y, f"{name}[{n}]") for n, (x, y) in enumerate(zip(a, b, strict=True))
        )

    def _first(self, pairs: Any) -> str:
        return next((words for a, b, name in pairs if (words := self.difference(a, b, name))), "")

    def _functions(self, a: types.FunctionType, b: types.FunctionType, name: str) -> str:
        if _written_otherwise(a, b):
            where = a.__code__.co_firstlineno
            return f"{name} is another function in this process (line {where}) than on workers"
        cells = [_cells(f) for f in (a, b)]
        return (
            self.difference(a.__defaults__, b.__defaults__, f"defaults of {name}")
            or self.difference(a.__kwdefaults__, b.__kwdefaults__, f"defaults of {name}")
            or self.difference(cells[0], cells[1], f"what {name} encloses: ")
            or self.difference(own_attributes(a), own_attributes(b), f"attributes of {name}")
        )

    def _classes(self, a: type, b: type, name: str) -> str:
        if a.__qualname__ != b.__qualname__:
            return _line(name, a.__qualname__, b.__qualname__)
        if a.__module__ == b.__module__:  # of a package
            return ""
        parts = [own_attributes(c) for c in (a, b)]
        return self._sequences(
            [_name_of(c) for c in a.__bases__], [_name_of(c) for c in b.__bases__], name
        ) or self._mappings(parts[0], parts[1], name)

    def _objects(self, a: Any, b: Any, name: str) -> str:
        for attribute in ("__wrapped__", "py_func", "__func__", "fget", "cell_contents"):
            try:
                inner = [getattr(x, attribute) for x in (a, b)]
            except (AttributeError, ValueError):
                continue
            return self.difference(inner[0], inner[1], name)
        if isinstance(a, partial):
            parts = [(p.func, p.args, p.keywords) for p in (a, b)]
            return self.difference(parts[0], parts[1], name)
        if isinstance(a, np.random.Generator):
            return self.difference(a.bit_generator.state, b.bit_generator.state, f"state of {name}")
        try:
            states = [_state(x) for x in (a, b)]
        except Exception:  # noqa: BLE001 - an object that cannot say what it is made of
            return ""
        return self.difference(states[0], states[1], name)


def _cells(function: types.FunctionType) -> dict[str, Any]:
    names, cells = function.__code__.co_freevars, function.__closure__ or ()
    found = {}
    for name, cell in zip(names, cells, strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not yet bound
            found[name] = None
    return found


def _written_otherwise(a: types.FunctionType, b: types.FunctionType) -> bool:
    """Whether the codes of two functions differ in more than docstrings and annotations."""
    mine, other = a.__code__, b.__code__
    if (mine.co_name, mine.co_varnames) != (other.co_name, other.co_varnames):
        return True
    constants = [*mine.co_consts, *other.co_consts]
    if any(isinstance(constant, types.CodeType) for constant in constants):
        return False  # annotations of functions inside are names and constants of this one
    if mine.co_names != other.co_names:
        return True
    # A docstring stands among the constants, and moves them. It may also be one of them.
    apart = {*map(_constant, mine.co_consts)} ^ {*map(_constant, other.co_consts)}
    return not apart <= {_constant(c) for c in (a.__doc__, b.__doc__, None)}


def _constant(value: Any) -> str:
    """Return a constant of a function as a text that tells equal numbers of two types apart."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant, value))})"
    return f"{{{sorted(map(_constant, value))}}}" if isinstance(value, frozenset) else repr(value)


def _state(of: Any) -> Any:
    """Return what an object is made of."""
    if hasattr(of, "__dict__") and not hasattr(type(of), "__slots__"):
        return dict(vars(of))
    reduced = of.__reduce_ex__(4)
    return (
        reduced
        if isinstance(reduced, str)
        else [list(x) if _is_iterator(x) else x for x in reduced[1:]]
    )


def _is_iterator(value: Any) -> bool:
    return hasattr(value, "__next__")


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, float | complex):
        return repr(a) == repr(b)  # NaN is NaN, and -0.0 is not 0.0
    return bool(a == b)


def _name_of(kind: type) -> str:
    """Return the name of a class; those of a definition and of a program have another module."""
    return kind.__qualname__


def _line(name: str, mine: Any, other: Any) -> str:
    return f"{name} is {brief(mine)} in this process and {brief(other)} on workers"
