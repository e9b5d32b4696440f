"""The explorer as a server on this machine: a folder of stores, or one, for a browser."""

import asyncio
import errno
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application

from qtcore.answers.selection import Wanted
from qtcore.errors import InputError, brief
from qtcore.explorer.handlers import HANDLERS, Missing
from qtcore.explorer.keys import Keys
from qtcore.explorer.runs import Runs
from qtcore.store.locate import Location

LOOPBACK = "127.0.0.1"
PORT = 8790
"""Tried first where no port is asked for."""

LARGEST_PORT = 65535

THREADS = 4
"""Requests that are answered at once."""

LARGEST_HEADER, LARGEST_BODY = 32_768, 1_024
"""Bytes of a request, at most: a question is a short address without a body."""

PATIENCE = 60.0
"""Seconds until a connection that asks nothing, or not to the end, is closed."""

CONNECTIONS = 128
"""Connections at once, at most; a browser opens six."""


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
        self._socket = _bound(host, port)
        self._keys = Keys(host)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="qtcore-explorer", daemon=True)
        shown = f"[{host}]" if ":" in host else host
        self._address = f"http://{shown}:{self._socket.getsockname()[1]}/"
        self.url = f"{self._address}?token={self._keys.token}"
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="qtcore-explorer")
        given = {"runs": self.runs, "keys": self._keys, "threads": self._threads}
        application = Application(
            [(path, handler, given) for path, handler in HANDLERS],
            default_handler_class=Missing,
            default_handler_args=given,
            log_function=lambda _: None,
        )
        self._server = _Server(
            application,
            max_header_size=LARGEST_HEADER,
            max_body_size=LARGEST_BODY,
            max_buffer_size=2 * LARGEST_HEADER,
            idle_connection_timeout=PATIENCE,
            body_timeout=PATIENCE,
        )
        self._server.add_socket(self._socket)
        self._loop.run_forever()
        self._server.stop()
        self._loop.run_until_complete(self._server.close_all_connections())
        self._threads.shutdown(cancel_futures=True)
        self._loop.close()

    def link_for_once(self) -> str:
        """Return a link that opens the page one time, soon.

        Other users of a machine see the arguments of a program that is started, such as a browser.
        """
        return f"{self._address}?once={self._keys.for_once()}"

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


class _Server(HTTPServer):
    """A server that lets in some connections at once: others could use up the files of this process."""

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        if len(self._connections) >= CONNECTIONS:
            stream.close()
            return
        super().handle_stream(stream, address)


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
