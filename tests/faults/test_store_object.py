"""Sweeps into an object store, well and badly served: the bits of a folder, nothing lost or double.

The service is a real S3 server behind a real HTTP proxy that answers 500, breaks connections after
the request has been carried out, and lets requests hang.
"""

import http.client
import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import xarray as xr
from distributed import Client

import qtcore as qt
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Local, Threads
from qtcore.store import bucket as bucket_module
from qtcore.store.compact import compact
from qtcore.store.journal import event_log
from qtcore.store.layout import LEASE, MARKER
from qtcore.store.locate import place_of
from qtcore.store.place import Place
from qtcore.store.verify import verify
from qtcore.sweep.build import make_sweep
from qtcore.sweep.events import TaskDone, read_log
from qtcore.sweep.fill_store import fill_store

pytestmark = pytest.mark.cluster

HANG = 2.0
"""Seconds that a hanging request hangs: longer than clients are told to wait here."""

Same = Callable[[str], None]


def wire(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


@pytest.fixture
def small() -> qt.Sweep:
    preset = qt.Preset(
        disorder=(1.0, 2.0), width=(4, 8), energy=(0.5,), lengths=(20, 50), realizations=2000
    )
    return make_sweep("faults", preset, 7, wire=wire)


@pytest.fixture
def client() -> Iterator[Client]:
    with connect(Threads(kind="threads", workers=2)) as connected:
        yield connected


def chunk_keys(place: Place) -> set[str]:
    """Keys of all chunks, of blocks (`name/c.0.1`) and of coordinates (`name/c/0`)."""
    return {key for key in place.keys("") if re.search("/c[./]", key)}


@pytest.fixture
def same_as_folder(small: qt.Sweep, tmp_path: Path, client: Client) -> Same:
    """Assert that a store holds what an undisturbed folder does, bit for bit."""
    fill_store(small, tmp_path / "folder.zarr", lambda: nullcontext(client))
    expected = qt.open(tmp_path / "folder.zarr").load()

    def compare(store: str) -> None:
        found = qt.open(store).load()
        assert set(found.variables) == set(expected.variables)
        for name, variable in expected.variables.items():
            assert found[name].to_numpy().tobytes() == variable.to_numpy().tobytes(), name
        folder, place = place_of(tmp_path / "folder.zarr"), place_of(store)
        chunks = chunk_keys(folder)
        assert chunk_keys(place) == chunks
        assert all(place.get(key) == folder.get(key) for key in chunks)

    return compare


class Proxy(ThreadingHTTPServer):
    """Passes requests on; every few of them meet a fault, always the same ones by number."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.numbers = itertools.count()
        self.met: Counter[str] = Counter()
        self.faulty = True

    def fault(self) -> str:
        number = next(self.numbers)
        if not self.faulty:
            return ""
        kinds = {"refused": 7, "answer lost": 23, "hangs": 131}
        kind = next((kind for kind, every in kinds.items() if number % every == every - 1), "")
        self.met[kind] += 1
        return kind


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.fault()
        if fault == "refused":
            self.answer(500, {}, b"<Error><Code>InternalError</Code></Error>")
            return
        if fault == "hangs":
            time.sleep(HANG)
            self.close_connection = True
            return
        target = http.client.HTTPConnection(self.server.target)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        target.request(self.command, self.path, body, headers)
        response = target.getresponse()
        content = response.read()
        target.close()
        if fault == "answer lost":
            self.close_connection = True
            return
        kept = {k: v for k, v in response.getheaders() if k.lower() not in _HOP}
        self.answer(response.status, kept, content)

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on

    def log_message(self, *_: object) -> None:
        return


_HOP = {"connection", "transfer-encoding", "date", "server"}


@pytest.fixture
def proxy(s3_server: str) -> Iterator[Proxy]:
    server = Proxy(s3_server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def proxied(proxy: Proxy, s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a store that is reached through the proxy, by clients in a hurry."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_address[1]}")
    monkeypatch.setattr(bucket_module, "REQUEST_TIME", "1s")
    monkeypatch.setattr(bucket_module, "FIRST_PAUSE", 0.02)
    return f"{s3}/run.zarr"


@pytest.mark.slow
def test_sweep_into_an_object_store_has_the_bits_of_a_folder(
    small: qt.Sweep, s3: str, same_as_folder: Same
) -> None:
    """On worker processes, which find the store by its URL."""
    store = f"{s3}/run.zarr"
    profile = Local(kind="local", workers=2, dashboard=False)
    outcome = fill_store(small, store, lambda: connect(profile))
    assert (outcome.blocks_left, outcome.stopped) == (0, "")
    same_as_folder(store)
    status = qt.status(store)
    assert status.complete
    assert not status.running
    done = [line for line in read_log(event_log(store)) if line["event"] == "TaskDone"]
    assert sum(stop - first for line in done for _, first, stop in line["pieces"]) == status.blocks
    assert place_of(store).get(LEASE) is None
    compact(store)
    assert verify(store).findings == []
    assert qt.status(store).complete


@pytest.mark.slow
def test_service_that_fails_now_and_then(
    small: qt.Sweep, proxied: str, proxy: Proxy, client: Client, same_as_folder: Same
) -> None:
    store = proxied
    done: list[TaskDone] = []
    outcome = fill_store(
        small,
        store,
        lambda: nullcontext(client),
        listeners=(lambda event: done.append(event) if isinstance(event, TaskDone) else None,),
    )
    assert min(proxy.met[kind] for kind in ("refused", "answer lost", "hangs")) >= 2, proxy.met
    assert (outcome.blocks_left, outcome.stopped, outcome.failures) == (0, "", [])
    blocks = [
        (p, n) for event in done for p, first, stop in event.pieces for n in range(first, stop)
    ]
    assert len(blocks) == len(set(blocks)), "a block was reported twice"
    same_as_folder(store)
    assert verify(store).findings == []
    proxy.faulty = False
    assert place_of(store).get(LEASE) is None


@pytest.mark.slow
def test_service_that_goes_away_and_comes_back(
    small: qt.Sweep,
    proxied: str,
    proxy: Proxy,
    client: Client,
    same_as_folder: Same,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sweep stops, says why, and goes on when the service is back."""
    store = proxied
    proxy.faulty = False
    markers = itertools.count(1)
    away = threading.Event()
    plain = _Handler.pass_on

    def gone(self: _Handler) -> None:
        if away.is_set():
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(503, {}, b"")
            return
        plain(self)
        if f"/{MARKER}/c." in self.path and next(markers) == 3:
            away.set()

    monkeypatch.setattr(_Handler, "do_PUT", gone)
    monkeypatch.setattr(bucket_module, "ATTEMPTS", 2)
    outcome = fill_store(small, store, lambda: nullcontext(client))
    assert outcome.blocks_left > 0
    assert outcome.stopped.startswith("the store's service does not answer (Unreachable")
    away.clear()
    status = qt.status(store)
    assert 0 < status.blocks_done < status.blocks
    place_of(store).delete(LEASE)  # it could not be given back
    again = fill_store(small, store, lambda: nullcontext(client))
    assert (again.blocks_left, again.failures) == (0, [])
    same_as_folder(store)


def test_store_without_credentials_is_refused_before_anything_starts(
    small: qt.Sweep, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")

    def connect_never() -> nullcontext[Client]:
        raise AssertionError("workers were started for a store that cannot be written")

    with pytest.raises(qt.InputError, match=r"cannot be reached: .*AWS_ACCESS_KEY_ID is not set"):
        fill_store(small, f"{s3}/run.zarr", connect_never)


@pytest.mark.slow
def test_two_launchers_at_once_on_one_url(
    small: qt.Sweep, s3: str, client: Client, same_as_folder: Same
) -> None:
    store = f"{s3}/run.zarr"
    said: list[str] = []

    def launch() -> None:
        try:
            fill_store(small, store, lambda: nullcontext(client))
        except qt.InputError as error:
            said.append(str(error))

    threads = [threading.Thread(target=launch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The slower one is told so, or came when the faster one had done all.
    assert all("is in use" in words or "another process" in words for words in said)
    assert len(said) <= 1
    assert {key.split("/")[0] for key in place_of(store).keys(MARKER)} == {MARKER}
    assert isinstance(qt.open(store), xr.Dataset)
    same_as_folder(store)
