"""The attributes of a store: what it holds, read without touching any array."""

import hashlib
import json
import math
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import DamagedMetadataError, InputError, brief, command
from qtcore.store.archive import opened_copy
from qtcore.store.document import MOST_BYTES, parsed
from qtcore.store.draws import DRAWS, Draw, draws_in
from qtcore.store.layout import ANALYSIS, COPY, FORMAT_OF_DRAWS
from qtcore.store.locate import Location, place_of
from qtcore.store.place import NOTHING, ROOT_METADATA, Place

DIGEST = "digest"
"""Attribute with the digest of those that decide numbers, in stores of format 4 and later."""

CHANGING = frozenset(
    {
        *("updated", "completed", "core_seconds", "versions", "git_revision", "cluster"),
        *("precision", "compacted", DIGEST),
    }
)
"""Attributes that say how a run went, and decide no number."""

MOST_COPY = 2**30
"""Bytes of the copy that a store keeps of its metadata, packed or not, at most."""

MOST_BLOCKS = 10**8
"""Blocks of a store, at most: so many marks are a list of a gigabyte."""

MOST_REALIZATIONS = 2**53
"""Realizations of a point, at most."""


@dataclass(frozen=True)
class Header:
    """What a store says about itself.

    Attributes
    ----------
    place : Place
        Where the store lies.
    attributes : dict
        All attributes of the group, as stored.
    """

    place: Place
    attributes: dict[str, Any]

    @property
    def spec(self) -> dict[str, Any]:
        """The sweep that the store was made for, field by field."""
        return parsed(self.attributes.get("spec", "{}").encode())

    @property
    def spec_hash(self) -> str:
        """Hash of the sweep without its number of realizations."""
        return str(self.attributes["spec_hash"])

    @property
    def realizations(self) -> int:
        """Realizations that the store is meant to hold of the point that has most."""
        return int(self.attributes["realizations"])

    @property
    def draws(self) -> tuple[Draw, ...]:
        """What each seed has given, where runs of several seeds were put together; else nothing."""
        return draws_in(self.attributes.get(DRAWS), self.realizations, self.block)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of the disorder, or those of the runs that were put together; nothing where none is stated."""
        given = self.attributes.get("seed")
        return tuple(draw.seed for draw in self.draws) if given is None else (int(given),)

    def counts(self, grid: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the realizations that each point is meant to hold, (*grid).

        Raises
        ------
        InputError
            If the store has no such grid, or more blocks than a store can have.
        """
        given = self.spec.get("realizations")
        points = math.prod(grid)
        if points * -(-self.realizations // self.block) > MOST_BLOCKS:
            raise InputError(
                f"{self.place} speaks of {points} points with {self.realizations} realizations in "
                f"blocks of {self.block}; a store has {MOST_BLOCKS} blocks at most"
            )
        if isinstance(given, list) or self.draws:
            given = given if isinstance(given, list) else [given] * points
            if len(given) != points:
                raise InputError(
                    f"{self.place} is damaged: it has {points} points, but realizations of "
                    f"{len(given)}; {_remedy(self.place)}"
                )
            return np.asarray(given, dtype=np.int64).reshape(grid)
        return np.full(grid, self.realizations, dtype=np.int64)

    @property
    def block(self) -> int:
        """Realizations per block."""
        return int(self.attributes["block_length"])

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the dimensions behind `realization`."""
        return parsed(self.attributes["sizes"].encode())

    @property
    def earlier_realizations(self) -> tuple[int, ...]:
        """Realizations that points had before an extension."""
        return tuple(self.attributes["earlier_realizations"])

    @property
    def format(self) -> int:
        """Version of the layout."""
        return int(self.attributes["qtcore_format"])

    @property
    def identity(self) -> str:
        """What tells the store from others; see `identity_of`."""
        return _identity_in(self.attributes)

    @property
    def arrays(self) -> dict[str, str] | None:
        """Digests of the arrays' metadata by name; None before format 4, which has none."""
        return self.attributes.get("arrays")

    @property
    def compacted(self) -> bool:
        """Whether the chunks of the finished run lie in shards, where no block can be written."""
        return bool(self.attributes.get("compacted", False))


def identity_of(content: bytes | None) -> str:
    """Return what tells a store from others, from the metadata of its root; "" if they are gone.

    It stays the same while a run writes to the store: what the store was made for, its seed, and
    the digests of its arrays, in which stands what tells its marks from those of another store.
    """
    try:
        return _identity_in(parsed(content)["attributes"])
    except (ValueError, KeyError, AttributeError):
        return ""


def _identity_in(attributes: dict[str, Any]) -> str:
    return digest_of_document({name: attributes.get(name) for name in IDENTIFYING})


IDENTIFYING = ("spec_hash", "seed", "arrays")
"""Attributes that tell a store from others."""


def is_vacant(location: Location) -> bool:
    """Whether a new store can be made there: nothing there, or an empty folder.

    Raises
    ------
    InputError
        If that cannot be found out, for lack of permission.
    """
    place = place_of(location)
    try:
        return place.is_vacant()
    except OSError as error:
        raise InputError(f"cannot look into {place}: {error.strerror or error}") from error


def read_header(location: Location) -> Header:
    """Read what a store says about itself.

    Raises
    ------
    InputError
        If there is no qtcore store, with what is there instead, or if what it says is damaged.
    """
    place = place_of(location)
    try:
        content = place.get(ROOT_METADATA, MOST_BYTES + 1)
        if content is None:
            found = place.what_is_there()
            if found == NOTHING:
                raise InputError(f"no store at {place}: {found}")
            raise InputError(f"{place} is no qtcore store: {found}")
    except OSError as error:
        raise InputError(f"{place} cannot be read as a store: {error}") from None
    return header_in(place, content)


def source_in(header: Header) -> str:
    """Return the text of the definition of the last run into a store.

    Raises
    ------
    InputError
        If the store holds no such text.
    """
    text = header.attributes.get("definition_source")
    if not isinstance(text, str) or not text:
        raise InputError(f"{header.place} holds no text of a definition")
    return text


def header_in(place: Place, content: bytes) -> Header:
    """Return what the root's metadata of a store say, which have been read; raises like `read_header`."""
    try:
        attributes = attributes_of(content)
        if attributes is None and place.get(COPY, 0) is not None:
            attributes = _kept_attributes(place)
    except ValueError as error:
        raise DamagedMetadataError(
            f"{place} cannot be read as a store: its zarr.json is damaged ({error}); "
            f"{_remedy(place)}"
        ) from None
    if attributes is None:
        raise InputError(_what_it_is_instead(place, content))
    if attributes["qtcore_format"] > FORMAT_OF_DRAWS:
        raise InputError(
            f"{place} has store format {attributes['qtcore_format']}, this qtcore reads up to "
            f"{FORMAT_OF_DRAWS}; update qtcore"
        )
    return Header(place, attributes)


def _what_it_is_instead(place: Place, content: bytes) -> str:
    """Say what a Zarr group is that is no store of qtcore's."""
    stem = str(place).removesuffix(".analysis.zarr")
    if stem == str(place) and ANALYSIS not in (parsed(content).get("attributes") or {}):
        return f"{place} is a Zarr store, but qtcore did not make it"
    meant = "" if stem == str(place) else f", {stem}.zarr"
    return (
        f"{place} is the analysis of a store, and no store itself. Give the store that it belongs "
        f"to{meant}; open the analysis with xarray.open_zarr"
    )


def _kept_attributes(place: Place) -> dict[str, Any]:
    """Return a store's attributes from its copy, where something has removed them from the store.

    `Dataset.to_zarr(mode="a")` does that, which adds an array to a store.

    Raises
    ------
    ValueError
        If the copy is damaged too.
    """
    try:
        with opened_copy(place) as archive, archive.open(ROOT_METADATA) as member:
            attributes = attributes_of(member.read(MOST_BYTES + 1))
    except (zipfile.BadZipFile, EOFError, OSError, KeyError, zlib.error, RuntimeError):
        attributes = None
    if attributes is None:
        raise ValueError("its attributes are gone, and the copy of them is damaged")
    return attributes


def _remedy(place: Place) -> str:
    if place.get(COPY, 0) is None:
        return f"the copy of it in {COPY} is missing, so it cannot be repaired. {WITHOUT_METADATA}"
    return f"`{command('verify-store', place)}` puts back the copy that the store keeps"


WITHOUT_METADATA = (
    "Run the sweep into another --store; the chunks of this one stay readable with the metadata of "
    "the new one"
)
"""What to do where a store's metadata are lost."""


def attributes_of(content: bytes) -> dict[str, Any] | None:
    """Return the checked attributes of a root's metadata; None if qtcore did not make them.

    Raises
    ------
    ValueError
        If they are damaged, or were changed by something else than qtcore.
    """
    document = parsed(content)
    attributes = document.get("attributes")
    if not isinstance(attributes, dict) or "qtcore_format" not in attributes:
        return None
    version = attributes["qtcore_format"]
    _check(type(version) is int and version >= 1, "qtcore_format", version)
    if version > FORMAT_OF_DRAWS:
        return attributes
    if document.get("zarr_format") != 3 or document.get("node_type") != "group":
        raise ValueError("it does not describe a group of Zarr format 3")
    _check_numbers(attributes)
    _check_texts(attributes)
    if version >= DIGEST_FORMAT:
        _check_arrays(attributes)
        draws_in(attributes.get(DRAWS), attributes["realizations"], attributes["block_length"])
        if attributes.get(DIGEST) != digest_of(attributes):
            raise ValueError(
                "what it says of the numbers was changed by something other than qtcore: it does "
                "not agree with its digest"
            )
    return attributes


DIGEST_FORMAT = 4
"""Stores before it have no digests."""


def digest_of(attributes: dict[str, Any]) -> str:
    """Return the digest of the attributes that decide numbers, and of what the store was made by."""
    decisive = {name: value for name, value in attributes.items() if name not in CHANGING}
    return digest_of_document(decisive)


def digest_of_document(document: dict[str, Any]) -> str:
    """Return the digest (sha256, hex) of a document, however it is written."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _check(is_right: bool, name: str, value: Any) -> None:
    if not is_right:
        raise ValueError(f"{name} is {brief(value)}")


def _check_numbers(attributes: dict[str, Any]) -> None:
    for name in ("realizations", "block_length"):
        value = attributes.get(name)
        _check(type(value) is int and 1 <= value <= MOST_REALIZATIONS, name, value)
    earlier = attributes.setdefault("earlier_realizations", [])
    is_list = isinstance(earlier, list) and all(
        type(n) is int and 0 <= n <= MOST_REALIZATIONS for n in earlier
    )
    _check(is_list, "earlier_realizations", earlier)
    seed = attributes.get("seed", 0)
    _check(type(seed) is int and 0 <= seed < 2**63, "seed", seed)
    seconds = attributes.get("core_seconds", 0.0)
    _check(type(seconds) in (int, float) and 0 <= seconds < 2**63, "core_seconds", seconds)
    _check(isinstance(attributes.get("compacted", False), bool), "compacted", attributes)


TEXTS = (
    *("workflow", "preset", "definition", "definition_source", "spec", "spec_hash"),
    *("common_disorder", "partly_common_disorder", "versions", "git_revision", "cluster"),
    *("precision", "created", "updated", "completed", "sizes"),
)
"""Attributes that are text."""

LIKE_JSON = ("spec", "sizes", "versions")
"""Texts that hold a JSON object."""


def _check_texts(attributes: dict[str, Any]) -> None:
    for name in TEXTS:
        value = attributes.get(name, "")
        _check(isinstance(value, str), name, value)
    for name in LIKE_JSON:
        try:
            parsed(attributes.get(name, "{}").encode())
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    sizes = parsed(attributes.get("sizes", "{}").encode())
    for name, size in sizes.items():
        _check(type(size) is int and 0 <= size <= MOST_REALIZATIONS, f"sizes of {name}", size)


def _check_arrays(attributes: dict[str, Any]) -> None:
    arrays = attributes.get("arrays")
    is_right = isinstance(arrays, dict) and all(isinstance(d, str) for d in arrays.values())
    _check(is_right, "arrays", arrays)
