"""The explorer as a server on this machine: a folder of stores, or one, for a browser."""

import asyncio
import errno
import hashlib
import hmac
import json
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import numpy as np
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from qtcore.answers.selection import Wanted
from qtcore.errors import InputError, QtcoreError, brief
from qtcore.explorer.explored import Explored
from qtcore.explorer.packed import plain
from qtcore.explorer.page import page
from qtcore.store.catalog import Run, query
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place

LOOPBACK = "127.0.0.1"
PORT = 8790
"""Tried first where no port is asked for."""

LARGEST_PORT = 65535

THREADS = 4
"""Requests that are answered at once."""

ASKED = ("X-Qtcore-Token", "token")
"""Header and word in the address in which a browser brings the token."""


class Runs:
    """The runs of a folder by a short name that is no path: a browser cannot ask for anything else.

    Parameters
    ----------
    location : str, Path or Place
        A store, or a folder or URL with stores below it.
    select, trust : mapping and bool
        As in `Explored`.

    Raises
    ------
    InputError
        If there is neither, or a folder without any run.
    """

    def __init__(
        self,
        location: Location,
        *,
        select: Mapping[str, Wanted] | None = None,
        trust: bool = False,
    ) -> None:
        self._place, self._select, self._trust = place_of(location), select, trust
        self._open: dict[str, Explored] = {}
        self._lock = threading.Lock()
        if not self.listed():
            raise InputError(
                f"there is no run in {self._place}. `qtcore run localization` makes one in results/"
            )

    def listed(self) -> list[dict[str, Any]]:
        """Return what the page lists of each run; it is what lies there now."""
        self._stores = {_name(run): run for run in query(str(self._place))}
        return [plain(self._told(name, run)) for name, run in self._stores.items()]

    def _told(self, name: str, run: Run) -> dict[str, Any]:
        root = str(self._place)
        short = run.store.removeprefix(root).lstrip("/") or run.store.rsplit("/", 1)[-1]
        return {
            "id": name,
            "name": short,
            "store": run.store,
            "workflow": run.workflow,
            "preset": run.preset,
            "seeds": run.seeds,
            "finished": run.finished,
            "problem": run.problem,
        }

    def run(self, name: str) -> Explored:
        """Return a run by its short name.

        Raises
        ------
        InputError
            If there is none, or its store cannot be read.
        """
        with self._lock:
            if name not in self._stores:
                raise InputError("there is no such run here")
            if name not in self._open:
                self._open[name] = Explored(
                    self._stores[name].store, select=self._select, trust=self._trust
                )
            return self._open[name]

    def all(self) -> list[tuple[str, Explored]]:
        """Return all runs that can be read, with what the page calls them.

        Raises
        ------
        QtcoreError
            If there is none; the error is that of the first run.
        """
        told = self.listed()
        readable = [one for one in told if not one["problem"]] or told[:1]
        return [(one["name"], self.run(one["id"])) for one in readable]

    def unread(self) -> list[dict[str, Any]]:
        """Return what the page lists of runs that cannot be read."""
        return [one for one in self.listed() if one["problem"]]

    def places(self) -> list[Place]:
        """Return where the runs lie."""
        return [place_of(run.store) for run in self._stores.values()]


def _name(run: Run) -> str:
    return hashlib.sha256(run.store.encode()).hexdigest()[:12]


