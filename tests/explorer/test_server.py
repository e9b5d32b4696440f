"""The explorer's server answers who has its link, and nobody else."""

import json
import shutil
import socket
import urllib.error
import urllib.parse
import urllib.request

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.explorer.calls import explore
from qtcore.explorer.server import Explorer

TOKEN = "X-Qtcore-Token"


def ask(explorer, path, token=None, **given):
    base, _, known = explorer.url.partition("?token=")
    query = urllib.parse.urlencode(given)
    asked = urllib.request.Request(f"{base.rstrip('/')}{path}?{query}")
    asked.add_header(TOKEN, known if token is None else token)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return answer.headers, answer.read()


def refused(explorer, path, **given):
    with pytest.raises(urllib.error.HTTPError) as told:
        ask(explorer, path, **given)
    return told.value.code, told.value.read().decode()


def only_run(explorer):
    (run,) = json.loads(ask(explorer, "/api/runs")[1])
    return run


def test_a_folder_lists_its_runs(explorer, store):
    run = only_run(explorer)
    assert run["name"] == "run.zarr"
    assert run["store"] == str(store)
    assert run["finished"] == 1.0


def test_numbers_travel_whole(explorer, store):
    headers, content = ask(
        explorer, "/api/numbers", run=only_run(explorer)["id"], name="ln_g", statistic="mean"
    )
    found = np.frombuffer(content).reshape(int(headers["X-Qtcore-Parts"]), -1)
    np.testing.assert_allclose(found[0], qt.open(store).ln_g.mean("realization").to_numpy().ravel())


@pytest.mark.parametrize("path", ["/", "/api/runs", "/api/summary", "/api/numbers", "/api/point"])
def test_nothing_is_answered_without_the_token(explorer, path):
    code, told = refused(explorer, path, token="wrong")
    assert code == 403
    assert "whole link" in told


@pytest.mark.parametrize("run", ["../run.zarr", "/etc/passwd", "run.zarr", ""])
def test_a_path_is_no_run(explorer, run):
    code, told = refused(explorer, "/api/summary", run=run)
    assert (code, told) == (400, "there is no such run here")


@pytest.mark.parametrize("path", ["/../x", "/assets/client.js", "/%2e%2e/%2e%2e/etc/passwd"])
def test_there_are_no_files(explorer, path):
    assert refused(explorer, path)[0] == 404


@pytest.mark.parametrize(
    "at",
    ["{", "[1]", "1", '{"width": "x"}', '{"width": null}', "[" * 9000]
    + [f'{{"width": {index}}}' for index in ("0.7", "true", "Infinity", "1e400", "NaN")],
)
def test_a_point_that_is_none_is_refused(explorer, at):
    run = only_run(explorer)["id"]
    told = refused(explorer, "/api/point", run=run, name="ln_g", at=at)
    assert told == (400, "a point is a JSON object of whole numbers")


def test_what_is_wrong_is_told_as_it_came(explorer):
    run = only_run(explorer)["id"]
    told = refused(explorer, "/api/numbers", run=run, name="ln_g", statistic="50%s")
    assert told[0] == 400
    assert "has no '50%s' of 'ln_g'" in told[1]


def test_a_busy_port_is_told(store):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} .* cannot be listened at"):
            Explorer(store, port=port)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"port": 80_000}, "a port is a whole number from 0 to 65535, got 80000"),
        ({"port": -1}, "a port is a whole number from 0 to 65535, got -1"),
        ({"host": ""}, "--host is an address of this machine"),
        ({"host": "a\0b"}, "--host is an address of this machine"),
        ({"host": "256.1.1.1"}, "'256.1.1.1' is no address of this machine"),
    ],
)
def test_where_nothing_can_listen_is_told(store, given, words):
    with pytest.raises(InputError, match=words):
        Explorer(store, **given)


def test_two_explorers_have_two_ports(store):
    with Explorer(store) as one, Explorer(store) as other:
        assert one.url.split("/?")[0] != other.url.split("/?")[0]


def test_it_listens_at_loopback_only(explorer):
    assert explorer.url.startswith("http://127.0.0.1:")


def test_a_run_that_grows_is_seen(definition, tmp_path):
    options = {"store": tmp_path / "grows.zarr", "cluster": "threads", "progress": False}
    qt.run(definition, realizations=20, **options)
    with Explorer(tmp_path) as explorer:
        run = only_run(explorer)["id"]
        before = json.loads(ask(explorer, "/api/summary", run=run)[1])
        qt.run(definition, realizations=60, **options)
        after = json.loads(ask(explorer, "/api/summary", run=run)[1])
    assert before["state"] != after["state"]
    assert (set(before["counts"]), set(after["counts"])) == ({20}, {60})


def test_a_folder_without_runs_is_told(tmp_path):
    with pytest.raises(InputError, match="there is no run in"):
        Explorer(tmp_path)


def test_a_file_that_exists_stays(store, tmp_path):
    path = tmp_path / "out.html"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists, and is not replaced"):
        explore(store, html=path)
    assert path.read_text() == "mine"


def test_a_file_in_a_store_is_refused(store):
    with pytest.raises(InputError, match=r"lies in the store .* outside of it"):
        explore(store.parent, html=store / "out.html")
    assert not (store / "out.html").exists()


def test_realizations_are_not_selected(store, tmp_path):
    with pytest.raises(InputError, match="leave `realization` out"):
        explore(store, html=tmp_path / "out.html", select={"realization": "3"})


def test_a_run_that_cannot_be_read_is_no_empty_page(store, tmp_path):
    shutil.copytree(store, tmp_path / "runs" / "bad.zarr")
    (tmp_path / "runs" / "bad.zarr" / "zarr.json").write_text("{")
    with pytest.raises(qt.QtcoreError, match=r"bad\.zarr cannot be read as a store"):
        explore(tmp_path / "runs", html=tmp_path / "out.html")
    assert not (tmp_path / "out.html").exists()
    shutil.copytree(store, tmp_path / "runs" / "good.zarr")
    page = explore(tmp_path / "runs", html=tmp_path / "out.html").read_text()
    assert '"problem":""' in page
    assert "bad.zarr cannot be read as a store" in page


def test_a_file_that_would_be_too_large_is_refused(store, tmp_path, monkeypatch):
    monkeypatch.setattr("qtcore.explorer.offline.MOST", 1000)
    monkeypatch.setattr("qtcore.explorer.offline.offline.__kwdefaults__", {"most": 1000})
    with pytest.raises(InputError, match="--select"):
        explore(store, html=tmp_path / "out.html")
