"""What the explorer says of a store is what the store holds."""

import json
import shutil

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.errors import InputError
from qtcore.explorer.explored import Explored
from qtcore.explorer.offered import ESTIMATE, RESULT
from qtcore.explorer.one_point import OnePoint
from qtcore.explorer.page import page


def test_axes_are_sorted_and_have_units(explored):
    axes = explored.summary()["axes"]
    assert axes["disorder"]["values"] == [1.0, 2.0, 3.0]
    assert axes["disorder"]["units"] == "t"
    assert axes["length"]["values"] == [10, 20, 40, 80]


def test_a_summary_is_json(explored):
    json.dumps(explored.summary(whole=True), allow_nan=False)


def test_numbers_are_those_of_the_samples(explored, store):
    samples = qt.open(store).ln_g.to_numpy()
    found = explored.numbers("ln_g", "mean")
    np.testing.assert_allclose(found.values, samples.mean(axis=-2), rtol=1e-12)
    error = samples.std(axis=-2, ddof=1) / np.sqrt(200)
    np.testing.assert_allclose(found.errors, error, rtol=1e-10)


def test_results_come_with_error_and_theory(explored):
    explored.summary(whole=True)
    found = explored.numbers("mean_ln_g", RESULT)
    np.testing.assert_allclose(found.theory[0, 0, 0], [-0.1, -0.2, -0.4, -0.8])
    assert (found.errors > 0).all()
    quantities = {q["name"]: q for q in explored.summary()["quantities"]}
    assert quantities["xi"]["units"] == "sites"


