"""Jobs of a batch system that are gone are replaced."""

import logging
import signal
import threading
from types import TracebackType
from typing import Any, Self

from qtcore.cluster.batch_kinds import Batch
from qtcore.cluster.batch_systems import SYSTEMS, listed_jobs
from qtcore.cluster.late_workers import TURNED_AWAY

FRUITLESS = 3
"""So many jobs per asked one may end without ever having brought a worker that can work; then it is
not the cluster that loses jobs but the jobs that cannot work, and no more are submitted."""

log = logging.getLogger(__name__)


class Watch:
    """Looks for jobs that are gone (cancelled, failed, out of time) and has them replaced.

    Dask counts a job that it has submitted as running for good, so `scale` replaces none.
    """

    def __init__(self, cluster: Any, profile: Batch) -> None:
        self.cluster = cluster
        self.profile = profile
        self.fruitful: set[str] = set()
        self.lost: set[str] = set()
        self.hopeless = ""
        self.driver = threading.current_thread()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="qtcore-jobs", daemon=True)

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
            listed = listed_jobs(SYSTEMS[self.profile.kind])
            if listed is None:  # look again later
                continue
            lost = submitted.keys() - listed - self.lost
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
        self.hopeless = (
            f"{fruitless} {self.profile.system} jobs ended without a worker that can work, no more "
            f"are submitted; see their output in {self.profile.logs}"
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
