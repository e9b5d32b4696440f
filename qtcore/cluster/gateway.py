"""Workers of a cluster that a Dask Gateway starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import ClientError
from dask_gateway import Gateway as DaskGateway
from dask_gateway import GatewayCluster
from dask_gateway.client import GatewayClusterError, GatewayServerError

from qtcore.cluster.environment import ClusterError
from qtcore.cluster.kinds import Gateway


@contextmanager
def start(profile: Gateway) -> Iterator[Any]:
    """Start a cluster of the profile, closed on exit, or find one that runs and stays.

    Passwords and tokens are Dask's own matter: it reads them from its configuration.

    Raises
    ------
    ClusterError
        If the gateway does not answer, lets nobody in, or cannot start the cluster.
    """
    where = {
        "address": profile.address,
        "proxy_address": profile.proxy_address,
        "auth": profile.auth,
    }
    named = profile.address or "the address of Dask's configuration"
    try:
        _ask(where)
        if profile.cluster:
            cluster = GatewayCluster.from_name(profile.cluster, **where)
        else:
            cluster = GatewayCluster(**where, **profile.options)
    except (
        *(ClientError, GatewayClusterError, GatewayServerError),
        *(OSError, TypeError, ValueError),
    ) as error:
        raise ClusterError(
            f"the gateway at {named} gives no "
            f"cluster: {error or type(error).__name__}; look at the profile's address, auth and "
            "options, and at `gateway` in Dask's configuration"
        ) from error
    with _closed_once(cluster.gateway), cluster:
        if not profile.cluster:
            if profile.adaptive:
                cluster.adapt(minimum=1, maximum=profile.workers)
            else:
                cluster.scale(profile.workers)
        yield cluster


def _ask(where: dict[str, Any]) -> None:
    """Ask a gateway for its clusters: one that does not answer or lets nobody in says so here."""
    gateway = DaskGateway(**where)
    with _closed_once(gateway), gateway:
        gateway.list_clusters()


@contextmanager
def _closed_once(gateway: Any) -> Iterator[None]:
    """Keep a closed gateway from being closed again when it is forgotten.

    dask-gateway would print a traceback then: its event loop has ended.
    """
    try:
        yield
    finally:
        gateway.close = lambda: None
