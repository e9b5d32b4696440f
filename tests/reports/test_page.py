"""The page of `qtcore report`: what stands in it, what it refuses, and what no store can put into it."""

import itertools
import json
import os
import shlex
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.cli import main
from qtcore.store.header import read_header

from .conftest import EVIL

Copy = Callable[..., Path]


class Read(HTMLParser):
    """The elements, links and text of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.preformatted: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags[-1:] == ["pre"]:
            self.preformatted.append(data)


def harmless(read: Read) -> bool:
    """Whether a page executes nothing and asks for nothing."""
    known = {"script", "b", "iframe", "object", "link"} & set(read.tags)
    far = [link for link in read.links if not link.startswith(("#", "data:image/"))]
    return not (known or far or read.handlers)


def test_a_finished_run(mine: Copy) -> None:
    store = mine()
    log = store / "run" / "events.jsonl"
    worker = json.loads(log.read_text().splitlines()[-2])["worker"]
    log.write_text(log.read_text().replace(worker, r"$\\frac$" + EVIL))
    read = Read(qt.report(store))
    assert harmless(read)
    assert EVIL in read.text
    assert "All 80 realizations are in the store" in read.text
    ds = qt.open(store)
    found = float(ds.x.sel(field=2.0).mean())
    error = float(ds.x.sel(field=2.0).std(ddof=1)) / 40**0.5
    assert f"{found:.2f} ± {error:.2f}" in read.text
    assert f"{found - 1.959964 * error:.4g} to {found + 1.959964 * error:.4g}" in read.text
    header = read_header(store)
    for words in ("✓ passed", "T</td>", "numpy", header.spec_hash, "not one that comes with"):
        assert words in read.text
    assert read.tags.count("img") == 2, "figure and timeline"
    assert read.text.count("disorder") >= 2


def test_commands_can_be_pasted(mine: Copy, tmp_path: Path) -> None:
    store = mine().rename(tmp_path / "$(touch gone).zarr")
    read = Read(qt.report(store))
    lines = [text for text in read.preformatted if text.startswith("qtcore ")]
    assert any(line.startswith("qtcore rerun") for line in lines)
    assert any(line.startswith("qtcore extend") for line in lines)
    for line in lines:
        assert str(store) in shlex.split(line)


def test_the_run_command_makes_the_sweep_of_the_store(made: Path) -> None:
    from qtcore.reports.commands import commands_of
    from qtcore.reports.gathered import Gathered
    from qtcore.reports.tables import Definition
    from qtcore.store.locate import place_of
    from qtcore.sweep.status import read_status
    from qtcore.sweep.stored_draws import whole_sweep

    header = read_header(made / "run.zarr")
    found = Gathered(
        place_of(made / "run.zarr"), header, read_status(made / "run.zarr"), whole_sweep(header)
    )
    shipped = Definition("reported", "text", "", str(made / "reported.py"))
    words = shlex.split(commands_of(found, shipped)[0][1])
    settings = dict(w.split("=") for flag, w in itertools.pairwise(words) if flag == "--set")
    assert settings == {"field": "1,2", "disorder": "1.0"}
    plan = qt.plan(words[2], preset="quick", settings=settings, seed=1, store=made / "other.zarr")
    assert plan.sweep.hash == header.spec_hash


def test_an_unfinished_run_says_so_at_the_top(mine: Copy) -> None:
    store = mine()
    for mark in (store / "block_realizations").glob("c*"):
        mark.unlink()
    read = Read(qt.report(store))
    assert "This run is not finished" in read.text
    assert "0 of its 80 realizations" in read.text
    assert "There are no results yet" in read.text


def test_failures_and_their_errors(mine: Copy) -> None:
    read = Read(qt.report(mine("failed")))
    assert harmless(read)
    assert "This run is not finished" in read.text
    assert f"{EVIL} 'quoted' $(touch gone)" in read.text
    assert "qt.reproduce" in read.text
    assert "field 3" in read.text


def test_a_strangers_definition_is_not_executed(theirs: Path) -> None:
    read = Read(qt.report(theirs))
    assert harmless(read)
    assert "Nothing of the definition was executed" in read.text
    assert f"qtcore figure {theirs} --trust" in read.text
    assert "There is no table of checks" in read.text


def test_what_lies_beside_a_strangers_store_is_shown(
    made: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qt.figure(theirs, workflow=made / "reported.py")
    (made / "executed").unlink()
    monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())
    read = Read(qt.report(theirs))
    assert harmless(read)
    assert "Results and checks, and the figure, were read from files beside the store" in read.text
    assert "~ weak" in read.text
    assert read.tags.count("img") == 2


def test_an_analysis_of_another_store_beside_it_is_not_shown(theirs: Path, made: Path) -> None:
    qt.figure(made / "failed.zarr", workflow=made / "reported.py")
    (made / "executed").unlink()
    (made / "failed.analysis.zarr").rename(theirs.with_name("run.analysis.zarr"))
    assert "run.analysis.zarr beside the store is of another sweep" in Read(qt.report(theirs)).text


@pytest.mark.parametrize("value", [["x"], -1.0])
def test_an_analysis_that_says_anything_is_left_out(
    made: Path, theirs: Path, value: object
) -> None:
    """Somebody else wrote it: checks that are no numbers, and arrays larger than any memory."""
    qt.figure(theirs, workflow=made / "reported.py")
    (made / "executed").unlink()
    root = theirs.with_name("run.analysis.zarr") / "zarr.json"
    document = json.loads(root.read_text())
    checks = json.loads(document["attributes"]["checks"])
    checks[0]["tolerance" if value == -1.0 else "value"] = value
    document["attributes"]["checks"] = json.dumps(checks)
    root.write_text(json.dumps(document))
    said = "run.analysis.zarr beside the store cannot be read as an analysis"
    assert said in Read(qt.report(theirs)).text
    array = root.parent / "mean_x" / "zarr.json"
    array.write_text(array.read_text().replace('"shape": [\n    2', '"shape": [\n    200000000000'))
    assert "is too large to be shown" in Read(qt.report(theirs, force=True)).text


def test_a_text_cannot_turn_the_direction_of_writing() -> None:
    from qtcore.reports.page import _shown

    assert _shown("a\u202eb") == "a\\u202eb"


def test_commands_in_sentences_are_code_and_nothing_else_is() -> None:
    from qtcore.reports.page import _prose

    said = _prose("use `a <b>`, not `c")
    assert str(said) == "use <code>a &lt;b&gt;</code>, not `c"


def test_files_that_are_refused(mine: Copy, tmp_path: Path) -> None:
    store = mine()
    there = tmp_path / "there.html"
    there.write_text("precious")
    with pytest.raises(qt.InputError, match="exists, and is not replaced"):
        qt.report(store, there)
    assert there.read_text() == "precious"
    with pytest.raises(qt.InputError, match="lies in the store"):
        qt.report(store, store / "a.html")
    with pytest.raises(qt.InputError, match="there is no folder"):
        qt.report(store, tmp_path / "no" / "a.html")
    with pytest.raises(qt.InputError, match="got the URL"):
        qt.report(store, "s3://bucket/a.html")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.geteuid():
        with pytest.raises(qt.InputError, match="cannot be written"):
            qt.report(store, closed / "a.html")
    assert qt.report(store, there, force=True).read_text().startswith("<!doctype html>")


def test_the_command(mine: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = mine()
    with pytest.raises(SystemExit) as ended:
        main(["report", str(store), "--to", str(tmp_path / "a.html")])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "a.html")
    (store / "zarr.json").write_text("{")
    with pytest.raises(SystemExit) as ended:
        main(["report", str(store)])
    assert ended.value.code == 3
    assert "its zarr.json is damaged" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["report", str(tmp_path / "nowhere.zarr")])
    assert ended.value.code == 2


def test_a_damaged_chunk_is_told(mine: Copy, capsys: pytest.CaptureFixture[str]) -> None:
    store = mine()
    for chunk in (store / "x").glob("c*"):
        content = bytearray(chunk.read_bytes())
        content[len(content) // 2] ^= 1
        chunk.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main(["report", str(store)])
    assert ended.value.code == 3
    assert "is damaged" in capsys.readouterr().err
    assert not store.with_name("run.report.html").exists()


@pytest.mark.slow
def test_a_store_on_an_object_store(
    made: Path, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qtcore.store.locate import place_of

    monkeypatch.chdir(tmp_path)
    source, target = place_of(made / "run.zarr"), place_of(f"{s3}/run.zarr")
    target.put_all({key: source.get(key) or b"" for key in source.keys("")})
    path = qt.report(f"{s3}/run.zarr")
    assert path.is_relative_to("results/s3")
    read = Read(path)
    assert "All 80 realizations are in the store" in read.text
    assert f"qtcore check {s3}/run.zarr" in read.text
    crate = qt.report(f"{s3}/run.zarr", crate="run.zip", with_samples=True)
    with zipfile.ZipFile(crate) as archive:
        archive.extractall("out")
    assert qt.open("out/run.zarr").load().equals(qt.open(made / "run.zarr").load())
    with zipfile.ZipFile(qt.report(f"{s3}/run.zarr", crate="small.zip")) as archive:
        assert f'"@id": "{s3}/run.zarr"' in archive.read("ro-crate-metadata.json").decode()
