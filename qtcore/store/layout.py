"""What a store looks like: the names of its arrays, their dimensions, chunks and units.

One place for every file and array name. One chunk holds one point of the swept axes, one block of
realizations and all lengths; it is owned, and written whole, by exactly one task.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MARKER = "block_realizations"
"""Array with one chunk per block, written last by the task that owns the block: the number of
realizations that the block holds, then, since format 4, the checksums of its address and of its
chunks (docs/decisions/0019). Its fill value 0 is never written, so that the list of its chunk files
is the list of finished blocks."""

PROOF = "proof"
"""Last dimension of the marks, and their attribute that says what stands where along it."""

COUNT_AND_ADDRESS = ("realizations", "address")
"""What stands in a mark before the checksums of the chunks."""

CHANNELS = "channels"
"""Coordinate with the open modes of each point, where points are wires."""

REALIZATION = "realization"
"""Dimension along which the disorder realizations are numbered."""

SEED = "seed"
"""Coordinate of an opened dataset: the seed of its disorder, of each realization where there are
several."""

NUMBER = "number"
"""Coordinate of an opened dataset with several seeds: the number of each realization under its seed."""

LABELS = "labels"
"""Attribute of a coordinate: the texts that its numbers stand for, in their order."""

LENGTH, CHANNEL = "length", "channel"
"""Dimensions behind it whose labels need no axis of their own: lengths of the sweep, and numbers."""

RUN_GROUP = "run"
"""Sub-group for what is not an array: the driver's lease, its event log, the copy of the metadata.
As a group of its own it stays out of the way of readers, which list only the dataset's arrays."""

LEASE = "run/lease.json"
"""Key of the lease that a running driver holds on a store."""

EVENTS = "run/events.jsonl"
"""Key of the event log (JSON lines); on an object store, prefix of its pieces."""

STANDINGS = "run/precision.json"
"""Key of how far each point was from a precision goal when the driver last looked."""

COPY = "run/copy.zip"
"""Key of the copy of all that only the driver writes: metadata and coordinates."""

DAMAGED = "run/damaged"
"""Prefix under which damaged chunks are kept."""

DEFINITIONS = "run/definitions"
"""Prefix under which the texts of definitions are kept that later runs have replaced, each named by
its digest."""

WORKER_PROOF = "proof-"
"""Beginning of the names by which workers prove that they use the store, below `run`."""

GROWING = "run/growing"
"""Prefix of blocks that are being written anew with more realizations, see qtcore.store.growing."""

COMPRESSION_LEVEL = 1
"""Of Zstandard: doubles the speed of level 3 for the same size, as noise does not compress; what
compresses is what a point does not compute."""

CHUNK_SEPARATOR = "."
"""Between the numbers of a chunk's key in new stores, whose chunks lie side by side in the folder of
their array; before format 3 it was `/`, with a folder for each chunk (docs/decisions/0012)."""

FORMAT = 4
"""Version of this layout, in the attribute `qtcore_format`; a reader refuses a newer one."""

FORMAT_OF_DRAWS = 5
"""Version of stores that hold several seeds (`qtcore.store.draws`), which older readers would take for
one. All other stores keep the version before."""


@dataclass(frozen=True)
class ArraySpec:
    """One stored array over the swept axes, `realization` and dimensions of its own.

    Attributes
    ----------
    name, dtype : str
        Name in the dataset and NumPy type on disk.
    fill : float or int
        Value of what has not been computed.
    attributes : dict
        `units`, `long_name` and what else a reader should know.
    dims : tuple of str
        Dimensions behind `realization`.
    """

    name: str
    dtype: str
    fill: float | int
    attributes: dict[str, Any]
    dims: tuple[str, ...] = ()


@dataclass(frozen=True)
class Coordinate:
    """Values along a dimension: name, values and what they mean.

    `along` is the dimension if that has another name, as for the parameters of cases. `labels` are
    texts that stand for the values; they are an attribute, since Zarr has no lasting form for arrays
    of texts.
    """

    name: str
    values: tuple[float, ...] | tuple[int, ...] | NDArray[np.int64]
    units: str
    long_name: str
    dtype: str = "float64"
    along: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Shape of one store.

    Attributes
    ----------
    axes : tuple of Coordinate
        The swept axes, in the order of the leading dimensions.
    dimensions : tuple of Coordinate
        The dimensions behind `realization`.
    variables : tuple of Variable
        The arrays.
    realizations : int
        Realizations that the store is meant to hold of the point that has most.
    block : int
        Realizations per block (= chunk length along `realization`), fixed when the store is made.
    parameters : tuple of Coordinate
        Parameters of cases, along the axes that count them.
    open_modes : str
        What `channels` counts, in words.
    """

    axes: tuple[Coordinate, ...]
    dimensions: tuple[Coordinate, ...]
    variables: tuple[ArraySpec, ...]
    realizations: int
    block: int
    parameters: tuple[Coordinate, ...] = ()
    open_modes: str = "open modes in each lead"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the swept axes."""
        return tuple(axis.name for axis in self.axes)

    @property
    def grid(self) -> tuple[int, ...]:
        """Number of values on each swept axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def blocks(self) -> int:
        """Blocks of the point that has most; the last one may be partly filled."""
        return block_count(self.realizations, self.block)

    @property
    def sizes(self) -> dict[str, int]:
        """Number of values on each dimension behind `realization`."""
        return {dimension.name: len(dimension.values) for dimension in self.dimensions}

    def shape(self, variable: ArraySpec) -> tuple[int, ...]:
        """Shape of a variable."""
        return (*self.grid, self.realizations, *(self.sizes[name] for name in variable.dims))

    def chunks(self, variable: ArraySpec) -> tuple[int, ...]:
        """Chunk shape of a variable: one point, one block, everything behind."""
        return (*(1 for _ in self.axes), self.block, *(self.sizes[n] for n in variable.dims))


def block_count(realizations: int, block: int) -> int:
    """Return how many blocks of `block` realizations hold `realizations`."""
    return -(-realizations // block)


def lease_key(part: str = "") -> str:
    """Return the key of the lease on a store, or on one part of it."""
    return LEASE.replace(".json", f"-{part}.json") if part else LEASE


def events_key(part: str = "") -> str:
    """Return the key of the event log of a store, or of the driver of one part."""
    return EVENTS.replace(".jsonl", f"-{part}.jsonl") if part else EVENTS


ANALYSIS = "qtcore_analysis"
"""Attribute of an analysis beside its store that tells it from what others have put there: who
wrote it."""
