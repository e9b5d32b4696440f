"""The kinds of places where a sweep can run, each a checked value."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr

from qtcore.cluster.batch_kinds import Htcondor, Lsf, Oar, Pbs, Sge, Slurm
from qtcore.cluster.profile_base import Count, ProfileBase, Scaled, Text

if TYPE_CHECKING:
    from distributed import Client
    from distributed.deploy.cluster import Cluster

    AnyCluster = str | Path | Client | Cluster
    """What a run takes as its cluster: a profile, an address, or what the caller has already."""


def _with_host_and_port(address: str) -> str:
    """Return an address if it has both; nothing would ever answer at another."""
    parts = urlsplit(address)
    if not parts.hostname or not parts.port:  # a port that is no number raises ValueError itself
        raise ValueError("no host and port")
    return address


def _without_password(address: str) -> str:
    """Return an address if it holds no password and no token, which a store would keep."""
    if "@" in address or "?" in address:
        raise ValueError("a password")
    return address


class Local(ProfileBase):
    """Worker processes on this machine, one thread each."""

    is_here: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("nothing more",)
    look_at: ClassVar[str] = "the memory and the load of this machine"

    kind: Literal["local"]
    workers: Literal["auto"] | Count = Field(
        default="auto", description="a whole number >= 1 of processes, or auto (one per core)"
    )
    memory_limit: str | float = Field(
        default="auto", description="memory of one worker, such as 4GiB, or auto (an equal share)"
    )
    dashboard: bool = Field(default=True, description="true or false")

    @property
    def cores(self) -> int:
        """As many as there are processes."""
        from dask.system import CPU_COUNT

        return CPU_COUNT if self.workers == "auto" else self.workers

    def with_workers(self, workers: int) -> "Local":
        """Return the profile with so many processes."""
        return self.model_copy(update={"workers": workers})


class Threads(ProfileBase):
    """Worker threads inside this process, for debugging: breakpoints and patches work."""

    is_here: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("nothing more",)
    look_at: ClassVar[str] = "the load of this machine"

    kind: Literal["threads"]
    workers: Literal["auto"] | Count = Field(
        default=1, description="a whole number >= 1 of threads, or auto (one per core)"
    )
    dashboard: bool = Field(default=False, description="true or false")

    @property
    def cores(self) -> int:
        """As many as there are threads."""
        from dask.system import CPU_COUNT

        return CPU_COUNT if self.workers == "auto" else self.workers

    def with_workers(self, workers: int) -> "Threads":
        """Return the profile with so many threads."""
        return self.model_copy(update={"workers": workers})


class Scheduler(ProfileBase):
    """A Dask scheduler that runs already; its workers must see the store under the same path."""

    needs: ClassVar[tuple[str, ...]] = (
        "the scheduler and its workers, running",
        *ProfileBase.needs,
    )
    look_at: ClassVar[str] = "its workers; to start one: dask worker ADDRESS --nthreads 1"

    kind: Literal["scheduler"]
    address: Annotated[str, AfterValidator(_with_host_and_port)] = Field(
        pattern=r"^(tcp|tls|ucx|wss?)://", description="an address such as tcp://host:8786"
    )


class Ssh(ProfileBase):
    """Worker processes on machines that are reached by ssh, started by Dask's SSHCluster."""

    needs: ClassVar[tuple[str, ...]] = (
        "ssh to every host without a password (key or agent)",
        "the same environment on every host",
        *ProfileBase.needs,
    )
    look_at: ClassVar[str] = (
        "whether the hosts reach the scheduler's port (firewall) and which address it has: "
        "`interface` chooses the network"
    )

    kind: Literal["ssh"]
    hosts: tuple[Text, ...] = Field(
        min_length=1, description="a list of one or more host names or addresses"
    )
    scheduler: Text | None = Field(
        default=None, description="the host of the Dask scheduler; the first of hosts if left out"
    )
    workers_per_host: Count = Field(
        default=1, description="a whole number >= 1 of one-thread processes on each host"
    )
    port: int = Field(default=22, ge=1, le=65535, description="the port of sshd, 1 to 65535")
    username: Text | None = Field(default=None, description="the user's name on the hosts")
    private_key: Text | None = Field(
        default=None, description="the path of a key; those of ~/.ssh and the agent if left out"
    )
    known_hosts: Text | None = Field(
        default=None, description="the path of a file of host keys; ~/.ssh/known_hosts if left out"
    )
    python: Text | None = Field(
        default=None, description="the path of Python on the hosts; the same as here if left out"
    )
    interface: Text | None = Field(
        default=None, description="the network interface that workers use, such as eth0 or ib0"
    )
    memory_limit: str | float = Field(
        default="auto", description="memory of one worker, such as 4GiB, or auto (an equal share)"
    )

    @property
    def cores(self) -> int:
        """Of all hosts together."""
        return len(self.hosts) * self.workers_per_host


