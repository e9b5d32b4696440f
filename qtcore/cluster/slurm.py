"""Workers in SLURM jobs."""

import logging
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import dask
from dask.utils import parse_bytes
from distributed.deploy.spec import SpecCluster

from qtcore.cluster.children import ctrl_c_reaches_no_child
from qtcore.cluster.environment import SHELL_LINES, ClusterError
from qtcore.cluster.kinds import Slurm
from qtcore.cluster.late_workers import TURNED_AWAY
from qtcore.cluster.local import dashboard_address, dashboard_where_it_can
from qtcore.errors import InputError

_CTRL_C = signal.getsignal(signal.SIGINT)
from dask_jobqueue import SLURMCluster  # noqa: E402 - between the lines that save Ctrl-C from it

# Its module `runner` has Ctrl-C end the process at once, without an orderly end of the sweep.
signal.signal(signal.SIGINT, _CTRL_C)

JOB_NAME = "qtcore"

LOGS = "slurm-logs"

FRUITLESS = 3
"""So many jobs per asked one may end without ever having brought a worker that can work; then it is
not the cluster that loses jobs but the jobs that cannot work, and no more are submitted."""

TARGET = "500ms"
"""Work that should wait for each worker before an adaptive cluster asks for more of them. A sweep
keeps few tasks in the queue, so that Dask's own 5 s would never be reached."""

DASK_LEAVES_LOST_JOBS_ALONE = {"distributed.deploy.lost-worker-timeout": "365 days"}
"""Or it would cancel a job that replaces a lost one and is still in the queue after 15 s."""

log = logging.getLogger(__name__)


@contextmanager
def start(profile: Slurm) -> Iterator[SpecCluster]:
    """Submit the jobs; yield their cluster, which replaces jobs that are lost, closed on exit.

    Raises
    ------
    ClusterError
        If SLURM refuses a job, with its words.
    """
    if profile.adaptive and profile.workers_per_job > 1:
        # https://github.com/dask/dask-jobqueue/issues/498
        raise InputError(
            "adaptive: true needs workers_per_job: 1, got "
            f"{profile.workers_per_job}; dask-jobqueue would submit and cancel jobs without end"
        )
    try:
        with ctrl_c_reaches_no_child(), dashboard_where_it_can():
            cluster = make(profile)
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(f"the Dask scheduler for SLURM jobs did not start: {error}") from error
    with dask.config.set(DASK_LEAVES_LOST_JOBS_ALONE), cluster:
        _try_out(cluster.job_script())
        if profile.adaptive:
            cluster.adapt(minimum_jobs=1, maximum_jobs=profile.jobs, target_duration=TARGET)
        else:
            cluster.scale(jobs=profile.jobs)
        with _Watch(cluster, profile) as watch:
            try:
                yield cluster
            except KeyboardInterrupt:
                if watch.hopeless:
                    raise ClusterError(watch.hopeless) from None
                raise


def make(profile: Slurm) -> SLURMCluster:
    """Return the cluster of a profile without any job; `job_script()` shows what is submitted."""
    lifetime, stagger = lifetimes(profile.walltime)
    return SLURMCluster(
        queue=profile.partition,
        account=profile.account,
        interface=profile.interface,
        cores=profile.workers_per_job,
        processes=profile.workers_per_job,
        memory=parse_bytes(profile.memory) * profile.workers_per_job,
        walltime=profile.walltime,
        python=profile.python,
        job_name=JOB_NAME,
        log_directory=profile.log_directory or LOGS,
        job_script_prologue=[*profile.prologue, *SHELL_LINES],
        job_extra_directives=list(profile.directives),
        worker_extra_args=["--lifetime", f"{lifetime}s", "--lifetime-stagger", f"{stagger}s"],
        scheduler_options={"dashboard_address": dashboard_address()},
        silence_logs="critical",
    )


