"""Workers in jobs of a batch system."""

import re
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
from dask.utils import parse_bytes
from distributed.core import Status
from distributed.deploy.spec import SpecCluster

from qtcore.cluster.batch_kinds import Batch
from qtcore.cluster.batch_systems import JOB_NAME, SYSTEMS, System, said
from qtcore.cluster.children import ctrl_c_reaches_no_child
from qtcore.cluster.environment import SHELL_LINES, ClusterError
from qtcore.cluster.local import dashboard_address, dashboard_where_it_can
from qtcore.cluster.lost_jobs import Watch
from qtcore.errors import InputError
from qtcore.sweep.worker_time import JOB_ENDS

TARGET = "500ms"
"""Work that should wait for each worker before an adaptive cluster asks for more of them. A sweep
keeps few tasks in the queue, so that Dask's own 5 s would never be reached."""

DASK_LEAVES_LOST_JOBS_ALONE = {"distributed.deploy.lost-worker-timeout": "365 days"}
"""Or it would cancel a job that replaces a lost one and is still in the queue after 15 s."""

FIRST_ANSWER = 60.0
"""Seconds to wait for what a batch system says to the first job."""


@contextmanager
def start(profile: Batch) -> Iterator[SpecCluster]:
    """Submit the jobs; yield their cluster, which replaces jobs that are lost, closed on exit.

    Raises
    ------
    InputError
        If keys of the profile do not fit together.
    ClusterError
        If the batch system refuses a job, with its words.
    """
    system, refusals = SYSTEMS[profile.kind], list[str]()
    cluster = made(profile, refusals)
    with dask.config.set(DASK_LEAVES_LOST_JOBS_ALONE), cluster:
        if system.try_out:
            _try_out(profile, system, cluster.job_script())
        if profile.adaptive:
            cluster.adapt(minimum_jobs=1, maximum_jobs=profile.jobs, target_duration=TARGET)
        else:
            cluster.scale(jobs=profile.jobs)
        _first_answer(profile, system, cluster, refusals)
        with Watch(cluster, profile) as watch:
            try:
                yield cluster
            except KeyboardInterrupt:
                if watch.hopeless:
                    raise ClusterError(watch.hopeless) from None
                raise


def made(profile: Batch, refusals: list[str] | None = None) -> Any:
    """Return the cluster of a profile without any job, as `make`; errors as in `start`."""
    if profile.adaptive and profile.workers_per_job > 1:
        # https://github.com/dask/dask-jobqueue/issues/498
        raise InputError(
            "adaptive: true needs workers_per_job: 1, got "
            f"{profile.workers_per_job}; dask-jobqueue would submit and cancel jobs without end"
        )
    try:
        with ctrl_c_reaches_no_child(), dashboard_where_it_can():
            return make(profile, refusals)
    except InputError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"the Dask scheduler for {profile.system} jobs did not start: {error}"
        ) from error


def make(profile: Batch, refusals: list[str] | None = None) -> Any:
    """Return the cluster of a profile without any job; `job_script()` shows what is submitted.

    Parameters
    ----------
    profile : Batch
        What is asked for.
    refusals : list of str, optional
        Gets what the batch system says to each job that it refuses.
    """
    system = SYSTEMS[profile.kind]
    job = _noting(system.cluster.job_cls, [] if refusals is None else refusals)
    return system.cluster(
        job_cls=job,
        interface=profile.interface,
        cores=profile.workers_per_job,
        processes=profile.workers_per_job,
        memory=parse_bytes(profile.memory) * profile.workers_per_job,
        python=_word(profile.python or sys.executable),
        job_name=JOB_NAME,
        log_directory=profile.logs,
        local_directory=profile.local_directory and _word(profile.local_directory),
        job_script_prologue=_prologue(profile),
        worker_extra_args=_lifetime(profile),
        scheduler_options={"dashboard_address": dashboard_address()},
        silence_logs="critical",
        **system.keywords(profile),
    )


def _word(path: str) -> str:
    """Return a path as one word of a job's script, in which `~` and variables such as $TMPDIR still count."""
    if re.fullmatch(r"[\w@%+=:,./${}~-]+", path):
        return path
    home, rest = re.fullmatch(r"(~[\w.-]*/|)(.*)", path, re.DOTALL).groups()  # type: ignore[union-attr]
    return f'{home}"' + re.sub(r'(["\\`]|\$(?=\())', r"\\\1", rest) + '"'


def _prologue(profile: Batch) -> list[str]:
    lines = [*_end(profile), *profile.prologue, *SHELL_LINES]
    if profile.kind != "htcondor":
        return lines
    # They become words of a submit description, which expands $(…) itself before a shell does.
    return [line.replace("$(", "$(DOLLAR)(") for line in lines]


def _end(profile: Batch) -> list[str]:
    """Tell workers, in seconds of the clock, when their job ends and that another one follows."""
    if profile.limit is None:
        return []
    counted = f"$(( $(date +%s) + {profile.limit} ))"
    known = f"${{SLURM_JOB_END_TIME:-{counted}}}" if profile.kind == "slurm" else counted
    return [f'export {JOB_ENDS}="{known}"']


def _lifetime(profile: Batch) -> list[str]:
    if profile.limit is None:
        return []
    lifetime, stagger = lifetimes(profile.limit)
    return ["--lifetime", f"{lifetime}s", "--lifetime-stagger", f"{stagger}s"]


def lifetimes(limit: int) -> tuple[int, int]:
    """Return after how many seconds a worker leaves by itself, and by how many that varies.

    It leaves in order before its job is killed: at most 5 min, or a tenth of the time limit
    (in seconds), earlier. Workers of jobs that started together do not all leave at once.
    """
    spare, stagger = min(300, limit // 10), min(240, limit // 20)
    return limit - spare - stagger, stagger


def _noting(job: Any, refusals: list[str]) -> Any:
    """Return a class of jobs that notes what is said to jobs that are refused.

    Dask only logs it.
    """

    async def submit(self: Any, script: str) -> Any:
        try:
            if job.submit_command == "bsub":  # whose words dask-jobqueue throws away
                command = f"{self.submit_command} < {shlex.quote(script)}"
                return await self._call([command], shell=True)
            return await job._submit_job(self, script)
        except (OSError, RuntimeError) as error:
            self.status = Status.failed  # as Dask expects of all that it closes
            refusals.append(" ".join(str(error).rpartition("stderr:\n")[2].split()))
            raise

    return type(job.__name__, (job,), {"_submit_job": submit})


def _try_out(profile: Batch, system: System, script: str) -> None:
    """Let the batch system look at a job without running it."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        answer = said(*system.try_out, file.name)
    if answer.returncode:
        raise _refused(profile, system, answer.stderr or answer.stdout)


def _first_answer(
    profile: Batch, system: System, cluster: SpecCluster, refusals: list[str]
) -> None:
    """Wait until the batch system has taken or refused a job."""
    deadline = time.monotonic() + FIRST_ANSWER
    while time.monotonic() < deadline:
        if refusals:
            raise _refused(profile, system, refusals[0])
        if any(job.job_id for job in cluster.workers.copy().values()):
            return
        time.sleep(0.05)


def _refused(profile: Batch, system: System, words: str) -> ClusterError:
    queue = "partition" if profile.kind == "slurm" else "queue"
    keys = [key for key in (queue, "account", "resources") if key in type(profile).model_fields]
    return ClusterError(
        f"{profile.system} refuses the jobs: {' '.join(words.split())}; the profile's "
        f"{', '.join(keys)}, walltime, memory, workers_per_job and directives must fit (see "
        f"`{system.choices}`)"
    )
