"""A million tasks are kept as numbers: the same tasks in the same order, quickly, in little memory."""

import time
import tracemalloc

import numpy as np
import pytest

from qtcore.sweep.tasks import PIECES_PER_TASK, Piece, Task, Tasks, cut


@pytest.fixture
def blocks() -> tuple[np.ndarray, np.ndarray]:
    """Which blocks of 40 points are left, and what each is expected to take; seconds differ."""
    rng = np.random.default_rng(3)
    left = rng.random((40, 30)) < 0.7
    return left, np.repeat(rng.exponential(0.1, size=(40, 1)), 30, axis=1)


def test_every_block_that_is_left_is_in_one_task(blocks: tuple[np.ndarray, np.ndarray]) -> None:
    left, seconds = blocks
    count = np.zeros(left.shape, dtype=int)
    for task in cut(left, seconds, 0.4):
        for piece in task.pieces:
            count[piece.point, piece.first : piece.stop] += 1
    assert np.array_equal(count, left.astype(int))


def test_tasks_come_longest_first_with_the_seconds_of_their_blocks(
    blocks: tuple[np.ndarray, np.ndarray],
) -> None:
    left, seconds = blocks
    tasks = cut(left, seconds, 0.4)
    expected = [task.seconds for task in tasks]
    assert expected == sorted(expected, reverse=True)
    for task in tasks:
        blockwise = [seconds[p.point, p.first : p.stop].sum() for p in task.pieces]
        assert task.seconds == pytest.approx(sum(blockwise), rel=1e-12)
        assert len(task.pieces) <= PIECES_PER_TASK
        assert task.seconds <= 1.25 * 0.4 or len(task.pieces) == task.blocks == 1
    assert tasks.total_seconds == pytest.approx(seconds[left].sum(), rel=1e-12)


def test_no_piece_is_longer_than_a_worker_can_hold(blocks: tuple[np.ndarray, np.ndarray]) -> None:
    left, seconds = blocks
    assert cut(left, seconds, 4.0).longest_piece > 4
    tasks = cut(left, seconds, 4.0, longest=4)
    assert tasks.longest_piece == 4
    pieces = [piece for task in tasks for piece in task.pieces]
    assert sum(piece.stop - piece.first for piece in pieces) == left.sum()


def test_tasks_are_a_sequence(blocks: tuple[np.ndarray, np.ndarray]) -> None:
    tasks = cut(*blocks, 0.4)
    listed = list(tasks)
    assert len(tasks) == len(listed) > 50
    assert (tasks[0], tasks[-1]) == (listed[0], listed[-1])
    assert list(tasks[3:9:2]) == listed[3:9:2]
    assert list(Tasks.of(listed)) == listed
    with pytest.raises(IndexError):
        tasks[len(listed)]


def test_no_block_left_is_no_task() -> None:
    tasks = cut(np.zeros((2, 3), dtype=bool), np.ones((2, 3)), 1.0)
    assert not tasks
    assert (tasks.total_seconds, tasks.longest_piece) == (0.0, 0)


def test_tasks_that_were_made_are_kept_as_they_are() -> None:
    made = [Task((Piece(2, 0, 1), Piece(0, 3, 5)), 0.5), Task((Piece(1, 0, 4),), 2.0)]
    tasks = Tasks.of(made)
    assert list(tasks) == made
    assert tasks.longest_piece == 4


def test_a_million_tasks_take_seconds_and_tens_of_megabytes() -> None:
    left = np.ones((100, 10_000), dtype=bool)
    seconds = np.ones(left.shape)
    start = time.process_time()
    tasks = cut(left, seconds, 1.0)
    assert len(tasks) == 10**6
    assert time.process_time() - start < 10  # about 1 s
    del tasks
    tracemalloc.start()
    kept = cut(left[:10], seconds[:10], 1.0)
    assert len(kept) == 10**5
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 60 * len(kept)  # numbers of 36 bytes a task; as objects they took 340
