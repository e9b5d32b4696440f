"""An sshd of one's own in a folder: own port, own keys, own configuration."""

import getpass
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers import free_port, reachable, running, wait_until

PACKAGES = "openssh-server"

CHECKOUT = Path(__file__).resolve().parents[2]

CONFIGURATION = """
Port {port}
ListenAddress {address}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile {folder}/sshd.pid
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv PYTHONPATH={checkout}
"""


@dataclass(frozen=True)
class Sshd:
    """Where it listens, and what a client needs."""

    address: str
    port: int
    key: Path
    known_hosts: Path

    @property
    def profile(self) -> str:
        """The lines of a profile of kind ssh."""
        return (
            f"kind: ssh\nport: {self.port}\nusername: {getpass.getuser()}\n"
            f"private_key: {self.key}\nknown_hosts: {self.known_hosts}\n"
        )


def why_not() -> str:
    """Say why no sshd can be started here, or nothing."""
    absent = [name for name in ("sshd", "ssh-keygen") if _path(name) is None]
    return f"needs {', '.join(absent)} (Debian: apt-get install {PACKAGES})" if absent else ""


def make_keys(folder: Path) -> None:
    """Make the keys of a host and of its user."""
    for name in ("host_key", "user_key"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )


@contextmanager
def sshd(
    folder: Path, address: str = "127.0.0.1", port: int = 0, inside: tuple[str, ...] = ()
) -> Iterator[Sshd]:
    """Run an sshd with the keys in a folder; `inside` is put before its command.

    Yields
    ------
    Sshd
        It answers; stopped on exit, with all that was started through it.
    """
    port = port or free_port()
    configuration = folder / f"sshd-{address}.conf"
    configuration.write_text(
        CONFIGURATION.format(port=port, address=address, folder=folder, checkout=CHECKOUT)
    )
    known_hosts = folder / f"known-{address}"
    public = (folder / "host_key.pub").read_text()
    known_hosts.write_text(f"[{address}]:{port} {public}")
    # sshd wants the folder that it shuts its unprivileged half in, and to be called by a full path.
    Path("/run/sshd").mkdir(exist_ok=True)
    command = [*inside, str(_path("sshd")), "-D", "-e", "-f", str(configuration)]
    with (folder / f"sshd-{address}.out").open("w") as output, running(command, output.fileno()):
        wait_until(lambda: reachable(address, port), f"sshd at {address}:{port}")
        yield Sshd(address, port, folder / "user_key", known_hosts)


def _path(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
