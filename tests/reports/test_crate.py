"""`qtcore report --crate`: a Workflow Run RO-Crate that other programs can read."""

import csv
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from rocrate.rocrate import ROCrate

import qtcore as qt
from qtcore.cli import main
from qtcore.store.header import read_header

Copy = Callable[..., Path]


def references(value: Any) -> Iterator[str]:
    """Yield what JSON-LD refers to by `@id`."""
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def graph_of(path: Path) -> dict[str, dict[str, Any]]:
    """Return the entities of a crate by `@id`."""
    with zipfile.ZipFile(path) as archive:
        document = json.loads(archive.read("ro-crate-metadata.json"))
    assert "https://w3id.org/ro/crate/1.1/context" in document["@context"]
    return {entity["@id"]: entity for entity in document["@graph"]}


@pytest.fixture
def crate(mine: Copy, tmp_path: Path) -> Path:
    """The crate of a finished run."""
    return qt.report(mine(), crate=tmp_path / "run.zip", license="CC-BY-4.0")


def test_what_the_profile_demands(crate: Path, made: Path) -> None:
    graph = graph_of(crate)
    for entity in graph.values():
        assert entity.get("@type"), entity
        for one in references(entity):
            assert one in graph or one.startswith(("http://", "https://")), one
    root = graph["./"]
    for name in ("name", "description", "datePublished", "license"):
        assert root[name]
    conforms = {one["@id"] for one in root["conformsTo"]}
    assert {f"https://w3id.org/ro/wfrun/{name}/0.5" for name in ("process", "workflow")} <= conforms
    workflow = graph[root["mainEntity"]["@id"]]
    assert set(workflow["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    assert graph[workflow["programmingLanguage"]["@id"]]["name"] == "Python"
    (action,) = (one for one in graph.values() if one["@type"] == "CreateAction")
    header = read_header(made / "run.zarr")
    assert action["instrument"]["@id"] == workflow["@id"]
    assert action["@id"] == root["mentions"]["@id"]
    assert action["startTime"] == header.attributes["created"]
    assert action["endTime"] == header.attributes["completed"]
    assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert "agent" not in action, "a store records nobody"
    values = {graph[one["@id"]]["name"]: graph[one["@id"]] for one in action["object"]}
    assert values["field"]["value"] == ["1", "2"]
    assert values["field"]["unitText"] == "T</td>"
    assert values["disorder"]["value"] == "1.0"
    assert values["disorder"]["unitText"] == "t"
    assert values["seed"]["value"] == "1"
    inputs = {one["@id"] for one in workflow["input"]}
    outputs = {one["@id"] for one in workflow["output"]}
    assert {one["exampleOfWork"]["@id"] for one in values.values()} == inputs
    results = [graph[one["@id"]] for one in action["result"]]
    assert {one["exampleOfWork"]["@id"] for one in results} == outputs
    assert all(graph[one]["@type"] == "FormalParameter" for one in inputs | outputs)
    software = {one["name"] for one in graph.values() if one["@type"] == "SoftwareApplication"}
    assert {"qtcore", "numpy", "zarr"} <= software


def test_the_files_of_a_crate(crate: Path, made: Path) -> None:
    graph = graph_of(crate)
    with zipfile.ZipFile(crate) as archive:
        names = set(archive.namelist())
        files = {one["@id"] for one in graph.values() if "File" in one["@type"]}
        assert files <= names
        assert not any("zarr" in name for name in names), "no samples unless they are asked for"
        assert archive.read("definition.py").decode() == (made / "reported.py").read_text()
        checks = json.loads(archive.read("checks.json"))
        rows = list(csv.DictReader(archive.read("results.csv").decode().splitlines()))
        page = archive.read("report.html").decode()
    assert [check["key"] for check in checks[:2]] == ["mean_x[field=1]", "mean_x[field=2]"]
    ds = qt.open(made / "run.zarr")
    found = [float(row["value"]) for row in rows if row["quantity"] == "mean_x"]
    assert found == pytest.approx(ds.x.mean("realization").values.tolist(), rel=1e-12)
    assert "<script" not in page
    assert str(made.parent) not in json.dumps(graph), "paths of this machine mean nothing elsewhere"
    read = ROCrate(crate)
    assert read.mainEntity.id == "definition.py"
    assert read.dereference("#run")["instrument"] is read.mainEntity


def test_a_crate_with_samples(mine: Copy, tmp_path: Path) -> None:
    store = mine()
    private = tmp_path / "private"
    private.write_text("secret")
    (store / "run" / "link").symlink_to(private)
    path = qt.report(store, crate=tmp_path / "run.zip", with_samples=True)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
        assert not any("link" in name for name in archive.namelist()), "no link is followed"
    got = qt.open(tmp_path / "out" / "run.zarr")
    assert xr.Dataset.equals(got.load(), qt.open(store).load())
    results = {one["@id"] for one in graph_of(path)["#run"]["result"]}
    assert "run.zarr/" in results


def test_runs_that_failed_and_licences_that_are_not_known(mine: Copy, tmp_path: Path) -> None:
    graph = graph_of(qt.report(mine("failed"), crate=tmp_path / "run.zip"))
    assert graph["#run"]["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert "ValueError" in graph["#run"]["error"]
    assert "No licence is stated" in graph["./"]["license"]


def test_what_is_refused(
    mine: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    store = mine()
    there = tmp_path / "there.zip"
    there.write_bytes(b"precious")
    with pytest.raises(SystemExit) as ended:
        main(["report", str(store), "--crate", str(there)])
    assert ended.value.code == 2
    assert "exists, and is not replaced" in capsys.readouterr().err
    assert there.read_bytes() == b"precious"
    with pytest.raises(qt.InputError, match=r"a crate is one file \.zip"):
        qt.report(store, crate=tmp_path / "folder")
    with pytest.raises(qt.InputError, match="go into a crate"):
        qt.report(store, with_samples=True)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(qt.InputError, match=r"pip install 'qtcore\[crate\]'"):
        qt.report(store, crate=tmp_path / "new.zip")


def test_nothing_of_a_strangers_definition_is_executed_for_a_crate(
    theirs: Path, tmp_path: Path
) -> None:
    graph = graph_of(qt.report(theirs, crate=tmp_path / "run.zip"))
    assert "definition.py" in graph
    assert "checks.json" not in graph
