"""A task knows what its worker may take."""

import pytest
from distributed import Client, LocalCluster

from qtcore.room import TASKS_HERE, Limit, free_bytes
from qtcore.sweep.worker_room import room_of_worker


def asked() -> tuple[int, str]:
    with room_of_worker():
        return free_bytes()


def test_without_a_worker_there_is_no_limit() -> None:
    assert asked()[1].startswith("this machine has ")


def test_threads_of_this_process_share_its_memory() -> None:
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        assert client.submit(asked).result(timeout=30)[1].endswith("free for each of 2 tasks")


@pytest.mark.cluster
@pytest.mark.slow
def test_a_process_has_its_own_limit() -> None:
    """Its nanny ends it at 95 % of the limit that it was given."""
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            memory_limit="600MiB",
            dashboard_address=":0",
            env={TASKS_HERE: "2"},
        ) as cluster,
        Client(cluster) as client,
    ):
        free, words = client.submit(asked).result(timeout=60)
        assert 0 < free < 0.95 * 600 * 2**20
        assert words.startswith("this worker, which is ended at 570 MiB, has ")
    assert Limit().of_process is None
