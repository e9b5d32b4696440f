"""What a store looks like: the names of its arrays, their dimensions, chunks and units.

One place for every file and array name. One chunk holds one point of the swept axes, one block of
realizations and all lengths; it is owned, and written whole, by exactly one task.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

AXES = ("disorder", "width", "flux", "energy")
"""Swept axes, in the order of the dataset's leading dimensions; all are always present."""

DIMENSIONS = (*AXES, "realization", "length")

MARKER = "block_realizations"
"""Array with one chunk per block, written last by the task that owns the block: the number of
realizations that the block holds. Its fill value 0 is never written, so that the list of its
chunk files is the list of finished blocks."""

CHANNELS = "channels"

RUN_GROUP = "run"
"""Sub-group for what is not an array: the driver's lease and its event log. As a group of its own
it stays out of the way of readers, which list only the arrays of the dataset."""

COMPRESSION_LEVEL = 1
"""Of Zstandard: doubles the speed of level 3 for the same size, as noise does not compress; what
compresses is the lengths that a point does not compute."""

FORMAT = 1
"""Version of this layout, in the attribute `qtcore_format`; a reader refuses a newer one."""


@dataclass(frozen=True)
class Variable:
    """One stored array over `DIMENSIONS`.

    Attributes
    ----------
    name, dtype : str
        Name in the dataset and NumPy type on disk.
    fill : float or int
        Value of what has not been computed.
    attributes : dict
        `units`, `long_name` and what else a reader should know.
    """

    name: str
    dtype: str
    fill: float | int
    attributes: dict[str, Any]


NOT_COMPUTED = float("nan")

VARIABLES = (
    Variable(
        "ln_g",
        "float64",
        NOT_COMPUTED,
        {"units": "", "long_name": "ln g, g in e²/h per spin"},
    ),
    Variable(
        "reflection",
        "float32",
        NOT_COMPUTED,
        {"units": "", "long_name": "total reflection, sum of R_n over open channels"},
    ),
    Variable(
        "certificate",
        "float32",
        NOT_COMPUTED,
        {"units": "", "long_name": "bound on the relative error of g"},
    ),
    Variable(
        "suspect",
        "int8",
        -1,
        {
            "units": "",
            "long_name": "certificate above its threshold",
            "flag_values": [-1, 0, 1],
            "flag_meanings": "not_computed fine suspect",
        },
    ),
)


@dataclass(frozen=True)
class Axis:
    """A coordinate: name, values and what they mean."""

    name: str
    values: tuple[float, ...] | tuple[int, ...]
    units: str
    long_name: str
    dtype: str = "float64"


@dataclass(frozen=True)
class Layout:
    """Shape of one store.

    Attributes
    ----------
    axes : tuple of Axis
        The swept axes, in the order of `AXES`.
    length : Axis
        All lengths of the sweep.
    realizations : int
        Realizations per point that the store is meant to hold.
    block : int
        Realizations per block (= chunk length along `realization`), fixed when the store is made.
    """

    axes: tuple[Axis, ...]
    length: Axis
    realizations: int
    block: int

    @property
    def grid(self) -> tuple[int, ...]:
        """Number of values on each swept axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def blocks(self) -> int:
        """Blocks per point; the last one may be partly filled."""
        return block_count(self.realizations, self.block)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a variable over `DIMENSIONS`."""
        return (*self.grid, self.realizations, len(self.length.values))

    @property
    def chunks(self) -> tuple[int, ...]:
        """Chunk shape of a variable: one point, one block, all lengths."""
        return (*(1 for _ in self.axes), self.block, len(self.length.values))


def block_count(realizations: int, block: int) -> int:
    """Return how many blocks of `block` realizations hold `realizations`."""
    return -(-realizations // block)


def block_size(number: int, realizations: int, block: int) -> int:
    """Return how many realizations block `number` holds: `block`, or fewer in the last one."""
    return min(block, realizations - number * block)


def run_folder(store: Path) -> Path:
    """Return the folder of the lease and the event log inside a store."""
    return store / RUN_GROUP


def event_log(store: Path) -> Path:
    """Return the path of a store's event log (JSON lines)."""
    return run_folder(store) / "events.jsonl"


def lease_file(store: Path) -> Path:
    """Return the path of the lease that a running driver holds on a store."""
    return run_folder(store) / "lease.json"