class Kubernetes(Scaled):
    """Worker pods of a DaskCluster that the dask-kubernetes operator manages."""

    needs: ClassVar[tuple[str, ...]] = (
        "a kubeconfig, and the Dask operator in the cluster",
        "the image of cluster/Containerfile in a registry",
        "the store on a volume that the pods and this machine share",
    )
    look_at: ClassVar[str] = (
        "`kubectl get daskclusters,pods` and `kubectl describe pod` (image, volume, quota)"
    )

    kind: Literal["kubernetes"]
    start_timeout: float = Field(
        default=600.0, gt=0, description="seconds > 0 to wait for the first pod"
    )
    manifest: Text = Field(
        description="the path of a DaskCluster manifest, from the profile's folder on"
    )
    workers: Count = Field(default=1, description="a whole number >= 1 of one-thread pods")
    namespace: Text | None = Field(
        default=None, description="the namespace; that of the kubeconfig if left out"
    )

    @property
    def cores(self) -> int:
        """One per pod."""
        return self.workers

    def with_workers(self, workers: int) -> "Kubernetes":
        """Return the profile with so many pods."""
        return self.model_copy(update={"workers": workers})


class Mpi(ProfileBase):
    """Worker processes that are ranks of the command itself, started by mpirun or srun."""

    needs: ClassVar[tuple[str, ...]] = (
        "mpirun -n N, or srun, before the command, with N - 2 workers",
        *ProfileBase.needs,
    )
    look_at: ClassVar[str] = "whether the nodes reach each other: `interface` chooses the network"

    kind: Literal["mpi"]
    interface: Text | None = Field(
        default=None, description="the network interface that the nodes share, such as ib0"
    )
    local_directory: Text | None = Field(
        default=None, description="a folder on each node's own disk for Dask's files"
    )


class Gateway(Scaled):
    """A Dask cluster that a Dask Gateway starts, or that it has."""

    needs: ClassVar[tuple[str, ...]] = (
        "a Dask Gateway; what it asks for to let you in, in Dask's configuration (gateway.auth)",
        "the same environment on its workers, with OMP_NUM_THREADS=1",
        *ProfileBase.needs,
    )
    look_at: ClassVar[str] = "the gateway's limits, and the logs of its cluster"

    kind: Literal["gateway"]
    start_timeout: float = Field(
        default=600.0, gt=0, description="seconds > 0 to wait for the first worker"
    )
    address: Annotated[str, AfterValidator(_without_password)] | None = Field(
        default=None,
        pattern=r"^https?://",
        description="an address such as https://gateway.example.org without a password or a token; that of "
        "Dask's configuration if left out",
    )
    proxy_address: Annotated[Text, AfterValidator(_without_password)] | None = Field(
        default=None,
        description="the address of its proxy for schedulers without a password, if it is not the same",
    )
    auth: Literal["basic", "kerberos", "jupyterhub"] | None = Field(
        default=None,
        description="basic, kerberos or jupyterhub; passwords and tokens belong into Dask's "
        "configuration (gateway.auth.kwargs) or the environment",
    )
    cluster: Text | None = Field(
        default=None,
        description="the name of a cluster that runs there; a new one is started if left out",
    )
    workers: Count = Field(default=1, description="a whole number >= 1 of workers")
    options: dict[str, str | int | float | bool] = Field(
        default={}, description="a mapping of the gateway's options of a new cluster"
    )

    @property
    def cores(self) -> int | None:
        """One per worker; unknown of a cluster that runs."""
        return None if self.cluster else self.workers

    def with_workers(self, workers: int) -> "Gateway | None":
        """Return the profile with so many workers; None if the cluster runs already."""
        return None if self.cluster else self.model_copy(update={"workers": workers})


class Given(ProfileBase):
    """A Dask client or cluster that the caller has; see `qtcore.cluster.given`."""

    needs: ClassVar[tuple[str, ...]] = ("its workers, running", *ProfileBase.needs)
    look_at: ClassVar[str] = "its workers"

    kind: Literal["given"]
    words: str
    _given: Any = PrivateAttr(default=None)
    _threads: int = PrivateAttr(default=0)

    def of(self, given: Any, threads: int) -> Self:
        """Return the profile with the object that it stands for, and its worker threads."""
        self._given, self._threads = given, threads
        return self

    @property
    def given(self) -> Any:
        """The client or the cluster."""
        return self._given

    @property
    def cores(self) -> int | None:
        """Its worker threads, if it has any yet."""
        return self._threads or None


class GivenHere(Given):
    """The same, with workers on this machine."""

    is_here: ClassVar[bool] = True


InFiles = (
    Local
    | Threads
    | Scheduler
    | Ssh
    | Slurm
    | Pbs
    | Lsf
    | Sge
    | Htcondor
    | Oar
    | Mpi
    | Kubernetes
    | Gateway
)
"""What a file can state."""

Profile = InFiles | Given | GivenHere

KINDS: dict[str, type[Profile]] = {
    "local": Local,
    "threads": Threads,
    "scheduler": Scheduler,
    "ssh": Ssh,
    "slurm": Slurm,
    "pbs": Pbs,
    "lsf": Lsf,
    "sge": Sge,
    "htcondor": Htcondor,
    "oar": Oar,
    "mpi": Mpi,
    "kubernetes": Kubernetes,
    "gateway": Gateway,
}
