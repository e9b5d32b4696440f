"""Stores whose programs older definitions wrote go on, with the same bits."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.conclusion import judged
from qtcore.store.header import Header, read_header
from qtcore.store.locate import place_of
from qtcore.sweep.extension import stored_sweep
from qtcore.sweep.former import FORMER
from qtcore.sweep.spec import Sweep
from qtcore.sweep.trusted import vouch
from qtcore.trust import vouch_for
from qtcore.workflow import Workflow, load

WORKFLOWS = Path(__file__).parents[2] / "workflows"

NAMES = ("fluctuations",)


def former(name: str) -> str:
    text = (Path(__file__).parent / "former" / f"{name}.txt").read_text(encoding="utf-8")
    vouch(text)
    return text


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def made(name: str) -> tuple[Workflow, Sweep, Sweep]:
    """A workflow, its sweep, and the same with its former program."""
    workflow = load(WORKFLOWS / f"{name}.py")
    now = workflow.sweep(workflow.preset("quick"), 1)
    return workflow, now, now.changed(program=former(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_former_program_is_known(name: str) -> None:
    _, now, _ = made(name)
    assert FORMER[sha(former(name))] == sha(now.program)
    assert len(FORMER) == len(NAMES)


def test_wires_of_fluctuations_are_the_same() -> None:
    _, now, then = made("fluctuations")
    filled = [point for point in now.all_points() if point.realizations]
    chosen = {(p.width, p.disorder, p.impurity): p for p in filled}
    assert len(chosen) == 4 + 2
    for point in chosen.values():
        wires = [sweep.wire(point) for sweep in (now, then)]
        assert [(w.lattice, w.disorder, w.flux) for w in wires[:1]] == [
            (w.lattice, w.disorder, w.flux) for w in wires[1:]
        ]
        one = np.zeros(1, dtype=np.uint64)
        values = [wire.potential_of(one, 60, 30, 1) for wire in wires]
        np.testing.assert_array_equal(*values)
        assert (np.abs(values[0]) > 3).any() == bool(point.impurity)


@pytest.mark.usefixtures("one_client")
def test_a_store_of_a_former_program_is_continued_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, store = tmp_path / "mine.py", tmp_path / "old.zarr"
    text = (
        "import qtcore as qt\n"
        "def wire(point):\n    return qt.Wire(qt.Square(point.width), qt.Box(1.0))\n"
        "workflow = qt.Workflow('mine', 'Mine', 'For tests.', {'quick': qt.Preset(width=(1,), "
        "energy=0.5, lengths=8, realizations=16)}, wire=wire, analyse=lambda dataset: dataset, "
        "draw=lambda dataset, result: None, check=lambda result: [])\n"
    )
    asked = {"store": store, "cluster": "threads", "progress": False}
    definition.write_text(text.replace("qt.Box(1.0)", "qt.Box(2.0 / 2)"))
    before = qt.run(definition, **asked).load()
    then = stored_sweep(read_header(store)).program
    definition.write_text(text)
    with pytest.raises(qt.InputError, match="wire was changed"):
        qt.run(definition, **asked, settings={"width": (1, 2)})
    _, notes = judged(store)
    assert "were made by other functions than those of the definition that analyses" in notes[0]
    assert "wire was changed" in notes[0]
    now = load(definition)
    present = now.sweep(now.preset("quick"), 1).program
    monkeypatch.setitem(FORMER, sha(then), sha(present))
    assert judged(store)[1] == []
    after = qt.run(definition, **asked, settings={"width": (1, 2)}).load()
    assert after.sizes["width"] == 2
    assert after.ln_g.sel(width=before.width).values.tobytes() == before.ln_g.values.tobytes()
    assert stored_sweep(read_header(store)).program == then


@pytest.mark.parametrize("name", NAMES)
def test_former_programs_of_this_installation_are_trusted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # nothing is remembered there
    place = place_of(tmp_path / "a.zarr")
    fields = {"workflow": name, "spec": json.dumps({"program": former(name)})}
    vouch_for(Header(place, fields), trust=False)
    fields["spec"] = json.dumps({"program": former(name) + "\nA = 1"})
    with pytest.raises(qt.InputError, match="are not known here"):
        vouch_for(Header(place, fields), trust=False)
