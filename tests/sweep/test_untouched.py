"""What writes stores stays as it is, whatever a definition sets."""

import io
import json
import os
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.sweep.untouched import untouched

DEFINITION = """
import json, os, io
import numpy as np
import qtcore as qt

{top}

def solve(point, realizations):
    {inside}
    rng = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {{"x": np.array([one.normal(5.0, 1.0) for one in rng])}}


workflow = qt.Workflow(
    "sets", "Sets", "For tests.", {{"quick": qt.Preset(gate=(1.0, 2.0), realizations=10)}},
    solve=solve, variables=(qt.Variable("x"),),
)
"""

CHANGES = {
    "json.encoder.JSONEncoder.item_separator": "json.JSONEncoder.item_separator = ',,,'",
    "json.encoder.JSONEncoder.key_separator": "setattr(json.JSONEncoder, 'key_separator', '=')",
    "json.loads": "json.loads = eval",
    "os.replace": "os.replace = os.link",
    "io.BytesIO": "io.BytesIO = io.StringIO",
}


@pytest.mark.parametrize("where", ["top", "inside"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_definition_that_changes_what_writes_stores_is_refused(
    name: str, where: str, tmp_path: Path
) -> None:
    before = json.loads, os.replace, io.BytesIO, json.dumps([1, {"a": 2}])
    texts = {"top": "", "inside": "", where: CHANGES[name]}
    path, store = tmp_path / "sets.py", tmp_path / "a.zarr"
    path.write_text(DEFINITION.format(**texts))
    with pytest.raises(qt.QtcoreError, match=rf"changes {name}, by which stores are written"):
        qt.run(path, store=store, cluster="threads", progress=False)
    assert not store.exists()
    assert (json.loads, os.replace, io.BytesIO, json.dumps([1, {"a": 2}])) == before


def test_what_a_definition_has_of_its_own_may_be_set(tmp_path: Path) -> None:
    path, store = tmp_path / "sets.py", tmp_path / "a.zarr"
    top = (
        "class Mine(json.JSONEncoder):\n    item_separator = ';'\n"
        "Mine.key_separator = '='\nos.environ['QT_SET'] = '1'\njson.mine = Mine"
    )
    path.write_text(DEFINITION.format(top=top, inside=""))
    dataset = qt.run(path, store=store, cluster="threads", progress=False)
    assert dataset.x.shape == (2, 10)
    del os.environ["QT_SET"], json.mine  # type: ignore[attr-defined] # set by the definition


def test_another_error_is_told_and_the_module_put_back() -> None:
    def changing() -> None:
        with untouched("it"):
            json.JSONEncoder.item_separator = ";"
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        changing()
    assert json.JSONEncoder.item_separator == ", "
