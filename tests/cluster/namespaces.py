"""Hosts on one machine: network namespaces with addresses of their own, behind one bridge."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

BRIDGE = "qtbr0"

NETWORK = "10.213.77"
"""Of documentation and tests: the first three numbers of the addresses."""


@dataclass(frozen=True)
class Host:
    """A network namespace and its address."""

    name: str
    address: str

    @property
    def inside(self) -> tuple[str, ...]:
        """Prefix of a command that shall run there."""
        return ("ip", "netns", "exec", self.name)

    def cut_off(self) -> None:
        """Take its cable out."""
        _ip("link", "set", f"{self.name}-v", "down")


def why_not() -> str:
    """Say why this machine gives no network namespaces, or nothing."""
    try:
        _ip("netns", "add", "qtprobe")
        _ip("netns", "del", "qtprobe")
        _ip("link", "add", "qtprobe0", "type", "bridge")
        _ip("link", "del", "qtprobe0")
    except FileNotFoundError:
        return "needs ip (Debian: apt-get install iproute2)"
    except subprocess.CalledProcessError as error:
        return f"network namespaces are not allowed here: {error.stderr.strip()}"
    return ""


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """Make hosts whose only network is a bridge that has address NETWORK.1 on this side."""
    with ExitStack() as stack:
        _ip("link", "add", BRIDGE, "type", "bridge")
        stack.callback(_ip, "link", "del", BRIDGE)
        _ip("addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        yield [stack.enter_context(_host(number)) for number in range(2, 2 + count)]


@contextmanager
def _host(number: int) -> Iterator[Host]:
    host = Host(f"qth{number}", f"{NETWORK}.{number}")
    outside = f"{host.name}-v"
    _ip("netns", "add", host.name)
    try:
        _ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", host.name)
        _ip("link", "set", outside, "master", BRIDGE, "up")
        _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
        _ip("-n", host.name, "link", "set", "eth0", "up")
        _ip("-n", host.name, "link", "set", "lo", "up")
        yield host
        # At once; with its namespace it would go some time later, and block its name.
        _ip("link", "del", outside)
    finally:
        _ip("netns", "del", host.name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
