"""What the root of a store states of its other arrays: their shapes, and the labels of every axis.

The sweep in the root is the one that the samples were computed of, and the root has a digest. So
labels are read from there. The chunks of coordinates are for other programs; they prove nothing, and
are written anew from what is stated here.
"""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import brief
from qtcore.store.chunks import decode_plain, sealed
from qtcore.store.document import fill_value
from qtcore.store.header import Header
from qtcore.store.keys import Keys, separator_of
from qtcore.store.layout import CHANNEL, LENGTH, PROOF, REALIZATION, block_count

DIGESTS_OF_CHANNELS = "channels"
"""Attribute of the root: digests of the open modes, as they were before the last extension and are
since. They are the only labels that a sweep does not state, and cost much to find anew."""


@dataclass(frozen=True)
class Stated:
    """What a root states.

    Attributes
    ----------
    labels : mapping of str to list
        Values along dimensions, by name.
    sizes : mapping of str to int
        Number of values along dimensions, by name; those that are merely numbered too.
    """

    labels: Mapping[str, list[Any]]
    sizes: Mapping[str, int]

    def values(self, name: str, document: Mapping[str, Any]) -> NDArray[Any] | None:
        """Return the values of a coordinate, as many as it has; None if they are not stated.

        Parameters
        ----------
        name : str
            The coordinate.
        document : mapping
            Its metadata. While a store is extended they speak of fewer values than the sweep does.

        Raises
        ------
        ValueError
            If it has more values than are stated, or others than its type can hold.
        """
        dtype, shape = np.dtype(document["data_type"]), tuple(document["shape"])
        if len(shape) != 1:
            return None
        if name == REALIZATION or (name == CHANNEL and name not in self.labels):
            return np.arange(shape[0], dtype=dtype)
        if name not in self.labels:
            return None
        stated = self.labels[name][: shape[0]]
        if len(stated) < shape[0]:
            raise ValueError(f"{name} has {shape[0]} values, of which {len(stated)} are stated")
        try:
            values = np.asarray(stated, dtype=dtype)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"the stated values of {name} are {brief(stated)}") from error
        if values.shape != shape or values.tolist() != stated:
            raise ValueError(f"the stated values of {name} are {brief(stated)}")
        return values

    def shape(self, document: Mapping[str, Any]) -> tuple[int, ...] | None:
        """Return the shape that an array shall have; None if it is not stated."""
        names, present = document.get("dimension_names") or (), document["shape"]
        # What a mark proves is fixed when the store is made, and no axis of the sweep.
        fixed = dict(zip(names, present, strict=True)) if names[-1:] == [PROOF] else {}
        stated = [
            self.sizes.get(name, fixed.get(name) if name == PROOF else None) for name in names
        ]
        whole = tuple(size for size in stated if size is not None)
        return whole if len(whole) == len(stated) else None


def stated_by(header: Header) -> Stated:
    """Return what a store's root states.

    Raises
    ------
    ValueError
        If the sweep in it is none.
    """
    spec = header.spec
    axes = spec.get("axes")
    sizes = {REALIZATION: header.realizations}
    sizes["block"] = block_count(header.realizations, header.block)
    if not isinstance(axes, list):  # before format 2, whose sweeps had no named axes
        return Stated({}, sizes)
    labels: dict[str, list[Any]] = {}
    for axis in (*axes, *spec.get("dimensions", ())):
        if not isinstance(axis, dict) or not isinstance(axis.get("values"), list):
            raise ValueError(f"an axis of its sweep is {brief(axis)}")  # noqa: TRY004 - as in document
        labels[str(axis.get("name"))] = axis["values"]
    if isinstance(spec.get("lengths"), list) and spec["lengths"]:
        labels.setdefault(LENGTH, spec["lengths"])
    for cases in cases_stated(header).values():
        for name, values in parameters_stated([*cases.values()]).items():
            labels.setdefault(name, values)
    behind = header.sizes
    return Stated(labels, {**behind, **{name: len(held) for name, held in labels.items()}, **sizes})


def cases_stated(header: Header) -> dict[str, dict[int, dict[str, Any]]]:
    """Return the cases that the sweep of a store states, by axis and number.

    Raises
    ------
    ValueError
        If they are none.
    """
    found: dict[str, dict[int, dict[str, Any]]] = {}
    axes = header.spec.get("axes")
    for axis in axes if isinstance(axes, list) else ():
        cases = axis.get("cases") if isinstance(axis, dict) else None
        if not cases:
            continue
        are_cases = isinstance(cases, list) and all(isinstance(c, dict) and c for c in cases)
        numbers = axis.get("values")
        if not are_cases or not isinstance(numbers, list) or len(numbers) != len(cases):
            raise ValueError(f"the cases of {brief(axis.get('name'))} are {brief(cases)}")
        if any({*case} != {*cases[0]} for case in cases):
            raise ValueError(f"the cases of {brief(axis.get('name'))} have different parameters")
        found[str(axis["name"])] = {int(n): c for n, c in zip(numbers, cases, strict=True)}
    return found


