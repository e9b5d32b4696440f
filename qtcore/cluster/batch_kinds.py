"""Batch systems: profiles whose workers are jobs that dask-jobqueue submits."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field

from qtcore.cluster.profile_base import Count, Line, ProfileBase, Scaled, Text


def _not_nothing(text: str) -> str:
    """Return a size or a time that is not zero."""
    if not any(digit in text for digit in "123456789"):
        raise ValueError("nothing")
    return text


Size = Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*[KMGT]i?B$"), AfterValidator(_not_nothing)]
Limit = Annotated[str, Field(pattern=r"^(\d+-)?\d{1,3}:\d{2}:\d{2}$"), AfterValidator(_not_nothing)]

TIME_LIMIT = "the time limit of a job, such as 04:00:00 or 2-00:00:00"

RESOURCES = "the text behind -l; by default the cores and the memory of the job"


class Batch(Scaled):
    """Worker processes in jobs of a batch system, submitted from here.

    Attributes
    ----------
    system : str
        The name of the batch system.
    """

    system: ClassVar[str]

    kind: str
    start_timeout: float = Field(
        default=3600.0, gt=0, description="seconds > 0 to wait in the queue for the first worker"
    )
    jobs: Count = Field(default=1, description="a whole number >= 1 of jobs")
    workers_per_job: Count = Field(
        default=1, description="a whole number >= 1 of one-thread processes in each job"
    )
    memory: Size = Field(default="2GiB", description="the memory of one worker, such as 2GiB")
    walltime: Limit | None = Field(default="04:00:00", description=TIME_LIMIT)
    account: Line | None = Field(default=None, description="the account or project to charge")
    interface: Line | None = Field(
        default=None, description="the network interface that nodes and this machine share"
    )
    python: Line | None = Field(
        default=None, description="the path of Python on the nodes; the same as here if left out"
    )
    prologue: tuple[Text, ...] = Field(
        default=(), description="a list of shell lines before the workers, such as module load …"
    )
    directives: tuple[Line, ...] = Field(
        default=(), description="a list of further options of a job, as its script has them"
    )
    log_directory: Line | None = Field(
        default=None, description="the folder for the jobs' output; KIND-logs if left out"
    )
    local_directory: Line | None = Field(
        default=None, description="a folder on each node's own disk for Dask's files"
    )
    watch_every: float = Field(
        default=30.0, gt=0, description="seconds > 0 between two looks for lost jobs"
    )

    @property
    def cores(self) -> int:
        """Of all jobs together."""
        return self.jobs * self.workers_per_job

    @property
    def limit(self) -> int | None:
        """The time limit of a job in seconds; None if the profile states none."""
        if self.walltime is None:
            return None
        days, _, clock = self.walltime.rpartition("-")
        hours, minutes, seconds = (int(part) for part in clock.split(":"))
        return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds

    @property
    def logs(self) -> str:
        """The folder for the jobs' output."""
        return self.log_directory or f"{self.kind}-logs"

    def with_workers(self, workers: int) -> Self:
        """Return the profile with jobs for at least so many workers."""
        return self.model_copy(update={"jobs": -(-workers // self.workers_per_job)})


class Queued(Batch):
    """The same, where a job is submitted to a queue."""

    walltime: Limit = Field(default="04:00:00", description=TIME_LIMIT)
    queue: Line | None = Field(
        default=None, description="the name of a queue; that of the batch system if left out"
    )


def _needs(commands: str) -> tuple[str, ...]:
    return (
        f"{commands} here (a login node that may run the Dask scheduler)",
        "the same environment on the nodes",
        *ProfileBase.needs,
    )


def _look_at(command: str) -> str:
    return (
        f"{command} (are the jobs waiting, and why?), the jobs' output in log_directory, and "
        "whether nodes reach this machine: `interface` chooses the network"
    )


class Slurm(Batch):
    """Worker processes in SLURM jobs."""

    system: ClassVar[str] = "SLURM"
    needs: ClassVar[tuple[str, ...]] = _needs("sbatch, squeue and scancel")
    look_at: ClassVar[str] = _look_at("`squeue --me`")

    kind: Literal["slurm"]
    walltime: Limit = Field(default="04:00:00", description=TIME_LIMIT)
    partition: Line | None = Field(default=None, description="the name of a SLURM partition")
    directives: tuple[Line, ...] = Field(
        default=(), description="a list of further #SBATCH options, such as --qos=long"
    )


class Pbs(Queued):
    """Worker processes in jobs of PBS: OpenPBS, PBS Professional, Torque."""

    system: ClassVar[str] = "PBS"
    needs: ClassVar[tuple[str, ...]] = _needs("qsub, qstat and qdel of PBS")
    look_at: ClassVar[str] = _look_at("`qstat -f`")

    kind: Literal["pbs"]
    directives: tuple[Line, ...] = Field(
        default=(), description="a list of further #PBS options, such as -m n"
    )
    resources: Line | None = Field(default=None, description=f"{RESOURCES} (select=1:ncpus=…)")


class Lsf(Queued):
    """Worker processes in jobs of LSF."""

    system: ClassVar[str] = "LSF"
    needs: ClassVar[tuple[str, ...]] = _needs("bsub, bjobs and bkill")
    look_at: ClassVar[str] = _look_at("`bjobs -p`")

    kind: Literal["lsf"]
    directives: tuple[Line, ...] = Field(
        default=(), description='a list of further #BSUB options, such as -R "rusage[scratch=10]"'
    )
    memory_unit: Literal["KB", "MB", "GB", "TB"] | None = Field(
        default=None,
        description="KB, MB, GB or TB: LSF_UNIT_FOR_LIMITS of lsf.conf, read there if left out",
    )


class Sge(Queued):
    """Worker processes in jobs of Grid Engine (SGE and its successors)."""

    system: ClassVar[str] = "Grid Engine"
    needs: ClassVar[tuple[str, ...]] = _needs("qsub, qstat and qdel of Grid Engine")
    look_at: ClassVar[str] = _look_at("`qstat -j JOB`")

    kind: Literal["sge"]
    directives: tuple[Line, ...] = Field(
        default=(), description="a list of further #$ options, such as -R y"
    )
    resources: Line | None = Field(
        default=None,
        description="the text behind -l, such as h_vmem=2G; none if left out, and then no memory "
        "is asked for",
    )
    parallel_environment: Line | None = Field(
        default=None,
        description="the parallel environment (`qconf -spl`) for jobs with several workers",
    )


class Htcondor(Batch):
    """Worker processes in jobs of HTCondor."""

    system: ClassVar[str] = "HTCondor"
    needs: ClassVar[tuple[str, ...]] = _needs("condor_submit, condor_q and condor_rm")
    look_at: ClassVar[str] = _look_at("`condor_q -better-analyze`")

    kind: Literal["htcondor"]
    prologue: tuple[Line, ...] = Field(
        default=(), description="a list of shell lines before the workers, such as module load …"
    )
    walltime: Limit | None = Field(
        default=None,
        description="the time after which workers leave, such as 04:00:00; no limit if left out",
    )
    directives: tuple[Line, ...] = Field(
        default=(),
        description="a list of further lines of the submit description, such as Rank = kflops",
    )
    disk: Size = Field(default="1GiB", description="the disk space of a job, such as 1GiB")


class Oar(Queued):
    """Worker processes in jobs of OAR."""

    system: ClassVar[str] = "OAR"
    needs: ClassVar[tuple[str, ...]] = _needs("oarsub, oarstat and oardel")
    look_at: ClassVar[str] = _look_at("`oarstat -fj JOB`")

    kind: Literal["oar"]
    directives: tuple[Line, ...] = Field(
        default=(), description="a list of further #OAR options, such as -t besteffort"
    )
    resources: Line | None = Field(
        default=None, description=f"{RESOURCES.partition(';')[0]}; /nodes=1/core=… if left out"
    )
    memory_property: Line | None = Field(
        default=None,
        description="the property of nodes that holds the memory per core in MiB, such as "
        "memcore; no memory is asked for if left out",
    )
