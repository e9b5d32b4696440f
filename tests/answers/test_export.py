"""Samples, statistics and results as files, read back by the programs that they are for."""

import errno
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import qtcore as qt
from qtcore.answers.asked import asked
from qtcore.answers.export import excel, sheet
from qtcore.answers.export.file import FORMATS, target_of
from qtcore.answers.export.sheet import sheets_of

from .made import dataset

ENDS = [*FORMATS]


@pytest.fixture
def ds() -> xr.Dataset:
    """Two energies, 6 realizations of which one is missing, 3 lengths of which one point lacks the last."""
    samples = np.random.default_rng(3).normal(size=(2, 6, 3))
    samples[0, 5] = samples[1, :, 2] = np.nan
    made = dataset(samples, workflow="made")
    about = {"units": "e²/h", "long_name": "reflection"}
    return made.assign(reflection=made.ln_g.astype(np.float32).assign_attrs(about)).chunk(energy=1)


def read(path: Path) -> pd.DataFrame:
    """Read a file as the documentation says; names without units."""
    if path.suffix == ".nc":
        with xr.open_dataset(path) as found:
            frame = found.load().to_dataframe().reset_index()
        return frame.dropna(subset=["ln_g"], ignore_index=True)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".txt":
        return pd.read_csv(path, sep="\t", skiprows=[1, 2])
    frame = pd.read_excel(path) if path.suffix == ".xlsx" else pd.read_csv(path, comment="#")
    return frame.rename(columns=lambda name: name.partition(" [")[0])


@pytest.mark.parametrize("end", ENDS)
def test_every_format_gives_back_every_sample(ds: xr.Dataset, tmp_path: Path, end: str) -> None:
    path = target_of(tmp_path / f"a{end}").write(asked(ds), "here.zarr")
    found = read(path)
    assert len(found) == 5 * 3 + 6 * 2
    ds = ds.compute()
    for row in found.itertuples():
        there = ds.sel(energy=row.energy, realization=row.realization, length=row.length)
        # Excel's own files have 16 digits.
        assert row.ln_g == pytest.approx(there.ln_g.item(), rel=1e-15 if end == ".xlsx" else 0)
        assert np.float32(row.reflection) == there.reflection.item()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_units_and_errors_stand_in_the_header(ds: xr.Dataset, tmp_path: Path) -> None:
    found = asked(ds, of="reflection", stat="mean,var", selected={"energy": 0.0})
    files = {e: target_of(tmp_path / f"a{e}").write(found, "here.zarr") for e in ENDS}
    header = [
        "energy [t]",
        "length [sites]",
        "finished",
        "reflection_mean [e²/h]",
        "reflection_mean_error [e²/h]",
        "reflection_var [(e²/h)²]",
        "reflection_var_error [(e²/h)²]",
    ]
    assert list(pd.read_csv(files[".csv"], comment="#")) == header
    assert list(pd.read_excel(files[".xlsx"])) == header
    text = files[".csv"].read_text(encoding="utf-8")
    assert "# workflow: made\n" in text
    assert "# width: 8\n" in text
    assert "# reflection_mean_error [e²/h]: standard error: mean of reflection" in text
    names, units, comments, *rows = files[".txt"].read_text(encoding="utf-8").splitlines()
    assert names.split("\t")[:2] == ["energy", "length"]
    assert units.split("\t")[:2] == ["t", "sites"]
    assert "Fermi energy (made by: qtcore" in comments
    assert len(rows) == 3
    frame = pd.read_parquet(files[".parquet"])
    assert frame.attrs["units"]["reflection_var"] == "(e²/h)²"
    assert frame.attrs["workflow"] == "made"
    with xr.open_dataset(files[".nc"]) as back:
        assert back.reflection_mean.attrs["units"] == "e²/h"
        assert back.attrs["store"] == "here.zarr"
    # By hand: mean and its error over the five finished realizations.
    samples = ds.reflection.sel(energy=0.0).values[:5].astype(np.float64)
    assert np.allclose(frame.reflection_mean, samples.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("end", [".csv", ".txt", ".parquet", ".xlsx"])
def test_axes_that_are_not_asked_for_become_columns(
    ds: xr.Dataset, tmp_path: Path, end: str
) -> None:
    found = asked(ds, of="ln_g", stat="mean")
    frame = read(target_of(tmp_path / f"a{end}").write(found, "here.zarr", by="length"))
    assert list(frame) == [
        "length",
        *("ln_g_mean energy=0", "ln_g_mean_error energy=0"),
        *("ln_g_mean energy=0.1", "ln_g_mean_error energy=0.1"),
    ]
    wide = frame["ln_g_mean energy=0.1"].to_numpy()
    assert np.allclose(wide[:2], ds.ln_g.sel(energy=0.1).values[:, :2].mean(axis=0))
    assert np.isnan(wide[2])


def test_too_many_columns_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    many = dataset(np.zeros((20, 1000, 1)))
    with pytest.raises(qt.InputError, match=r"by length has 20,000.*20 of energy, 1,000 of reali"):
        target_of(tmp_path / "a.csv").write(many, "here.zarr", by="length")
    with pytest.raises(qt.InputError, match=r"no axis 'lenght' \(did you mean length"):
        target_of(tmp_path / "a.csv").write(many, "here.zarr", by="lenght")
    with pytest.raises(qt.InputError, match=r"\.nc keeps all axes as they are"):
        target_of(tmp_path / "a.nc").write(many, "here.zarr", by="length")


@pytest.mark.parametrize("end", ENDS)
def test_a_file_is_replaced_only_when_that_is_said(
    ds: xr.Dataset, tmp_path: Path, end: str
) -> None:
    path = tmp_path / f"a{end}"
    path.write_bytes(b"precious")
    with pytest.raises(qt.InputError, match="exists, and is not replaced: give another name"):
        target_of(path)
    assert path.read_bytes() == b"precious"
    target_of(path, force=True).write(asked(ds), "here.zarr")
    assert len(read(path)) == 27


def test_a_file_that_appears_meanwhile_is_not_replaced(ds: xr.Dataset, tmp_path: Path) -> None:
    target = target_of(tmp_path / "a.csv")
    target.path.write_bytes(b"precious")
    with pytest.raises(qt.InputError, match="exists, and is not replaced"):
        target.write(asked(ds), "here.zarr")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"precious"]