def lifetimes(walltime: str) -> tuple[int, int]:
    """Return after how many seconds a worker leaves by itself, and by how many that varies.

    It leaves in order before SLURM kills it: at most 5 min, or a tenth of the time limit, earlier.
    Workers of jobs that started together do not all leave at once.
    """
    days, _, clock = walltime.rpartition("-")
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    limit = ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
    spare, stagger = min(300, limit // 10), min(240, limit // 20)
    return limit - spare - stagger, stagger


def _try_out(script: str) -> None:
    """Let SLURM look at a job without running it, since Dask only logs what sbatch says."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        said = _said("sbatch", "--test-only", file.name)
    if said.returncode:
        words = " ".join(said.stderr.split())
        raise ClusterError(
            f"SLURM refuses the jobs: {words}; the profile's partition, account, "
            "walltime, memory, workers_per_job and directives must fit (see `sinfo`)"
        )


def _said(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


class _Watch:
    """Looks for jobs that are gone (cancelled, failed, out of time) and has them replaced.

    Dask counts a job that it has submitted as running for good, so `scale` replaces none.
    """

    def __init__(self, cluster: SLURMCluster, profile: Slurm) -> None:
        self.cluster = cluster
        self.profile = profile
        self.fruitful: set[str] = set()
        self.lost: set[str] = set()
        self.hopeless = ""
        self.driver = threading.current_thread()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="qtcore-slurm", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.over.wait(self.profile.watch_every):
            # In this order: a job that is submitted meanwhile is not looked for.
            submitted = {job.job_id: name for name, job in self.cluster.workers.copy().items()}
            self.fruitful |= self._with_workers(submitted)
            self.fruitful -= self._sent_away(submitted)
            listed = _said("squeue", "--noheader", "--me", "--format=%A")
            if listed.returncode:  # a controller that is busy or restarts; look again later
                continue
            lost = submitted.keys() - set(listed.stdout.split()) - self.lost
            self.lost |= lost
            fruitless = len(self.lost - self.fruitful)
            if fruitless <= FRUITLESS * self.profile.jobs:
                if lost:
                    self.cluster.loop.add_callback(self._replace, {submitted[job] for job in lost})
                continue
            self._submit_no_more(fruitless)
            if not self.fruitful - self.lost:
                self._give_up()
                return

    def _with_workers(self, submitted: dict[str, str]) -> set[str]:
        workers = self.cluster.scheduler_info["workers"].copy().values()
        return _jobs_of({str(worker["name"]) for worker in workers}, submitted)

    def _sent_away(self, submitted: dict[str, str]) -> set[str]:
        events = self.cluster.scheduler.get_events(TURNED_AWAY)
        return _jobs_of({str(event["name"]) for _, event in events}, submitted)

    def _replace(self, lost: set[str]) -> None:
        for name in lost:
            self.cluster.workers.pop(name, None)
        if not self.over.is_set():
            # As many as are wanted anyway: those without a job get one.
            self.cluster.scale(jobs=len(self.cluster.worker_spec))

    def _submit_no_more(self, fruitless: int) -> None:
        if self.hopeless:
            return
        where = self.profile.log_directory or LOGS
        self.hopeless = (
            f"{fruitless} SLURM jobs ended without a worker that can work, no more are submitted; "
            f"see their output in {where}"
        )
        log.error("%s", self.hopeless)

    def _give_up(self) -> None:
        # Ends the sweep as Ctrl-C does: it can be continued.
        if self.driver is threading.main_thread() and self.driver.ident:
            signal.pthread_kill(self.driver.ident, signal.SIGINT)


def _jobs_of(workers: set[str], submitted: dict[str, str]) -> set[str]:
    """Return the jobs, by number, to which some workers belong, by name."""
    # Several workers of a job are called NAME-0, NAME-1, …
    names = workers | {name.rpartition("-")[0] for name in workers}
    return {job for job, name in submitted.items() if str(name) in names}
