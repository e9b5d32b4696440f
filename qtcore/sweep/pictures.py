"""What objects are made of at one moment, to be compared later, when they may have changed."""

from collections import Counter, OrderedDict, defaultdict, deque
from copy import copy, deepcopy
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

import numpy as np

DEEPEST = 40
"""Objects within objects are followed so far."""

_OF_EVERY_CLASS = frozenset(
    [
        "__abstractmethods__",
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__classcell__",
        "__dataclass_fields__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__qualname__",
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
    ]
)

_PLAIN = (bool, int, float, complex, str, bytes, np.generic)


class Unseen:
    """Stands for an object that cannot be copied without calling something of its own."""


class Picture:
    """An object, class or function of a text: the name of its kind, and what it is made of.

    Attributes
    ----------
    kind : str
        The qualified name of the class or function.
    parts : dict of str to object
        Pictures of its attributes, and of what it holds if it is a list or a mapping too.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.parts: dict[str, Any] = {}


def pictured(value: Any, module: str) -> Any:
    """Return a copy of what an object consists of, made without calling anything of a text's own.

    Numbers, texts, arrays and plain containers are copied. What was made by the text itself becomes
    a `Picture`, and anything else `Unseen`.

    Parameters
    ----------
    value : object
        Of any kind.
    module : str
        The module that the text was executed as.
    """
    return _Camera(module).of(value, 0)


class _Camera:
    def __init__(self, module: str) -> None:
        self._module = module
        self._made: dict[int, Any] = {}

    def of(self, value: Any, depth: int) -> Any:
        if value is None or issubclass(type(value), _PLAIN):
            return value
        if id(value) not in self._made:
            if depth > DEEPEST:
                return Unseen()
            self._made[id(value)] = Unseen()  # an object that holds itself is compared outside
            self._made[id(value)] = self._of(value, depth + 1)
        return self._made[id(value)]

    def _of(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value, depth)
        if kind in (dict, OrderedDict, defaultdict, Counter):
            new = copy(value)
            for key, part in value.items():
                new[key] = self.of(part, depth)
            return new
        if kind in (list, tuple):
            return kind(self.of(part, depth) for part in value)
        if kind is deque:
            return deque((self.of(part, depth) for part in value), value.maxlen)
        if kind in (set, frozenset):
            return copy(value)
        if kind is np.random.Generator:
            return deepcopy(value)
        made = value if issubclass(kind, type | FunctionType) else kind
        if made.__module__ != self._module:
            return Unseen()
        picture = Picture(made.__qualname__)
        for name, part in parts_of(value).items():
            picture.parts[name] = self.of(part, depth)
        return picture

    def _array(self, value: Any, depth: int) -> Any:
        new = value.copy()
        if new.dtype.kind == "O":
            for place in np.ndindex(new.shape):
                new[place] = self.of(value[place], depth)
        return new


def kind_of(value: Any) -> str:
    """Return the name of an object's class, or of a class or function itself."""
    named = value if issubclass(type(value), type | FunctionType) else type(value)
    return named.__qualname__


def parts_of(value: Any) -> dict[str, Any]:
    """Return what an object of a text's own is made of; no function of its class is called."""
    if issubclass(type(value), type | FunctionType):  # isinstance may call the object
        return own_attributes(value)
    found: dict[str, Any] = {}
    for base in type(value).__mro__:
        for name, slot in vars(base).items():
            if isinstance(slot, MemberDescriptorType):
                try:
                    found[name] = slot.__get__(value)
                except AttributeError:  # not yet bound
                    found[name] = None
            elif name == "__dict__" and isinstance(slot, GetSetDescriptorType):
                found |= slot.__get__(value)
    if issubclass(type(value), dict):
        found["its items"] = dict(dict.items(value))
    elif issubclass(type(value), list):
        found["its items"] = [*list.__iter__(value)]
    elif issubclass(type(value), tuple):
        found["its items"] = [*tuple.__iter__(value)]
    return found


def own_attributes(of: Any) -> dict[str, Any]:
    """Return the attributes of a class or function that a text gave it; `wraps` copies others."""
    return {name: value for name, value in vars(of).items() if name not in _OF_EVERY_CLASS}
