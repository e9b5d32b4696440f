"""A package that is also a function: `qtcore.sweep(...)` runs a sweep, `qtcore.sweep.axes` is a module."""

from collections.abc import Callable
from inspect import Signature, signature
from types import ModuleType
from typing import Any


def callable_as(package: ModuleType, load: Callable[[], Callable[..., Any]]) -> None:
    """Let a package be called, whatever of it is imported.

    Python binds the name of a package in the package around it as soon as anything of it is
    imported. A function of the same name there would come and go.

    Parameters
    ----------
    package : module
        Its attributes stay what they are.
    load : callable
        Returns the function; called when the package is called first.
    """

    class Callable_(ModuleType):
        """A package that is called as a function."""

        def __call__(self, *given: Any, **named: Any) -> Any:
            return load()(*given, **named)

        @property
        def __signature__(self) -> Signature:
            return signature(load())

    package.__class__ = Callable_
