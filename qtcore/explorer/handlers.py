"""What the explorer answers to a browser."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from tornado.web import HTTPError, RequestHandler

from qtcore.errors import QtcoreError
from qtcore.explorer.explored import Explored
from qtcore.explorer.keys import TOKEN, Keys
from qtcore.explorer.page import page
from qtcore.explorer.runs import GoneError, Runs

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""With every answer: no page of another site shows, embeds or reads it."""


class _Answer(RequestHandler):
    """What all answers have in common: who may ask, threads that compute, problems as text."""

    def initialize(self, runs: Runs, keys: Keys, threads: ThreadPoolExecutor) -> None:
        self._runs, self._keys, self._threads = runs, keys, threads

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, content in HEADERS.items():
            self.set_header(name, content)

    def prepare(self) -> None:
        host = self.request.headers.get("Host", "")
        if not self._keys.is_own_name(host):
            raise HTTPError(
                403,
                f"the explorer does not answer under the name {host[:100]!r}. Open the link that it has printed, or "
                "put the address of this machine in numbers, or `localhost`, in the place of the name",
            )
        self._refuse_strangers()

    def _refuse_strangers(self) -> None:
        """Refuse requests without the token, which the page brings in a header.

        Raises
        ------
        HTTPError
        """
        if self._keys.is_of_another_site(self.request.headers):
            raise HTTPError(
                403, "the explorer answers its own page only, and not that of another site"
            )
        if not self._keys.fits(self.request.headers.get(TOKEN, "")):
            raise HTTPError(403, "open the whole link that `qtcore explore` has printed")

    async def computed(self, function: Callable[..., Any], *given: Any) -> Any:
        """Return what a function returns, in a thread; its refusal becomes the answer."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, function, *given)
        except GoneError as error:
            raise HTTPError(410, str(error)) from None
        except QtcoreError as error:
            raise HTTPError(400, str(error)) from None

    def write_json(self, told: Any) -> None:
        """Answer with JSON, which no browser takes for a page."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(told, allow_nan=False))

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
    """The page itself, whose link holds the token; a link in a mail or a notebook comes from another site."""

    def _refuse_strangers(self) -> None:
        given = self.get_query_argument("token", "") or self.request.headers.get(TOKEN, "")
        once = self.get_query_argument("once", "")
        if once and self._keys.opens_once(once):
            self.redirect(f"/?token={self._keys.token}")
        elif once:
            raise HTTPError(
                403,
                "this link has been used, or is too old. Open the link that `qtcore explore` has printed. If it was "
                "not you who used it, end the explorer with Ctrl-C: another user of this machine did",
            )
        elif not self._keys.fits(given):
            raise HTTPError(403, "open the whole link that `qtcore explore` has printed")

    async def get(self) -> None:
        self.finish(page({"mode": "live", "token": self._keys.token}))


class Missing(_Answer):
    """Any other address."""

    def _refuse_strangers(self) -> None:
        super()._refuse_strangers()
        raise HTTPError(404, "the explorer has no such page")


class _Runs(_Answer):
    async def get(self) -> None:
        self.write_json(await self.computed(self._runs.listed))


class _Summary(_Answer):
    async def get(self) -> None:
        asked = self.get_query_argument("run")
        self.write_json(await self.computed(self._runs.asked, asked, Explored.summary))


class _Numbers(_Answer):
    async def get(self) -> None:
        run = self.get_query_argument("run")
        name, statistic = self.get_query_argument("name"), self.get_query_argument("statistic")
        found = await self.computed(self._runs.asked, run, Explored.numbers, name, statistic)
        parts = [found.values, found.errors, *([] if found.theory is None else [found.theory])]
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("X-Qtcore-Parts", str(len(parts)))
        self.finish(b"".join(np.ascontiguousarray(p, dtype="<f8").tobytes() for p in parts))


class _Point(_Answer):
    async def get(self) -> None:
        at = _point(self.get_query_argument("at"))
        run, name = self.get_query_argument("run"), self.get_query_argument("name")
        self.write_json(await self.computed(self._runs.asked, run, Explored.point, at, name))


HANDLERS: list[tuple[str, type[RequestHandler]]] = [
    (r"/", _Page),
    (r"/api/runs", _Runs),
    (r"/api/summary", _Summary),
    (r"/api/numbers", _Numbers),
    (r"/api/point", _Point),
]
"""Addresses, and what answers there."""


def _point(text: str) -> dict[str, int]:
    """Return the indices of a point that a browser asks for."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or any(type(index) is not int for index in found.values()):
        raise HTTPError(400, "a point is a JSON object of whole numbers")
    return found