class Explorer:
    """A server of the explorer in a thread of this process; a context manager.

    Parameters
    ----------
    location : str, Path or Place
        A store, or a folder or URL with stores below it.
    select : mapping, optional
        Only a part of each run, as in `qtcore.answers.selection.select`.
    host : str
        Address to listen at; others than loopback let other machines in that know the token.
    port : int, optional
        Port; one that is free if left out.
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows it.

    Attributes
    ----------
    url : str
        Link for a browser, with the token without which nothing is answered.

    Raises
    ------
    InputError
        If there is no run, or the port is taken.
    """

    def __init__(
        self,
        location: Location,
        *,
        select: Mapping[str, Wanted] | None = None,
        host: str = LOOPBACK,
        port: int | None = None,
        trust: bool = False,
    ) -> None:
        self.runs = Runs(location, select=select, trust=trust)
        self._token = secrets.token_urlsafe(24)
        self._socket = _bound(host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="qtcore-explorer", daemon=True)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}/?token={self._token}"
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="qtcore-explorer")
        given = {"runs": self.runs, "token": self._token, "threads": self._threads}
        handlers: list[Any] = [
            (r"/", _Page, given),
            (r"/api/runs", _Runs, given),
            (r"/api/summary", _Summary, given),
            (r"/api/numbers", _Numbers, given),
            (r"/api/point", _Point, given),
        ]
        self._server = HTTPServer(Application(handlers, log_function=lambda _: None))
        self._server.add_socket(self._socket)
        self._loop.run_forever()
        self._server.stop()
        self._loop.run_until_complete(self._server.close_all_connections())
        self._threads.shutdown(cancel_futures=True)
        self._loop.close()

    def close(self) -> None:
        """Stop answering."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def wait(self) -> None:
        """Answer until this is interrupted."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _bound(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    InputError
        If the port is taken or is none, or the address is none of this machine.
    """
    if not host.strip() or "\0" in host:
        raise InputError(
            f"--host is an address of this machine, such as {LOOPBACK}, or 0.0.0.0 for all of its networks; got "
            f"{brief(host)}"
        )
    if port is not None and not 0 <= port <= LARGEST_PORT:
        raise InputError(f"a port is a whole number from 0 to {LARGEST_PORT}, got {brief(port)}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, PORT if port is None else port), family=family)
    except UnicodeError as error:
        raise InputError(f"{brief(host)} is no address of this machine") from error
    except OSError as error:
        if error.errno is not None and error.errno < 0:  # of the name, and not of the port
            raise InputError(f"{brief(host)} is no address of this machine") from error
        if port is not None or error.errno != errno.EADDRINUSE:
            raise InputError(
                f"port {PORT if port is None else port} of {host} cannot be listened at ({error.strerror}). Another "
                "program may use it: choose another one with --port, or leave --port out"
            ) from error
        listening = socket.create_server((host, 0), family=family)
    listening.setblocking(False)
    return listening


class _Answer(RequestHandler):
    """What all answers have in common: the token, threads that compute, problems as text."""

    def initialize(self, runs: Runs, token: str, threads: ThreadPoolExecutor) -> None:
        self._runs, self._expected, self._threads = runs, token, threads

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")

    def prepare(self) -> None:
        given = self.request.headers.get(ASKED[0]) or self.get_query_argument(ASKED[1], "")
        if not hmac.compare_digest(given.encode(), self._expected.encode()):
            raise HTTPError(403, "open the whole link that `qtcore explore` has printed")

    async def computed(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function returns, in a thread; its refusal becomes the answer."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, function, *given)
        except QtcoreError as error:
            raise HTTPError(400, str(error)) from None

    def write_error(self, status_code: int, **about: Any) -> None:
        error = about.get("exc_info", (None, None, None))[1]
        if isinstance(error, HTTPError):
            # Tornado keeps the text of an error as a format, with its percent signs doubled.
            told = (error.log_message or f"{status_code} {self._reason}").replace("%%", "%")
        else:
            told = "The explorer failed at this; its terminal says how."
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(told)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        if not isinstance(error, HTTPError):
            super().log_exception(kind, error, trace)


class _Page(_Answer):
    async def get(self) -> None:
        self.finish(page({"mode": "live", "token": self._expected}))


class _Runs(_Answer):
    async def get(self) -> None:
        self.finish(json.dumps(await self.computed(self._runs.listed)))


class _Summary(_Answer):
    async def get(self) -> None:
        run = await self.computed(self._runs.run, self.get_query_argument("run"))
        self.finish(await self.computed(run.summary))


class _Numbers(_Answer):
    async def get(self) -> None:
        name, statistic = self.get_query_argument("name"), self.get_query_argument("statistic")
        run = await self.computed(self._runs.run, self.get_query_argument("run"))
        found = await self.computed(run.numbers, name, statistic)
        parts = [found.values, found.errors, *([] if found.theory is None else [found.theory])]
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("X-Qtcore-Parts", str(len(parts)))
        self.finish(b"".join(np.ascontiguousarray(p, dtype="<f8").tobytes() for p in parts))


class _Point(_Answer):
    async def get(self) -> None:
        at = _point(self.get_query_argument("at"))
        run = await self.computed(self._runs.run, self.get_query_argument("run"))
        self.finish(await self.computed(run.point, at, self.get_query_argument("name")))


def _point(text: str) -> dict[str, int]:
    """Return the indices of a point that a browser asks for."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or any(type(index) is not int for index in found.values()):
        raise HTTPError(400, "a point is a JSON object of whole numbers")
    return found
