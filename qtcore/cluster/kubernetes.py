"""Workers in Kubernetes pods, through the Dask operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from dask_kubernetes.operator import KubeCluster
from distributed.deploy.cluster import Cluster

from qtcore.cluster.environment import ClusterError
from qtcore.cluster.kinds import Kubernetes
from qtcore.errors import InputError


@contextmanager
def start(profile: Kubernetes) -> Iterator[Cluster]:
    """Create the DaskCluster of a manifest; yield the cluster, deleted on exit.

    Raises
    ------
    InputError
        If the manifest cannot be read.
    ClusterError
        If the operator does not bring up a scheduler.
    """
    try:
        cluster = KubeCluster(
            custom_cluster_spec=manifest(profile),
            namespace=profile.namespace,
            resource_timeout=int(profile.start_timeout),
        )
    except InputError:
        raise
    except Exception as error:  # whatever the Kubernetes API answers
        raise ClusterError(f"the DaskCluster did not start: {error}") from error
    with cluster:
        if profile.adaptive:
            cluster.adapt(minimum=1, maximum=profile.workers)
        yield cluster


def manifest(profile: Kubernetes) -> dict[str, Any]:
    """Return the DaskCluster of a profile's manifest, with the profile's number of workers."""
    try:
        cluster: Any = yaml.safe_load(Path(profile.manifest).read_text(encoding="utf-8"))
        cluster["spec"]["worker"]["replicas"] = 1 if profile.adaptive else profile.workers
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"manifest {profile.manifest} cannot be read: {error}") from error
    except (KeyError, TypeError):
        raise InputError(f"manifest {profile.manifest} is no DaskCluster with a worker") from None
    return dict(cluster)
