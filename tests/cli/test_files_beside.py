"""What lies where a figure or an analysis of a store is to be written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xarray as xr

from qtcore.errors import CannotWriteError
from qtcore.reports.files import beside, save_dataset
from qtcore.store.locate import place_of

Command = Callable[..., Any]

RESULT = xr.Dataset({"mean": 1.5, "error": ("width", [0.5])}, {"width": [3]})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def store_of_that_name(path: Path) -> None:
    RESULT.assign_attrs(qtcore_format=4).to_zarr(path, zarr_format=3, consolidated=False)


def store_without_attributes(path: Path) -> None:
    RESULT.to_zarr(path, zarr_format=3, consolidated=False)
    (path / "run").mkdir()
    (path / "run" / "zarr.json").write_text("{}")


def somebody_elses_arrays(path: Path) -> None:
    RESULT.assign(mine=2.0).to_zarr(path, zarr_format=3, consolidated=False)


def folder_without_metadata(path: Path) -> None:
    path.mkdir()
    (path / "thesis.txt").write_text("precious")


def damaged_metadata(path: Path) -> None:
    path.mkdir()
    (path / "zarr.json").write_text('{"attributes": [1]}')


def link_to_an_analysis(path: Path) -> None:
    save_dataset(RESULT, place_of(path.with_name("b.zarr")), ".analysis.zarr")
    path.symlink_to(path.with_name("b.analysis.zarr"))


@pytest.mark.parametrize(
    "make",
    [
        store_of_that_name,
        store_without_attributes,
        somebody_elses_arrays,
        folder_without_metadata,
        damaged_metadata,
        link_to_an_analysis,
    ],
)
def test_what_is_no_analysis_is_not_replaced(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a.analysis.zarr")
    before = contents(tmp_path)
    with pytest.raises(CannotWriteError, match=r"a\.analysis\.zarr is no analysis .* move that"):
        save_dataset(RESULT, place_of(tmp_path / "a.zarr"), ".analysis.zarr")
    assert contents(tmp_path) == before


def test_an_analysis_is_replaced_whichever_version_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "a.analysis.zarr"
    older = RESULT.assign(mean=0.0)
    older.to_zarr(path, zarr_format=3, consolidated=False)
    for result in (RESULT, RESULT.rename(mean="average")):  # another definition, say
        save_dataset(result, place_of(tmp_path / "a.zarr"), ".analysis.zarr")
        read = xr.open_zarr(path, consolidated=False)
        assert read.equals(result)
        assert "qtcore_analysis" in read.attrs
    assert "qtcore_analysis" not in RESULT.attrs


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.analysis.zarr", "a.timeline.png"])
@pytest.mark.first_cases(1)
def test_a_folder_in_the_place_of_a_result_is_told(qtcore: Command, here: Path, name: str) -> None:
    assert qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr").code == 0
    if (here / name).is_dir():
        shutil.rmtree(here / name)
    (here / name).unlink(missing_ok=True)
    (here / name / "mine").mkdir(parents=True)
    (here / name / "mine" / "thesis.txt").write_text("precious")
    command = "timeline" if "timeline" in name else "figure"
    said = qtcore(command, "a.zarr")
    assert said.code == 3, said.err
    told = " ".join(said.err.replace("│", " ").split())
    assert name in told.replace(" ", "")
    assert "What is finished is safe in a.zarr. To go on, move that" in told
    assert "Traceback" not in said.err
    assert (here / name / "mine" / "thesis.txt").read_text() == "precious"
    assert not [path for path in here.iterdir() if path.name.endswith(".partial")]


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.timeline.png"])
@pytest.mark.first_cases(1)
def test_a_link_in_the_place_of_a_figure_is_replaced_itself(
    qtcore: Command, here: Path, name: str
) -> None:
    assert qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr").code == 0
    precious = here / "precious"
    precious.write_text("mine")
    (here / name).unlink(missing_ok=True)
    (here / name).symlink_to(precious)
    said = qtcore("timeline" if "timeline" in name else "figure", "a.zarr")
    assert said.code == 0, said.err
    assert precious.read_text() == "mine"
    assert not (here / name).is_symlink()


@pytest.mark.usefixtures("definition")
def test_a_link_in_the_place_of_an_analysis_is_told_and_stays(qtcore: Command, here: Path) -> None:
    assert qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr").code == 0
    (here / "a.analysis.zarr").rename(here / "precious.zarr")
    (here / "a.analysis.zarr").symlink_to(here / "precious.zarr")
    before = contents(here / "precious.zarr")
    said = qtcore("figure", "a.zarr")
    assert said.code == 3, said.err
    assert "a.analysis.zarr is no analysis that qtcore has written" in " ".join(said.err.split())
    assert (here / "a.analysis.zarr").is_symlink()
    assert contents(here / "precious.zarr") == before


def test_an_analysis_that_keeps_the_attributes_of_its_dataset_is_written_again(
    qtcore: Command, definition: Path
) -> None:
    """Otherwise it would look like a store the second time."""
    text = definition.read_text(encoding="utf-8")
    made = 'xr.Dataset({"mean": dataset.ln_g.mean().compute()}'
    assert made in text
    definition.write_text(text.replace(made, made + ", attrs=dataset.attrs"), encoding="utf-8")
    run = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    assert [qtcore(*run).code for _ in range(2)] == [0, 0]


def test_stores_of_one_name_in_two_buckets_have_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    urls = (
        "s3://a/x.zarr",
        "s3://b/x.zarr",
        "s3://b/c/x.zarr",
        "gs://a/x.zarr",
        "s3://b/../x.zarr",
    )
    places = [named(url) for url in urls]
    paths = [beside(place, ".png") for place in [*places, place_of("results/x.zarr")]]
    assert paths == [
        Path("results") / path
        for path in (
            "s3/a/x.png",
            "s3/b/x.png",
            "s3/b/c/x.png",
            "gs/a/x.png",
            "s3/b/x.png",
            "x.png",
        )
    ]


def named(url: str) -> Any:
    """A place that only has its name: buckets need credentials."""
    return SimpleNamespace(address=url, name=url.rpartition("/")[2])


@pytest.mark.parametrize("name", ["a.analysis.zarr", "moved.zarr"])
def test_an_analysis_in_the_place_of_its_store_is_told(
    qtcore: Command, here: Path, name: str
) -> None:
    """It was `a Zarr store, but qtcore did not make it`, which is not true."""
    save_dataset(RESULT, place_of(here / "a.zarr"), ".analysis.zarr").rename(here / name)
    for command in ("status", "check", "rerun"):
        said = qtcore(command, name)
        assert said.code == 2
        assert f"{name} is the analysis of a store, and no store itself." in said.err
        assert ("Give the store that it belongs to, a.zarr;" in said.err) == ("a." in name)
    assert "is the analysis" not in qtcore("query", here).out