def test_a_definition_that_nobody_knows_is_not_run(store, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another-user"))
    summary = Explored(store).summary(whole=True)
    assert "is not known here" in summary["note"]
    assert not [q for q in summary["quantities"] if q["statistic"] == RESULT]


def test_the_worst_certificate_of_a_point(explored, store):
    dataset = qt.open(store)
    found = explored.point({"disorder": 2, "width": 1, "energy": 0, "length": 3}, "ln_g")
    assert found["certificate"] == pytest.approx(float(dataset.certificate[2, 1, 0].max()))
    assert found["count"] == found["wanted"] == 200
    assert sum(found["histogram"]["counts"]) == 200
    samples = dataset.ln_g[2, 1, 0]
    np.testing.assert_allclose(found["traces"]["values"], samples[:24])
    assert "extend" in found["more"]
    assert "--realizations 2000" in found["more"]


def test_a_point_is_read_once(explored, monkeypatch):
    """A file holds histograms of one point at each length: its samples are read for the first of them."""
    lengths = [{"disorder": 2, "width": 1, "energy": 0, "length": n} for n in range(4)]
    first = explored.point(lengths[3], "ln_g")
    monkeypatch.setattr(OnePoint, "__init__", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr(xr.DataArray, "compute", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr("qtcore.explorer.explored.read_status", lambda _: pytest.fail("read again"))
    found = [explored.point(at, "ln_g", one_by_one=False) for at in lengths]
    assert all("traces" not in one for one in found)
    assert found[3] == {name: one for name, one in first.items() if name != "traces"}
    assert found[0]["histogram"] != found[3]["histogram"]


def test_points_that_find_no_room_are_read_anew(explored, monkeypatch):
    monkeypatch.setattr("qtcore.explorer.explored.ROOM", 0)
    at = {"disorder": 2, "width": 1, "energy": 0, "length": 3}
    assert explored.point(at, "ln_g") == explored.point(at, "ln_g")
    assert not explored._points


def test_unfinished_points_are_told_apart_in_the_order_of_the_axes(definition, tmp_path):
    """Axes are sorted when a store is opened, and so must be what points shall have."""
    store = tmp_path / "part.zarr"
    options = {"cluster": "threads", "progress": False, "part": "1/3", "store": store}
    qt.run(definition, **options)
    summary = Explored(store).summary()
    finished = qt.open(store)["finished"].to_numpy().ravel()
    assert summary["counts"] == finished.tolist()
    assert set(summary["wanted"]) == {200}
    assert min(summary["counts"]) < 200


def test_a_selection_keeps_its_axes(store):
    part = Explored(store, select={"width": "2", "disorder": "1:2"}, trust=True)
    summary = part.summary(whole=True)
    assert summary["axes"]["width"]["values"] == [2]
    assert summary["axes"]["disorder"]["values"] == [1.0, 2.0]
    assert summary["counts"] == [200, 200]
    whole = Explored(store, trust=True)
    whole.summary(whole=True)
    for name, statistic in (("ln_g", "mean"), ("xi", RESULT)):
        expected = whole.numbers(name, statistic).values[:2, 1:]
        np.testing.assert_array_equal(part.numbers(name, statistic).values, expected)


@pytest.mark.parametrize(
    ("name", "statistic"), [("ln_x", "mean"), ("ln_g", "mode"), ("nothing", RESULT)]
)
def test_what_is_not_there_is_refused(explored, name, statistic):
    with pytest.raises(InputError, match=name if statistic != "mode" else "mode"):
        explored.numbers(name, statistic)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({"disorder": 0}, "needs an index along width"),
        ({"disorder": 9, "width": 0, "energy": 0}, "no point 9 along 'disorder'"),
        ({"depth": 0}, "along 'depth'"),
    ],
)
def test_points_that_are_not_there_are_refused(explored, at, said):
    with pytest.raises(InputError, match=said):
        explored.point(at, "ln_g")


def test_a_point_shows_its_finished_realizations_wherever_they_are(store, tmp_path):
    """A part of a run leaves out blocks in between."""
    copy = tmp_path / "part.zarr"
    shutil.copytree(store, copy)
    qt.extend(copy, realizations=800, part="1/2", cluster="threads", progress=False, trust=True)
    explored = Explored(copy, trust=True)
    # Plain xarray, without marks: axes in the order of the store.
    plain = xr.open_zarr(copy, consolidated=False).sortby("disorder").load()
    there = plain.ln_g.isel(length=3).notnull().transpose("disorder", "width", "energy", ...)
    assert any((np.diff(row) > 0).any() for row in there.to_numpy().astype(int).reshape(6, -1))
    for disorder, width in np.ndindex(3, 2):
        at = {"disorder": disorder, "width": width, "energy": 0, "length": 3}
        found = explored.point(at, "ln_g")
        here = plain.isel(disorder=disorder, width=width, energy=0)
        rows = here.isel(realization=np.flatnonzero(there[disorder, width, 0]))
        samples = rows.ln_g.transpose("realization", "length").to_numpy()
        assert found["count"] == len(samples) == sum(found["histogram"]["counts"])
        counts, _ = np.histogram(samples[:, 3], found["histogram"]["edges"])
        assert found["histogram"]["counts"] == counts.tolist()
        np.testing.assert_array_equal(found["traces"]["values"], samples[:24])
        assert found["certificate"] == float(rows.certificate.max())


def test_a_merged_store_states_its_seeds_and_what_it_took(store, definition, tmp_path):
    second, both = tmp_path / "second.zarr", tmp_path / "both.zarr"
    qt.run(definition, store=second, seed=0, cluster="threads", progress=False)
    qt.merge(store, second, to=both)
    summary = Explored(both, trust=True).summary()
    assert summary["seeds"] == [1, 0]
    took = [qt.status(one).core_seconds for one in (store, second)]
    assert summary["core_seconds"] == pytest.approx(sum(took), abs=1e-3)
    at = {"disorder": 0, "width": 0, "energy": 0, "length": 3}
    assert Explored(both, trust=True).point(at, "ln_g")["more"] == "", "it cannot be continued"


def test_no_text_ends_the_program_of_the_page():
    text = page({"mode": "file", "store": "</script><script>alert(1)</script>"})
    assert "</script><script>alert" not in text


def test_localization_lengths_of_named_cases(tmp_path):
    """What a colleague looks for first in a sweep of one line, which has no analysis of its own."""
    run = qt.sweep(
        strip,
        sample=qt.Cases([{"kind": "weak"}, {"kind": "strong"}]),
        energy=(0.3, 0.6),
        lengths=(10, 20, 40, 60, 80, 100),
        realizations=16,
        store=tmp_path / "a.zarr",
        cluster="threads",
        progress=False,
    )
    explored = Explored(run.store)
    told = explored.summary(whole=True)
    assert told["axes"]["sample"]["names"] == ["weak", "strong"]
    assert told["axes"]["energy"]["names"] == []
    assert told["axes"]["energy"]["parameters"] == {}
    kinds = {"values": ["weak", "strong"], "text": True}
    assert told["axes"]["sample"]["parameters"] == {"kind": kinds}
    assert {"localization_length", "variance_slope"} <= {
        q["name"] for q in told["quantities"] if q["statistic"] == ESTIMATE
    }
    found = explored.numbers("localization_length", ESTIMATE)
    expected = run.qt.localization_length()
    np.testing.assert_array_equal(found.values, expected["localization_length"])
    np.testing.assert_array_equal(found.errors, expected["localization_length_error"])
    assert (found.values > 0).all()


def strip(kind):
    return qt.Wire(qt.Square(2), qt.Box(8.0 if kind == "strong" else 6.0))
