"""A real worker process that is retired because it will soon be gone."""

import time

import pytest
from dask_server import scheduler, worker
from distributed import Client

from qtcore.sweep.ends import Ends
from qtcore.sweep.worker_time import JOB_ENDS, End, end_of_worker

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_a_retired_worker_ends_its_process_and_no_other() -> None:
    prefix = ("env", f"{JOB_ENDS}={time.time() + 300}")
    with (
        scheduler(workers=1) as address,
        worker(address, prefix, ("--lifetime", "200s")) as process,
        Client(address, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=60)
        found = [
            client.submit(end_of_worker, workers=[name], pure=False).result(30)
            for name in client.nthreads()
        ]
        (told,) = (End(*end) for end in found if end is not None)
        assert 100 < told.seconds <= told.whole <= 201, "its lifetime comes before its job's end"
        assert told.is_replaced
        ends = Ends(client)
        ends.note(told)
        ends.retire(client.nthreads(), 0.0)
        assert len(client.nthreads()) == 2
        ends.note(End(told.worker, 5.0, told.whole, True))
        ends.retire(client.nthreads(), 60.0)
        assert process.wait(60) == 0
        assert list(client.nthreads().values()) == [1]
        assert told.worker not in client.nthreads()
