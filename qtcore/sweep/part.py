"""Parts: several drivers fill one store, each its own blocks."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief


@dataclass(frozen=True)
class Part:
    """Part `number` of `of`, counted from 1.

    Raises
    ------
    InputError
        Unless 1 <= number <= of.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise InputError(
                f"--part {self.number}/{self.of}: allowed is I/N with 1 <= I <= N, such as 3/16"
            )

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Return the part that a text such as `3/16` names.

        Raises
        ------
        InputError
            If it names none.
        """
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip(), re.ASCII)
        if match is None:
            raise InputError(
                f"--part {brief(text)}: allowed is I/N with 1 <= I <= N < 10^9, such as 3/16"
            )
        return cls(int(match[1]), int(match[2]))

    @property
    def name(self) -> str:
        """As in the names of its lease and its log."""
        return f"{self.number}of{self.of}"

    def owns(self, blocks: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which blocks are this part's, (point, block).

        Parameters
        ----------
        blocks : (point,) int array
            Number of blocks of each point. Runs of them go to one part each, and points start
            with different parts, so that parts are even where points have few blocks too.
        """
        mine: NDArray[np.bool_] = owners(blocks, self.of) == self.number
        return mine


def owners(blocks: NDArray[np.int64], of: int) -> NDArray[np.int64]:
    """Return the number of the part that each block belongs to, (point, block); see `Part.owns`."""
    point, block = np.arange(len(blocks))[:, None], np.arange(blocks.max())[None]
    owner: NDArray[np.int64] = (block * of // np.maximum(blocks, 1)[:, None] + point) % of + 1
    return owner
