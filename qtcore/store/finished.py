"""Which blocks are finished: what the listing of marker chunks says."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from qtcore.store.header import Header
from qtcore.store.layout import MARKER, block_count, block_size


def finished_blocks(header: Header, grid: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which blocks hold all their realizations.

    Parameters
    ----------
    header : Header
        The store.
    grid : tuple of int
        Number of values on each swept axis.

    Returns
    -------
    (*grid, block) bool array
    """
    blocks = block_count(header.realizations, header.block)
    finished = np.zeros((*grid, blocks), dtype=bool)
    for index in _listed(header.path / MARKER / "c", len(grid) + 1):
        if all(i < n for i, n in zip(index, finished.shape, strict=True)):
            finished[index] = True
    _forget_outgrown(header, finished)
    return finished


def _listed(folder: Path, depth: int) -> Iterator[tuple[int, ...]]:
    """Yield the chunk indices whose files exist below `folder`."""
    stack: list[tuple[str, tuple[int, ...]]] = [(str(folder), ())]
    while stack:
        name, index = stack.pop()
        try:
            entries = os.scandir(name)
        except FileNotFoundError:
            continue
        with entries:
            # Names that are no numbers are chunks being written (`*.partial`).
            inner = [(e.path, (*index, int(e.name))) for e in entries if e.name.isdecimal()]
        if len(index) + 1 == depth:
            yield from (i for _, i in inner)
        else:
            stack.extend(inner)


def _forget_outgrown(header: Header, finished: NDArray[np.bool_]) -> None:
    """Clear the blocks that were full before an extension and are only partly filled now."""
    ends = {
        earlier // header.block for earlier in header.earlier_realizations if earlier % header.block
    }
    if not ends:
        return
    marker = zarr.open_array(header.path / MARKER, mode="r")
    for end in ends:
        for point in np.argwhere(finished[..., end]):
            index: tuple[Any, ...] = (*(int(i) for i in point), end)
            held = int(np.asarray(marker[index]))
            finished[index] = held == block_size(end, header.realizations, header.block)


def clean_partial(path: Path) -> int:
    """Remove chunk files that a killed worker left half-written; return how many.

    Only the holder of the store's lease calls this.
    """
    removed = 0
    for folder, _, names in os.walk(path):
        for name in names:
            if name.endswith(".partial"):
                (Path(folder) / name).unlink(missing_ok=True)
                removed += 1
    return removed
