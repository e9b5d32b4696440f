"""What a store needs of where its bytes lie: whole objects under keys, put, listed, swapped.

A key is a path inside the store, with slashes (`ln_g/c.0.1`). Every operation is atomic: whoever
reads sees an object as it was before or as it is after, never half of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROOT_METADATA = "zarr.json"
"""Key of the object that makes a place a Zarr group."""

PARTIAL = ".partial"
"""End of the names of what is still being written; no reader looks at it."""

NOTHING = "nothing is there"


@dataclass(frozen=True)
class Stat:
    """What is known of an object without reading it.

    Attributes
    ----------
    size : int
        Bytes.
    modified : float
        Seconds since 1970, by the clock of the place.
    version : str
        Changes whenever the object is put or touched.
    """

    size: int
    modified: float
    version: str


class Place(ABC):
    """Where the bytes of one store lie; `str()` of it is what a user would type."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Absolute path or URL, by which another process finds the same place."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Last part of the address, such as `run.zarr`."""

    @abstractmethod
    def sibling(self, name: str) -> "Place":
        """Return the place of that name beside this one."""

    @abstractmethod
    def zarr_store(self) -> Any:
        """Return the place as Zarr opens it."""

    @abstractmethod
    def get(self, key: str, most: int | None = None) -> bytes | None:
        """Return an object, or None if it does not exist; its first `most` bytes, if that is given."""

    @abstractmethod
    def get_part(self, key: str, start: int, length: int) -> bytes | None:
        """Return `length` bytes of an object, or None if it does not exist.

        A negative `start` counts from its end; less comes back where it ends before.
        """

    @abstractmethod
    def get_each(self, keys: Sequence[str], most: int) -> list[bytes | None]:
        """Return the first `most` bytes of several objects, None for each that does not exist."""

    @abstractmethod
    def get_parts(self, parts: Sequence[tuple[str, int, int]]) -> list[bytes | None]:
        """Return several parts of objects, each of them as from `get_part`."""

    @abstractmethod
    def put(self, key: str, content: bytes) -> None:
        """Write an object whole, whether or not it exists."""

    @abstractmethod
    def put_all(self, objects: Mapping[str, bytes]) -> None:
        """Write several objects, each whole, in any order; return when all are there."""

    @abstractmethod
    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write an object unless it exists; of several callers exactly one is told True."""

    @abstractmethod
    def swap(self, key: str, old: bytes, new: bytes) -> bool:
        """Replace an object if it still is `old`; of several callers at most one is told True."""

    @abstractmethod
    def touch(self, key: str) -> None:
        """Give an object a new version and time, with the content that it has."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object, if it exists."""

    @abstractmethod
    def delete_keys(self, keys: list[str]) -> None:
        """Remove several objects, as far as they exist."""

    @abstractmethod
    def delete_all(self, prefix: str) -> None:
        """Remove all objects below `prefix`; the whole store if that is empty."""

    @abstractmethod
    def stat(self, key: str) -> Stat | None:
        """Return size, time and version of an object, or None if it does not exist."""

    @abstractmethod
    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object below `prefix`."""

    @abstractmethod
    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the key of every object below `prefix`."""

    @abstractmethod
    def children(self, prefix: str) -> list[str]:
        """Return the next parts of all keys below `prefix`, like names in a folder, sorted."""

    @abstractmethod
    def make(self, objects: Mapping[str, bytes]) -> None:
        """Fill a vacant place; the root metadata appear when all else is there.

        Raises
        ------
        FileExistsError
            If another process has done so meanwhile.
        """

    @abstractmethod
    def is_vacant(self) -> bool:
        """Whether a new store can be made here."""

    @abstractmethod
    def refuse_if_unwritable(self, folders: Iterable[str]) -> None:
        """Find out, changing nothing, whether objects can be put below the store and `folders`.

        Raises
        ------
        OSError
            If one of them may not be written to.
        """

    @abstractmethod
    def remove_if(self, condition: Callable[["Place"], bool]) -> bool:
        """Remove a whole store if a condition holds of it; return whether that was so.

        The condition is asked when nobody can reach the store under its name any more, where the
        place can do that.
        """

    @abstractmethod
    def clean(self) -> int:
        """Remove what killed writers left half-written; return how many objects that was."""

    @abstractmethod
    def what_is_there(self) -> str:
        """Say in words what is here instead of a store."""
