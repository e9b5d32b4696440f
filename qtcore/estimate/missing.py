"""A number that cannot be had, and why."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from qtcore.errors import InputError

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Missing(InputError):
    """Why a number cannot be had at a point; the table of checks shows it."""


def attempt(
    function: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs
) -> Found | Missing:
    """Return what a function returns, or the `Missing` that it raises.

    A stage of `measure` returns it in the place of one number, and goes on with the others.
    """
    try:
        return function(*args, **kwargs)
    except Missing as why:
        return why