def texts_stated(header: Header) -> dict[str, list[str]]:
    """Return the texts that stand for the values of dimensions, by name, as the sweep states them.

    Raises
    ------
    ValueError
        If they are none.
    """
    found: dict[str, list[str]] = {}
    for axis in header.spec.get("dimensions", ()):
        texts = axis.get("labels") if isinstance(axis, dict) else None
        if not texts:
            continue
        are_texts = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
        if not are_texts or len(texts) != len(axis.get("values", ())):
            raise ValueError(f"the labels of {brief(axis.get('name'))} are {brief(texts)}")
        found[str(axis.get("name"))] = texts
    return found


def parameters_stated(cases: Sequence[Mapping[str, Any]]) -> dict[str, list[float] | list[bool]]:
    """Return the parameters of cases as a store holds them: floats, or booleans.

    Those that are texts are left out: Zarr has no lasting form for arrays of texts.
    """
    found: dict[str, list[float] | list[bool]] = {}
    for name in cases[0] if cases else ():
        values = [case[name] for case in cases]
        if all(isinstance(value, bool) for value in values):
            found[name] = values
        elif all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            found[name] = [float(value) for value in values]
    return found


def chunks_of(name: str, document: Mapping[str, Any], values: NDArray[Any]) -> dict[str, bytes]:
    """Return the chunks of a coordinate by key, as Zarr writes them, those of zeros alone too.

    Zarr leaves out a chunk that holds its fill value alone, such as that of a field of 0.

    Parameters
    ----------
    name : str
        The coordinate.
    document : mapping
        Its metadata.
    values : array
        All that it holds, of its shape.
    """
    chunk = tuple(document["chunk_grid"]["configuration"]["chunk_shape"])
    dtype = np.dtype(document["data_type"]).newbyteorder("<")
    keys = Keys(name, separator_of(dict(document)))
    chunks = {}
    for index in itertools.product(
        *(range(-(-n // c)) for n, c in zip(values.shape, chunk, strict=True))
    ):
        whole = np.full(chunk, fill_value(dict(document)), dtype=dtype)
        part = values[tuple(slice(i * c, (i + 1) * c) for i, c in zip(index, chunk, strict=True))]
        whole[tuple(map(slice, part.shape))] = part
        chunks[keys.key(index)] = sealed(whole.tobytes())
    return chunks


def values_in(
    name: str, document: Mapping[str, Any], chunks: Mapping[str, bytes | None], *, lenient: bool
) -> NDArray[Any]:
    """Return the values of a coordinate as its chunks hold them.

    Parameters
    ----------
    name : str
        The coordinate.
    document : mapping
        Its metadata.
    chunks : mapping of str to bytes or None
        Its chunks by key.
    lenient : bool
        Whether a chunk that is missing is one of zeros.

    Raises
    ------
    ValueError
        If a chunk is damaged or missing.
    """
    shape, dtype = tuple(document["shape"]), np.dtype(document["data_type"])
    chunk = tuple(document["chunk_grid"]["configuration"]["chunk_shape"])
    values = np.full(shape, fill_value(dict(document)), dtype=dtype)
    keys = Keys(name, separator_of(dict(document)))
    for index in itertools.product(*(range(-(-n // c)) for n, c in zip(shape, chunk, strict=True))):
        key = keys.key(index)
        content = chunks.get(key)
        if content is None:
            if lenient:
                continue
            raise ValueError(f"{key} is missing")
        try:
            decoded = decode_plain(content, dtype, chunk)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
        spans = [
            slice(i * c, min(n, (i + 1) * c)) for i, c, n in zip(index, chunk, shape, strict=True)
        ]
        values[tuple(spans)] = decoded[tuple(slice(0, s.stop - s.start) for s in spans)]
    return values


def digest_of_values(values: NDArray[Any]) -> str:
    """Return the digest (sha256, hex) of numbers with their shape and type."""
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    told = f"{little.dtype.str} {little.shape} ".encode()
    return hashlib.sha256(told + little.tobytes()).hexdigest()[:16]
