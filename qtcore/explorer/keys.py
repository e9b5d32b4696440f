"""Who may ask the explorer: tokens, and the names under which a browser may know this machine."""

import hmac
import ipaddress
import secrets
import socket
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

TOKEN = "X-Qtcore-Token"
"""Header in which the page brings the token."""

SOON = 60.0
"""Seconds for which a link works that works once."""


class Keys:
    """What a request must bring before it is answered.

    Parameters
    ----------
    host : str
        Address that the server listens at.

    Attributes
    ----------
    token : str
        New for each server.
    """

    def __init__(self, host: str) -> None:
        self.token = secrets.token_urlsafe(24)
        own = (host, "localhost", socket.gethostname(), socket.getfqdn() if _is_open(host) else "")
        self._names = {name.lower().rstrip(".") for name in own if name}
        self._once: dict[str, float] = {}

    def for_once(self) -> str:
        """Return a key that opens the page one time within `SOON`."""
        key = secrets.token_urlsafe(24)
        self._once[key] = time.monotonic() + SOON
        return key

    def opens_once(self, given: str) -> bool:
        """Whether a key opens the page; it does so no second time."""
        until = self._once.pop(given, None)
        return until is not None and time.monotonic() < until

    def fits(self, given: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def is_own_name(self, host: str) -> bool:
        """Whether a request was sent to this machine by a name that only it can have.

        A page of another site can have its own name point at 127.0.0.1 once it is open, and would then
        count as the same site as the explorer (DNS rebinding). An address in numbers asks no name server.

        Parameters
        ----------
        host : str
            What the header `Host` says, with the port or without.
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name.rstrip(".") in self._names or _is_number(name)

    def is_of_another_site(self, headers: Mapping[str, str]) -> bool:
        """Whether a browser says that a page of another site has sent a request."""
        origin, host = headers.get("Origin", ""), headers.get("Host", "")
        if headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            return True
        return bool(origin) and urlsplit(origin).netloc.lower() != host.lower()


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_open(host: str) -> bool:
    """Whether other machines can reach an address, by a name that a name server tells."""
    return host != "localhost" and not (_is_number(host) and ipaddress.ip_address(host).is_loopback)
