"""Modules of Python by which stores are written: no definition may change what they do.

A program may set a package as its numbers need it, and workers execute the same statements. But what
writes and reads stores is not the definition's: a store of another JSON could be opened by nobody.
"""

import hashlib
import io
import json
import json.decoder
import json.encoder
import os
import pathlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from qtcore.errors import InputError

WATCHED = (json, json.encoder, json.decoder, os, pathlib, io, hashlib, zlib, struct)


@contextmanager
def untouched(whose: str) -> Iterator[None]:
    """Refuse what changes one of the modules meanwhile, and put it back.

    Parameters
    ----------
    whose : str
        What is executed, for the message.

    Raises
    ------
    InputError
        With the name of what was changed, unless something else is raised.
    """
    before = [(name, one, dict(vars(one))) for name, one in OWNERS]
    try:
        yield
    finally:
        changed = [
            f"{name}.{attribute}"
            for name, one, known in before
            for attribute, value in known.items()
            if (name, attribute) in KNOWN and _was_changed(one, attribute, value)
        ]
    if changed:
        raise InputError(
            f"{whose} changes {changed[0]}, by which stores are written and read: a store that is "
            "made with it could not be opened. Give the function that is called the arguments that "
            "it takes, such as json.dumps(…, separators=…), or change a class of your own"
        )


def _watched() -> Iterator[tuple[str, Any]]:
    """Yield the modules and the classes that they define, each with its name."""
    for module in WATCHED:
        yield module.__name__, module
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield f"{module.__name__}.{name}", value


OWNERS = tuple(_watched())
KNOWN = frozenset((name, attribute) for name, one in OWNERS for attribute in vars(one))
"""What Python gives them; what somebody adds is nothing that writes stores."""


def _was_changed(one: Any, attribute: str, before: Any) -> bool:
    """Whether an attribute is another object than before; if so, put that back."""
    if vars(one).get(attribute) is before or attribute.startswith("__"):
        return False
    setattr(one, attribute, before)
    return True