@pytest.mark.parametrize("end", ENDS)
def test_what_fails_on_the_way_leaves_nothing(tmp_path: Path, end: str) -> None:
    """The older file stays, and nothing is left beside it."""
    path = tmp_path / f"a{end}"
    path.write_bytes(b"precious")
    broken = dataset(np.zeros((2, 3, 1))).chunk(energy=1)
    broken["ln_g"] = broken.ln_g.copy(data=broken.ln_g.data.map_blocks(_fails, dtype=float))
    with pytest.raises(ZeroDivisionError):
        target_of(path, force=True).write(broken, "here.zarr")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"precious"]


def test_a_disk_that_is_full_ends_in_an_error_and_not_in_hdf5(
    ds: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int, offset: int, size: int) -> None:
        assert size > ds.ln_g.nbytes, (number, offset)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.posix_fallocate", full)
    with pytest.raises(qt.QtcoreError, match="No space left on device"):
        target_of(tmp_path / "out.nc").write(asked(ds), "here.zarr")
    assert not [*tmp_path.iterdir()]


def _fails(block: Any) -> Any:
    raise ZeroDivisionError(block.shape)


@pytest.mark.parametrize("end", ENDS)
def test_what_nothing_is_finished_of_makes_no_file(tmp_path: Path, end: str) -> None:
    nothing = dataset(np.full((2, 3, 1), np.nan))
    with pytest.raises(qt.InputError, match="no realization of what was asked for is finished"):
        target_of(tmp_path / f"a{end}").write(nothing, "here.zarr")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("end", "package", "needed"),
    [
        (".parquet", "pyarrow", "pyarrow"),
        (".xlsx", "openpyxl", "openpyxl"),
        (".nc", "h5netcdf", "h5netcdf with h5py"),
        (".nc", "h5py", "h5netcdf with h5py"),
    ],
)
def test_a_missing_package_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, package: str, needed: str
) -> None:
    monkeypatch.delitem(sys.modules, f"qtcore.answers.export.{FORMATS[end].module}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(qt.InputError) as told:
        target_of(tmp_path / f"a{end}")
    assert f"{end} needs the package {needed}: pip install 'qtcore[export]'" in str(told.value)


def test_tables_over_other_axes_are_sheets_or_refused(ds: xr.Dataset, tmp_path: Path) -> None:
    mixed = ds.assign(xi=("energy", [1.0, 2.0]))
    with pytest.raises(qt.InputError, match=r"2 tables.*\nover energy, realization, length: ln_g"):
        target_of(tmp_path / "a.csv").write(mixed, "here.zarr")
    path = target_of(tmp_path / "a.xlsx").write(mixed, "here.zarr")
    assert list(pd.read_excel(path, sheet_name=None)) == ["1 ln_g", "2 xi", "about"]
    with xr.open_dataset(target_of(tmp_path / "a.nc").write(mixed, "here.zarr")) as back:
        assert back.xi.values.tolist() == [1.0, 2.0]


def test_more_rows_than_a_sheet_has_are_refused(
    ds: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "MOST_ROWS", 30)
    with pytest.raises(qt.InputError, match="at most 30 rows, this table has up to 36"):
        target_of(tmp_path / "a.xlsx").write(ds, "here.zarr")


def test_texts_of_a_store_steer_neither_table_nor_spreadsheet(tmp_path: Path) -> None:
    mean = "=1+1\n,\x1b[2J"
    ds = xr.Dataset(
        {"x": ("lead", [1.0, 2.0], {"units": "t\n", "long_name": f"{mean} # {mean}"})},
        {"lead": ["=cmd", "right"]},
    )
    for end in (".csv", ".txt", ".xlsx"):
        frame = read(target_of(tmp_path / f"a{end}").write(ds, "here.zarr"))
        assert frame.x.tolist() == [1.0, 2.0]
        assert frame.lead.tolist() == ["=cmd" if end == ".xlsx" else "'=cmd", "right"]
    assert "\x1b" not in (tmp_path / "a.csv").read_text(encoding="utf-8")


def test_complex_numbers_become_two_columns(tmp_path: Path) -> None:
    ds = xr.Dataset(
        {"t": ("energy", [1 + 2j, 3 - 1j], {"long_name": "amplitude"})}, {"energy": [0.0, 1.0]}
    )
    frame = read(target_of(tmp_path / "a.csv").write(ds, "here.zarr"))
    assert frame.t_real.tolist() == [1.0, 3.0]
    assert frame.t_imag.tolist() == [2.0, -1.0]


@pytest.mark.parametrize("most", [1, 7, 30, 10**6])
def test_a_table_is_read_in_pieces(
    ds: xr.Dataset, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows whatever the size of the pieces, none of which is larger than asked for."""
    (whole,) = sheets_of(asked(ds))
    expected = [np.concatenate(parts) for parts in zip(*whole.blocks(), strict=True)]
    columns = len(whole.columns)
    monkeypatch.setattr(sheet, "MOST_NUMBERS", most * columns)
    blocks = [*whole.blocks()]
    assert max(len(block[0]) for block in blocks) <= most
    for parts, one in zip(zip(*blocks, strict=True), expected, strict=True):
        assert np.array_equal(np.concatenate(parts), one, equal_nan=True)


def test_a_selected_value_stays_a_column(ds: xr.Dataset) -> None:
    (alone,) = sheets_of(asked(ds, of="ln_g", selected={"energy": 0.1, "length": 20}))
    assert [column.name for column in alone.columns] == [
        *("energy", "realization", "length", "finished", "ln_g")
    ]
    assert alone.most_rows == 6


def test_rows_of_cases_may_be_asked_for_by_their_parameters() -> None:
    cases = xr.Dataset(
        {"xi": (("sample", "energy"), [[5.0, 6.0], [33.0, 34.0]], {"units": "sites"})},
        {"energy": [0.1, 0.2], "sample": [0, 1], "lattice": ("sample", ["zigzag", "square"])},
    )
    (sheet,) = sheets_of(cases, ["lattice", "energy"])
    assert [column.name for column in sheet.columns] == ["sample", "energy", "lattice", "xi"]
    (block,) = sheet.blocks()
    assert block[2].tolist() == ["zigzag"] * 2 + ["square"] * 2
    with pytest.raises(qt.InputError, match="there is sample, energy, lattice"):
        sheets_of(cases, ["latice"])


def test_columns_of_cases_name_what_the_cases_stand_for() -> None:
    """They were called sample=0 and sample=1 alone."""
    xi = (("sample", "length"), [[5.0, 6.0], [33.0, 34.0]])
    along = {"lattice": ("sample", ["zigzag", "square"]), "width": ("sample", [4, 8])}
    beside = {"finished": ("sample", [8, 8]), "channels": ("sample", [4, 8])}
    (sheet,) = sheets_of(
        xr.Dataset({"xi": xi}, {"length": [10, 20], **along, **beside}), ["length"]
    )
    assert [column.name for column in sheet.columns] == [
        "length",
        "xi sample=0 lattice=zigzag width=4",
        "xi sample=1 lattice=square width=8",
    ]


def test_columns_of_realizations_of_several_seeds_name_seed_and_number() -> None:
    samples = xr.Dataset(
        {"ln_g": (("realization", "length"), [[-1.0, -2.0], [-3.0, -4.0]])},
        {"seed": ("realization", [7, 8]), "number": ("realization", [0, 0]), "length": [10, 20]},
    )
    (sheet,) = sheets_of(samples, ["length"])
    assert [column.name for column in sheet.columns][1:] == [
        "ln_g realization=0 seed=7 number=0",
        "ln_g realization=1 seed=8 number=0",
    ]
