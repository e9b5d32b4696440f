"""Stores whose programs older definitions wrote go on, with the same bits."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.store.header import Header, read_header
from qtcore.store.locate import place_of
from qtcore.sweep.extension import stored_sweep
from qtcore.sweep.former import FORMER
from qtcore.sweep.spec import Point, Sweep
from qtcore.sweep.trusted import vouch
from qtcore.trust import vouch_for
from qtcore.workflow import Workflow, load

WORKFLOWS = Path(__file__).parents[2] / "workflows"

NAMES = ("fluctuations", "weak_localization")


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


def test_samples_of_weak_localization_give_the_same_bits() -> None:
    _, now, then = made("weak_localization")
    for number in (0, 1, 2, 8, 9):
        point: Point = now.point_at({"sample": number, "flux": 1e-3})
        assert now.cost(point) == then.cost(point)
        if number in (0, 2, 8, 9):
            found = [sweep.solve(point, range(3, 5))["g"] for sweep in (now, then)]
            assert found[0].tobytes() == found[1].tobytes()


@pytest.mark.usefixtures("one_client")
def test_a_store_of_a_former_program_is_continued_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "old.zarr"
    definition = WORKFLOWS / "weak_localization.py"
    asked = {"settings": {"sample": (2,), "flux": (0.0, 2.5e-3), "error": 0.1}, "store": store}
    plain = Workflow.sweep
    monkeypatch.setattr(
        Workflow, "sweep", lambda *given: plain(*given).changed(program=former("weak_localization"))
    )
    before = qt.run(definition, **asked, cluster="threads", progress=False).load()
    monkeypatch.setattr(Workflow, "sweep", plain)
    asked["settings"] |= {"flux": (0.0, 2.5e-3, 5.5e-3)}
    after = qt.run(definition, **asked, cluster="threads", progress=False).load()
    assert after.sizes["flux"] == 3
    assert after.g.sel(flux=before.flux).values.tobytes() == before.g.values.tobytes()
    assert stored_sweep(read_header(store)).program == former("weak_localization")


@pytest.mark.parametrize("name", NAMES)
def test_former_programs_of_this_installation_are_trusted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # nothing is remembered there
    place = place_of(tmp_path / "a.zarr")
    fields = {"workflow": name, "spec": json.dumps({"program": former(name)})}
    vouch_for(Header(place, fields), trust=False)
    fields["spec"] = json.dumps({"program": former(name) + "\nA = 1"})
    with pytest.raises(qt.InputError, match="were not run by this user"):
        vouch_for(Header(place, fields), trust=False)
