"""The explorer's server answers who has its link, and nobody else."""

import http.client
import json
import shutil
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

import numpy as np
import pytest

import qtcore as qt
from qtcore.errors import InputError
from qtcore.explorer import server
from qtcore.explorer.calls import explore
from qtcore.explorer.keys import Keys
from qtcore.explorer.server import Explorer

TOKEN = "X-Qtcore-Token"


def ask(explorer, path, token=None, headers=(), **given):
    base, _, known = explorer.url.partition("?token=")
    query = urllib.parse.urlencode(given)
    asked = urllib.request.Request(f"{base.rstrip('/')}{path}?{query}", headers=dict(headers))
    asked.add_header(TOKEN, known if token is None else token)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return answer.headers, answer.read()


def refusal_of(call, *given, **more):
    """Return code, text and headers of a refusal; its connection is closed."""
    with pytest.raises(urllib.error.HTTPError) as told:
        call(*given, **more)
    with told.value as answer:
        return answer.code, answer.read().decode(), answer.headers


def refused(explorer, path, **given):
    return refusal_of(ask, explorer, path, **given)[:2]


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


@pytest.mark.parametrize(
    "host", ["rebound.example", "rebound.example:8790", "127.0.0.1.nip.io", ""]
)
def test_a_name_that_is_not_of_this_machine_is_refused(explorer, host):
    """A page of another site may have its own name point here, and bring whatever a browser brings."""
    code, told = refused(explorer, "/api/runs", headers={"Host": host})
    assert code in (400, 403)  # without any host tornado itself refuses
    assert "does not answer under the name" in told or not host


@pytest.mark.parametrize(
    "host", ["localhost:9000", "127.0.0.1", "[::1]:8790", socket.gethostname()]
)
def test_names_of_this_machine_are_answered_behind_a_tunnel_too(explorer, host):
    assert json.loads(ask(explorer, "/api/runs", headers={"Host": host})[1])


def test_a_name_that_was_asked_for_is_answered():
    assert Keys("node7.example").is_own_name("Node7.example:8790")
    assert not Keys("127.0.0.1").is_own_name("node7.example:8790")
    assert not Keys("127.0.0.1").is_own_name("[")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},  # another server of this machine
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_is_refused_whatever_it_knows(explorer, headers):
    code, told = refused(explorer, "/api/runs", headers=headers)
    assert (code, "another site" in told) == (403, True)


def test_numbers_come_to_a_header_only(explorer):
    """An address alone can be asked by any page of any site, as an image or a program."""
    base, _, token = explorer.url.partition("?token=")
    asked = f"{base}api/runs?token={token}"
    assert refusal_of(urllib.request.urlopen, asked, timeout=60)[0] == 403


@pytest.mark.parametrize("path", ["/", "/api/runs", "/api/none"])
def test_no_other_site_shows_embeds_or_reads_an_answer(explorer, path):
    known = path != "/api/none"
    headers = ask(explorer, path)[0] if known else refusal_of(ask, explorer, path)[2]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Server" not in headers
    assert headers["Content-Type"].startswith(
        "text/html" if path == "/" else ("application/json", "text/plain")
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(explorer, method):
    base, _, token = explorer.url.partition("?token=")
    asked = urllib.request.Request(f"{base}api/runs", method=method, headers={TOKEN: token})
    assert refusal_of(urllib.request.urlopen, asked, timeout=60)[0] == 405


@pytest.fixture
def connected():
    lines = []

    def connect(explorer):
        port = urllib.parse.urlsplit(explorer.url).port
        lines.append(http.client.HTTPConnection("127.0.0.1", port, timeout=30))
        lines[-1].connect()
        return lines[-1]

    yield connect
    for line in lines:
        line.close()


def test_a_large_question_is_refused(explorer, connected):
    token = explorer.url.partition("?token=")[2]
    line = connected(explorer)
    line.request("GET", "/api/runs", headers={TOKEN: token, "X-Long": "x" * 40_000})
    with pytest.raises((http.client.BadStatusLine, ConnectionError)):
        line.getresponse()
    line = connected(explorer)
    line.request("GET", "/api/runs", body=b"x" * 10_000, headers={TOKEN: token})
    with line.getresponse() as answer:
        assert answer.status in (400, 413)


def test_a_client_that_says_nothing_is_left(monkeypatch, store, connected):
    monkeypatch.setattr(server, "PATIENCE", 0.2)
    with Explorer(store) as explorer:
        line = connected(explorer)
        line.sock.sendall(b"GET /api/runs HTTP/1.1\r\nHost: ")
        begun = time.monotonic()
        assert line.sock.recv(100) == b""
        assert time.monotonic() - begun < 20


def test_many_connections_leave_the_rest_of_the_process_its_files(monkeypatch, store, connected):
    monkeypatch.setattr(server, "CONNECTIONS", 3)
    with Explorer(store) as explorer:
        lines = [connected(explorer) for _ in range(6)]
        for line in lines:
            line.sock.settimeout(0.5)
        closed = 0
        for line in lines:
            try:
                closed += line.sock.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                closed += 1
    assert closed == 3


def test_a_link_for_a_browser_works_once(explorer):
    """Other users see the arguments of the browser that is started; the token is not among them."""
    link = explorer.link_for_once()
    token = explorer.url.partition("?token=")[2]
    assert token not in link
    with urllib.request.urlopen(link, timeout=60) as page:
        assert page.url == explorer.url
        assert b"qtcore" in page.read()
    code, told, _ = refusal_of(urllib.request.urlopen, link, timeout=60)
    assert (code, "has been used" in told) == (403, True)


def test_a_store_that_vanishes_is_not_called_damaged(store, tmp_path):
    for name in ("one.zarr", "two.zarr"):
        shutil.copytree(store, tmp_path / name)
    with Explorer(tmp_path) as explorer:
        first = json.loads(ask(explorer, "/api/runs")[1])[0]["id"]
        ask(explorer, "/api/summary", run=first)
        shutil.move(tmp_path / "one.zarr", tmp_path.parent / "moved.zarr")
        for path, more in (
            ("/api/summary", {}),
            ("/api/numbers", {"name": "ln_g", "statistic": "mean"}),
        ):
            code, told = refused(explorer, path, run=first, **more)
            assert code == 410
            assert "not there any more: it was moved or deleted" in told
            assert str(tmp_path / "one.zarr") in told
        gone, there = json.loads(ask(explorer, "/api/runs")[1])
        assert "not there any more" in gone["problem"]
        assert there["problem"] == ""
        shutil.move(tmp_path.parent / "moved.zarr", tmp_path / "one.zarr")
        assert [run["problem"] for run in json.loads(ask(explorer, "/api/runs")[1])] == ["", ""]
        ask(explorer, "/api/summary", run=first)


def test_a_folder_that_vanishes_is_told(store, tmp_path):
    shutil.copytree(store, tmp_path / "alone.zarr")
    with Explorer(tmp_path / "alone.zarr") as explorer:
        shutil.rmtree(tmp_path / "alone.zarr")
        assert "not there any more" in only_run(explorer)["problem"]


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
