"""The attributes of a store: what it holds, read without touching any array."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.store.layout import FORMAT
from qtcore.store.locate import Location, place_of
from qtcore.store.place import NOTHING, ROOT_METADATA, Place


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
        return dict(json.loads(self.attributes.get("spec", "{}")))

    @property
    def spec_hash(self) -> str:
        """Hash of the sweep without its number of realizations."""
        return str(self.attributes["spec_hash"])

    @property
    def realizations(self) -> int:
        """Realizations that the store is meant to hold of the point that has most."""
        return int(self.attributes["realizations"])

    def counts(self, grid: tuple[int, ...]) -> NDArray[np.int64]:
        """Return the realizations that each point is meant to hold, (*grid)."""
        given = self.spec.get("realizations")
        if isinstance(given, list):
            return np.asarray(given, dtype=np.int64).reshape(grid)
        return np.full(grid, self.realizations, dtype=np.int64)

    @property
    def block(self) -> int:
        """Realizations per block."""
        return int(self.attributes["block_length"])

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the dimensions behind `realization`."""
        return dict(json.loads(self.attributes["sizes"]))

    @property
    def earlier_realizations(self) -> tuple[int, ...]:
        """Realizations that points had before an extension."""
        return tuple(self.attributes["earlier_realizations"])

    @property
    def compacted(self) -> bool:
        """Whether the chunks of the finished run lie in shards, where no block can be written."""
        return bool(self.attributes.get("compacted", False))


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
        If there is no qtcore store, with what is there instead.
    """
    place = place_of(location)
    try:
        content = place.get(ROOT_METADATA)
        if content is None:
            found = place.what_is_there()
            if found == NOTHING:
                raise InputError(f"no store at {place}: {found}")
            raise InputError(f"{place} is no qtcore store: {found}")
    except OSError as error:
        raise InputError(f"{place} cannot be read as a store: {error}") from None
    try:
        document = json.loads(content)
    except ValueError as error:
        raise InputError(
            f"{place} cannot be read as a store: its zarr.json is damaged ({error}); "
            f"`qtcore verify-store {place}` puts back the copy that the store keeps"
        ) from None
    attributes = document.get("attributes", {}) if isinstance(document, dict) else {}
    version = attributes.get("qtcore_format")
    if version is None:
        raise InputError(f"{place} is a Zarr store, but qtcore did not make it")
    if version > FORMAT:
        raise InputError(
            f"{place} has store format {version}, this qtcore reads up to {FORMAT}; update qtcore"
        )
    return Header(place, attributes)
