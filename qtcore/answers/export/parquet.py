"""Tables as Apache Parquet, through pyarrow."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from qtcore.answers.export.sheet import Sheet


def write_parquet(path: Path, sheets: Sequence[Sheet], facts: Mapping[str, str]) -> int:
    """Write a table as Parquet; return its number of rows.

    Units and meanings are metadata of the columns, and as `df.attrs["units"]` and `df.attrs["long_name"]` what
    `pandas.read_parquet(path)` gives.
    """
    (sheet,) = sheets
    columns = sheet.columns
    told = {
        **facts,
        "units": {column.name: column.units for column in columns},
        "long_name": {column.name: column.long_name for column in columns},
    }
    fields = [
        pa.field(
            column.name,
            pa.string()
            if column.dtype.kind in "OUST"
            else pa.from_numpy_dtype(column.dtype.newbyteorder("=")),
            metadata={"units": column.units, "long_name": column.long_name},
        )
        for column in columns
    ]
    schema = pa.schema(fields, metadata={"PANDAS_ATTRS": json.dumps(told)})
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for block in sheet.blocks():
            arrays = [
                pa.array(
                    v.tolist() if v.dtype.kind in "OUST" else v.astype(v.dtype.newbyteorder("=")),
                    f.type,
                )
                for v, f in zip(block, fields, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(block[0])
    return count
