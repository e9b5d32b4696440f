"""Keys of chunks and of shards: how an index becomes the name of an object, and back.

Zarr's chunk key encoding `default`, with either of its separators: the chunk (1, 0, 7) of `ln_g` is
`ln_g/c.1.0.7` or `ln_g/c/1/0/7`. Whatever separator the chunks of an array have, its shards have
the other one, so that both can be there at once while a store is compacted or expanded.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qtcore.store.place import Place

OTHER = {".": "/", "/": "."}
"""Separator of an array's chunks → that of its shards, and back."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of one array with one separator.

    Attributes
    ----------
    name : str
        The array.
    separator : str
        `.` or `/`.
    """

    name: str
    separator: str

    @property
    def prefix(self) -> str:
        """What all of them begin with, and no other key of the store."""
        return f"{self.name}/c{self.separator}"

    def key(self, index: tuple[int, ...]) -> str:
        """Return the key of an index; that of a single number, which has none, ends in `c`."""
        return (self.prefix + self.separator.join(map(str, index))).rstrip(self.separator)

    def keys(self, indices: Iterable[Sequence[int]], dims: int) -> list[str]:
        """Return the keys of many indices, each of `dims` numbers."""
        form = self.separator.join(["%d"] * dims)
        return [self.prefix + form % tuple(index) for index in indices]

    @property
    def _folder(self) -> str:
        # A place lists what lies in a folder, not what begins with a text.
        return self.prefix.rpartition("/")[0]

    def listed(self, place: Place) -> Iterator[str]:
        """Yield those that are in a store; names that are no keys, such as copies, are not."""
        return (key for key in place.keys(self._folder) if self._index(key) is not None)

    def sizes(self, place: Place) -> list[int]:
        """Return the bytes of each object that is in a store under one of them."""
        sizes = place.sizes(self._folder)
        return [size for key, size in sizes if self._index(key) is not None]

    def indices(self, place: Place) -> Iterator[tuple[int, ...]]:
        """Yield the indices of those that are in a store."""
        is_key, begin, separator = self._form.fullmatch, len(self.prefix), self.separator
        for key in place.keys(self._folder):
            if is_key(key):
                yield tuple(map(int, key[begin:].split(separator)))

    def _index(self, key: str) -> tuple[int, ...] | None:
        """Return the index of a key; None if it is none of these."""
        if not self._form.fullmatch(key):
            return None
        return tuple(map(int, key[len(self.prefix) :].split(self.separator)))

    @property
    def _form(self) -> re.Pattern[str]:
        """What a key looks like: nothing that `int` reads and nobody writes, such as " 1", "1_0", "01"."""
        return _form_of(self.prefix, self.separator)

    def delete_all(self, place: Place) -> None:
        """Remove what has these keys from a store, with folders that are left empty by it."""
        if self.separator == "/":
            place.delete_all(self.prefix.rstrip("/"))
        else:
            place.delete_keys(list(self.listed(place)))

    @property
    def others(self) -> "Keys":
        """Keys of the same array with the other separator."""
        return Keys(self.name, OTHER[self.separator])


@lru_cache(maxsize=64)
def _form_of(prefix: str, separator: str) -> re.Pattern[str]:
    number = "(?:0|[1-9][0-9]{0,17})"  # at most 18 digits, as many as 64 bits hold
    return re.compile(f"{re.escape(prefix)}{number}(?:{re.escape(separator)}{number})*")


def separator_of(document: dict[str, Any]) -> str:
    """Return the separator that an array's metadata state."""
    return str(document["chunk_key_encoding"]["configuration"]["separator"])


def with_other_separator(document: dict[str, Any]) -> dict[str, Any]:
    """Return an array's metadata with the separator that they do not state."""
    configuration = {"separator": OTHER[separator_of(document)]}
    return {**document, "chunk_key_encoding": {"name": "default", "configuration": configuration}}
