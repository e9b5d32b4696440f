"""Metadata as a store has them: JSON that anybody may have edited, read without trusting it.

What a document may hold is checked here once; whoever works with a `Header` or a `BlockArray` gets
values of the right type and of a size that a store can have.
"""

import json
import math
import operator
from typing import Any, NoReturn

import numpy as np

from qtcore.errors import brief

MOST_BYTES = 2**26
"""Bytes of a document, at most: the text of a sweep with a million points takes some of them."""

LARGEST_CHUNK = 2**32
"""Bytes of a chunk when it is decoded, at most."""

DTYPES = frozenset(
    {
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    }
)
"""Types of the numbers that a store holds."""

CODECS = (("bytes", "zstd", "crc32c"), ("bytes", "crc32c"))
"""How chunks are encoded: those of blocks, and those of coordinates and markers."""


def parsed(content: bytes | None) -> dict[str, Any]:
    """Return a document.

    Raises
    ------
    ValueError
        If it is no JSON object, is larger than a document can be, or holds what JSON does not
        have (NaN); the message says which.
    """
    if content is None:
        raise ValueError("it is missing")
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    try:
        document = json.loads(content, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    if not isinstance(document, dict):
        raise ValueError(f"it is a JSON {type(document).__name__}, not an object")  # noqa: TRY004 - one kind of error for all that is wrong
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def checked_array(document: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of an array that qtcore can read.

    Raises
    ------
    ValueError
        If something in them is not as qtcore writes it.
    """
    if document.get("zarr_format") != 3 or document.get("node_type") != "array":
        raise ValueError("it does not describe an array of Zarr format 3")
    shape = _numbers(document, "shape", least=0)
    if document.get("data_type") not in tuple(DTYPES):  # what came may have no hash
        raise ValueError(f"data_type is {brief(document.get('data_type'))}")
    names: Any = document.get("dimension_names", [])  # Zarr writes none for a single number
    if not _is_list_of(names, str) or len(names) != len(shape) or len({*names}) != len(names):
        raise ValueError("dimension_names does not name each dimension once")
    grid = _mapping(document, "chunk_grid", "regular")
    outer = _numbers(grid, "chunk_shape", least=1)
    separator = _mapping(document, "chunk_key_encoding", "default").get("separator")
    if separator not in (".", "/"):
        raise ValueError(f"the separator of its chunk keys is {brief(separator)}")
    codecs: Any = document.get("codecs")
    inner = outer
    if _codec_names(codecs) == ("sharding_indexed",):
        shard = codecs[0].get("configuration")
        if not isinstance(shard, dict) or shard.get("index_location") != "end":
            raise ValueError("its shards are none that qtcore writes")
        inner, codecs = _numbers(shard, "chunk_shape", least=1), shard.get("codecs")
    if _codec_names(codecs) not in CODECS:
        raise ValueError("its codecs are none that qtcore writes")
    if len(outer) != len(shape) or len(inner) != len(shape):
        raise ValueError("its chunks have other dimensions than the array")
    if any(n % c for n, c in zip(outer, inner, strict=True)):
        raise ValueError("its shards hold no whole number of chunks")
    if math.prod(inner) * np.dtype(document["data_type"]).itemsize > LARGEST_CHUNK:
        raise ValueError(f"a chunk of {inner} numbers is too large")
    if not isinstance(document.get("attributes", {}), dict):
        raise ValueError("attributes is no object")  # noqa: TRY004 - as above
    fill_value(document)
    return document


def fill_value(document: dict[str, Any]) -> Any:
    """Return the value of what was not written, as a NumPy scalar.

    Raises
    ------
    ValueError
        If it is none of the array's type.
    """
    given, dtype = document.get("fill_value"), np.dtype(document["data_type"])
    try:
        if dtype.kind == "c":
            real, imaginary = given  # type: ignore[misc]  # what is no pair is refused below
            return dtype.type(complex(float(real), float(imaginary)))
        if dtype.kind == "f":
            return dtype.type(float(given))  # type: ignore[arg-type]  # refused below
        return dtype.type(operator.index(given))  # type: ignore[arg-type]  # refused below
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"fill_value is {brief(given)}") from None


def _is_list_of(values: Any, kind: type) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _numbers(document: dict[str, Any], name: str, least: int) -> list[int]:
    values = document.get(name)
    if not _is_list_of(values, int) or not all(least <= n < 2**62 for n in values):  # type: ignore[union-attr]  # a list then
        raise ValueError(f"{name} is {brief(values)}")
    return list(values)  # type: ignore[arg-type]  # a list then


def _mapping(document: dict[str, Any], name: str, kind: str) -> dict[str, Any]:
    found = document.get(name)
    if not isinstance(found, dict) or found.get("name") != kind:
        raise ValueError(f"{name} is {brief(found)}")
    configuration = found.get("configuration")
    if not isinstance(configuration, dict):
        raise ValueError(f"{name} has no configuration")  # noqa: TRY004 - as above
    return configuration


def _codec_names(codecs: Any) -> tuple[Any, ...]:
    if not isinstance(codecs, list) or not all(isinstance(codec, dict) for codec in codecs):
        return ()
    return tuple(codec.get("name") for codec in codecs)
