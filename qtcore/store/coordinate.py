"""Coordinates of a store: labels of its axes and what else the driver wrote, checked."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from qtcore.store.arrays import array_document
from qtcore.store.duplicate import chunks_of_driver
from qtcore.store.header import Header
from qtcore.store.layout import CHANNELS
from qtcore.store.stated import DIGESTS_OF_CHANNELS, Stated, digest_of_values, values_in


class StoredCoordinate(NamedTuple):
    """A coordinate as it is stored.

    Attributes
    ----------
    dims : sequence of str
        Names of its dimensions.
    values : array
        One value for each place along them.
    attributes : dict
        Units and a long name.
    """

    dims: tuple[str, ...]
    values: NDArray[Any]
    attributes: dict[str, Any]


def coordinate(header: Header, name: str, stated: Stated) -> StoredCoordinate:
    """Return a coordinate with its values, as the store's root states them.

    Its own chunks are read only where nothing is stated: the open modes of wires, and sweeps of
    format 1.

    Raises
    ------
    InputError
        If its metadata are damaged.
    ValueError
        If they contradict the root, or a chunk that is needed is damaged or missing.
    """
    document = array_document(header, name)
    sizes = chunks_of_driver(name, document)  # refuses one that is too large
    values = stated.values(name, document)
    if values is None:
        digests = header.attributes.get(DIGESTS_OF_CHANNELS) if name == CHANNELS else None
        chunks = {key: header.place.get(key, size + 1) for key, size in sizes.items()}
        # One of zeros alone was left out before format 4; with a digest it proves itself.
        values = values_in(name, document, chunks, lenient=header.arrays is None or bool(digests))
        if digests and digest_of_values(values) not in digests:
            raise ValueError(f"{name} does not agree with its digest")
    return StoredCoordinate(document.get("dimension_names", ()), values, document["attributes"])
