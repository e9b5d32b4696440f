"""Stores that are refused: with digests that agree, but a sweep that cannot be; or read-only."""

import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

import qtcore as qt
from qtcore.cli import main
from qtcore.store.header import digest_of
from qtcore.store.layout import COPY
from qtcore.store.lease import Lease
from qtcore.store.place import ROOT_METADATA

DEFINITION = """
import numpy as np
import qtcore as qt

def solve(point, realizations):
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {"r": np.array([rng.normal() for rng in rngs])}

workflow = qt.Workflow(
    "mine", "Mine", "For tests.", {"quick": qt.Preset(gate=(1.0, 2.0), other=3, realizations=64)},
    solve=solve, variables=(qt.Variable("r"),),
    analyse=lambda ds: ds, draw=lambda ds, result: None, check=lambda result: [],
)
"""

Attributes = dict[str, Any]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("impossible")
    (folder / "mine.py").write_text(DEFINITION)
    qt.run(folder / "mine.py", store=folder / "a.zarr", cluster="threads", progress=False)
    return folder / "a.zarr"


def of_spec(change: Callable[[dict[str, Any]], object]) -> Callable[[Attributes], None]:
    def changed(attributes: Attributes) -> None:
        spec = json.loads(attributes["spec"])
        change(spec)
        attributes["spec"] = json.dumps(spec)

    return changed


def axis_called(name: str) -> Callable[[Attributes], None]:
    return of_spec(lambda spec: spec["axes"][0].update(name=name))


CHANGES: Mapping[str, Callable[[Attributes], Any]] = {
    "more realizations than the sweep": lambda found: found.update(realizations=65),
    "fewer realizations than the sweep": lambda found: found.update(realizations=63),
    "another seed": lambda found: found.update(seed=2),
    "blocks of one": lambda found: found.update(block_length=1),
    "an axis of a dataset's own": axis_called("realization"),
    "an axis that is a path": axis_called("../../x"),
    "an axis without a name": axis_called(""),
    "a constant that is a path": of_spec(lambda spec: spec.update(constants={"../x": 1})),
    "a variable that is a path": of_spec(lambda spec: spec["variables"][0].update(name="../x")),
    "a dimension without a size": of_spec(
        lambda spec: spec["variables"][0].update(dims=["length"])
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_store_that_cannot_be_is_refused_by_every_reader(
    finished: Path, tmp_path: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "a.zarr"
    copytree(finished, store)
    root = json.loads((store / ROOT_METADATA).read_text())
    CHANGES[change](root["attributes"])
    root["attributes"]["digest"] = digest_of(root["attributes"])
    (store / ROOT_METADATA).write_text(json.dumps(root))
    (store / COPY).unlink()
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    for words in (
        ["status", str(store)],
        ["check", str(store)],
        ["verify-store", "--dry-run", str(store)],
        ["rerun", str(store), "--store", str(tmp_path / "new.zarr"), "--cluster", "threads"],
    ):
        if words[0] == "rerun" and change == "blocks of one":
            continue  # another store has blocks of its own
        with pytest.raises(SystemExit) as ended:
            main(words)
        shown = capsys.readouterr()
        said = shown.out + shown.err
        assert ended.value.code in (2, 3), f"{words[0]} ended with {ended.value.code}: {said}"
        assert "Traceback" not in said
    assert not (tmp_path / "new.zarr").exists()
    assert before == {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("number", "code"), [(errno.EACCES, 2), (errno.EROFS, 3)])
def test_a_store_that_may_not_be_written_to_can_still_be_checked(
    finished: Path,
    number: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: Lease) -> bool:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Lease, "_wait", refuse)
    with pytest.raises(SystemExit) as ended:
        main(["verify-store", str(finished)])
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == code
    assert os.strerror(number) in said
    assert "--dry-run` writes nothing, and checks as much" in said
    with pytest.raises(SystemExit) as ended:
        main(["verify-store", "--dry-run", str(finished)])
    assert ended.value.code in (0, None)
    assert "0 findings" in capsys.readouterr().out
