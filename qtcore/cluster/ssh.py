"""Workers on machines that are reached by ssh."""

import asyncio
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncssh
from distributed import SSHCluster
from distributed.deploy.spec import SpecCluster

from qtcore.cluster.environment import ONE_THREAD, SHELL_LINES, ClusterError
from qtcore.cluster.kinds import Ssh


@contextmanager
def start(profile: Ssh) -> Iterator[SpecCluster]:
    """Start scheduler and workers; yield their cluster, closed on exit.

    Raises
    ------
    ClusterError
        If a host cannot be reached, logged in to, or has no such Python; all of them are named.
    """
    python = profile.python or sys.executable
    head = profile.scheduler or profile.hosts[0]
    _knock(profile, (head, *profile.hosts), python)
    try:
        cluster = SSHCluster(
            [head, *profile.hosts],
            connect_options=_options(profile),
            remote_python=_in_environment(python),
            scheduler_options={**_address(profile, head), "dashboard_address": ":0"},
            worker_options={
                **({"interface": profile.interface} if profile.interface else {}),
                "nthreads": 1,
                "n_workers": profile.workers_per_host,
                "memory_limit": profile.memory_limit,
                "env": ONE_THREAD,
            },
        )
    except Exception as error:  # Dask passes on whatever the remote process said
        raise ClusterError(
            f"the workers on {', '.join(profile.hosts)} did not start: {error}; to see why: "
            f"ssh {profile.hosts[0]} {python} -c 'import qtcore, distributed'"
        ) from error
    with cluster:
        yield cluster


def _options(profile: Ssh) -> dict[str, Any]:
    """Return the keywords of `asyncssh.connect`; what is left out is read from ~/.ssh."""
    chosen = {
        "username": profile.username,
        "client_keys": [profile.private_key] if profile.private_key else None,
        "known_hosts": profile.known_hosts,
    }
    return {"port": profile.port} | {k: v for k, v in chosen.items() if v is not None}


def _address(profile: Ssh, head: str) -> dict[str, str]:
    """Say where the scheduler listens: the head's address in the network that workers use."""
    if profile.interface and head in profile.hosts:
        return {"interface": profile.interface}
    return {"host": socket.gethostbyname(head)}


def _in_environment(python: str) -> str:
    """Return a shell command that runs Python in the environment of workers."""
    script = "; ".join((*SHELL_LINES, f'exec {shlex.quote(python)} "$@"'))
    return f"sh -c {shlex.quote(script)} sh"


def _knock(profile: Ssh, hosts: tuple[str, ...], python: str) -> None:
    async def all_hosts() -> list[str]:
        every = dict.fromkeys(hosts)
        return await asyncio.gather(*(_problem(profile, host, python) for host in every))

    problems = [problem for problem in asyncio.run(all_hosts()) if problem]
    if problems:
        raise ClusterError("ssh: " + "\n     ".join(problems))


async def _problem(profile: Ssh, host: str, python: str) -> str:
    """Return what keeps workers from being started on a host, or nothing."""
    limit = profile.start_timeout
    try:
        async with asyncssh.connect(host, connect_timeout=limit, **_options(profile)) as connection:
            done = await connection.run(f"{shlex.quote(python)} -c 'import qtcore, distributed'")
    except socket.gaierror:
        return f"unknown host {host!r}; allowed are names and addresses that this machine resolves"
    except asyncssh.HostKeyNotVerifiable as error:
        return f"{host}: {error.reason}; log in once by hand, or name a file with `known_hosts`"
    except asyncssh.PermissionDenied:
        return (
            f"{host} refused the login; it needs a key that asks for nothing (`private_key`, "
            "`username`, or an agent)"
        )
    except TimeoutError:
        return f"{host} does not answer within {limit:g} s on port {profile.port}"
    except (OSError, asyncssh.Error) as error:
        return f"{host}, port {profile.port}: {error}"
    if done.exit_status:
        said = str(done.stderr).strip().splitlines()
        return (
            f"{host}: {python} cannot be used there: {said[-1] if said else done.exit_status}; name "
            "another with `python`"
        )
    return ""
