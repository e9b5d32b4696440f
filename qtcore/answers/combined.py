"""Datasets that were put together by hand, and would give wrong numbers without a word."""

import numpy as np
import xarray as xr

from qtcore.answers.selection import FINISHED
from qtcore.errors import InputError
from qtcore.store.layout import REALIZATION

REMEDY = (
    "`qtcore merge A B --to C` (qt.merge) makes one ensemble of runs; or put them together along a dimension of their "
    'own, xr.concat([a, b], "seed"): each then keeps its realizations, errors and impurities'
)
"""What to do with two runs."""


def refuse_wrong_combination(dataset: xr.Dataset) -> None:
    """Raise InputError if a dataset holds realizations or values that it cannot tell apart.

    `xr.concat` of two runs along `realization` repeats realization numbers, and keeps `finished` and the
    attributes, the seed among them, of the first one alone. Runs with the same seed hold the same impurities,
    which would be counted twice.

    Raises
    ------
    InputError
        If a label occurs twice along a dimension, there are more realizations than the sweep in its
        attributes has, or `finished` counts more than there are.
    """
    for name in map(str, dataset.dims):
        labels = dataset.indexes.get(name)
        if labels is not None and labels.has_duplicates:
            twice = labels[labels.duplicated()][0]
            raise InputError(
                f"the dataset has {name} = {twice} twice: it was put together of several runs, which cannot be "
                f"told apart any more; {REMEDY}"
            )
    if REALIZATION not in dataset.dims:
        return
    stated, size = dataset.attrs.get("realizations"), dataset.sizes[REALIZATION]
    if isinstance(stated, int | np.integer) and size > stated:
        raise InputError(
            f"the dataset has {size} realizations, the sweep in its attributes {stated}: it was put "
            f"together of several runs; {REMEDY}"
        )
    if FINISHED in dataset.coords and REALIZATION in dataset[FINISHED].dims:
        raise InputError(
            "the coordinate `finished` has a dimension `realization`: the dataset was put together of several "
            f"runs; {REMEDY}"
        )
