"""What does not fit into the memory is refused with its bytes before anything is allocated."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import psutil
import pytest

import qtcore as qt
from qtcore import room
from qtcore.observe import (
    bulk_density_ensemble,
    bulk_local_density,
    kubo_bastin,
    plane_wave,
    time_evolution,
    wave_packet,
)
from qtcore.room import Limit, limited

WIRE = qt.Wire(qt.Square(8, periodic=True), qt.Box(1.0))
CHAIN = qt.Wire(qt.Chain(), qt.Box(0.5))


def density(**changed):
    asked = {"length": 8, "realizations": [0], "moments": 8, "vectors": 8} | changed
    return bulk_density_ensemble(WIRE, [0.0], seed=1, **asked)


@pytest.mark.parametrize("length", [10**9, 10**12])
@pytest.mark.parametrize(
    "ask",
    [
        lambda length: density(length=length),
        lambda length: bulk_local_density(WIRE, [0.0], length, [0], 1, places=[(0, 0)]),
        lambda length: kubo_bastin(WIRE, [0.0], length, [0], 1, axes="xx"),
        lambda length: qt.closed_sample(WIRE, length, 0, 1),
        lambda length: plane_wave(WIRE, 10 * length, (0.0, 0.0)),
        lambda length: wave_packet(WIRE, 10 * length, (4.0, 4.0), 1.0),
    ],
    ids=["density", "local density", "conductivity", "sample", "plane wave", "packet"],
)
def test_a_long_sample_is_refused_before_anything_of_it_is_made(ask, length):
    with pytest.raises(qt.InputError, match=r"orbitals need [\d,]+ bytes .* smaller sample"):
        ask(length)


def test_many_realizations_are_refused_before_their_numbers_are_made():
    for count in (10**12, 10**20):
        with pytest.raises(qt.InputError, match=r"numbers in realizations need [\d,]+ bytes"):
            density(realizations=range(count))


def test_a_time_with_too_many_polynomials_is_refused():
    H = qt.closed_sample(WIRE, 8, 0, 1).H
    start = wave_packet(WIRE, 8, (4.0, 4.0), 1.0)
    for times in ([1e12], [1.0, 1e12]):
        with pytest.raises(qt.InputError, match=r"Chebyshev polynomials .* need [\d,]+ bytes"):
            time_evolution(H, start, times)


def test_a_task_may_not_take_more_than_its_worker_has_left():
    """A nanny would end the worker again and again, and a machine with free memory does not help."""
    used = psutil.Process().memory_info().rss
    density()
    with (
        limited(Limit(of_process=used + 2**20)),
        pytest.raises(qt.InputError, match=r"need [\d,]+ bytes .* this worker, which is ended at"),
    ):
        density(vectors=10**5)
    assert density(vectors=10).values.shape == (1, 1)


def test_the_limit_holds_inside_functions_of_a_definition():
    """They are called in a context of their own."""
    with limited(Limit(of_process=1)):
        assert Context().run(room.free_bytes)[0] == 0
    with ThreadPoolExecutor(1) as other, limited(Limit(of_process=1)):
        assert other.submit(room.free_bytes).result()[0] > 0


def test_tasks_that_run_at_once_share_what_is_free(monkeypatch):
    free = 2**30
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("M", (), {"available": free}))
    monkeypatch.setattr(room, "_free_of_group", lambda: None)
    assert room.free_bytes()[0] == free
    with limited(Limit(in_process=2)):
        assert room.free_bytes()[0] == free // 2
    with limited(Limit(on_machine=4)):
        assert room.free_bytes() == (free // 4, "this machine has 256 MiB free for each of 4 tasks")


@pytest.mark.parametrize(
    ("files", "line", "left"),
    [
        (("memory.max", "memory.current", "inactive_file"), "0::/a/b", 700),
        (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
            "4:cpu,memory:/a/b",
            700,
        ),
    ],
    ids=["second version", "first version"],
)
def test_the_limit_of_a_control_group_counts(tmp_path, monkeypatch, files, line, left):
    """That of a batch job lies on a group around the one that a process is in."""
    top = tmp_path / ("" if line.startswith("0") else "memory") / "a"
    (top / "b").mkdir(parents=True)
    for group, limit in ((top, "1000"), (top / "b", "max")):
        (group / files[0]).write_text(limit)
        (group / files[1]).write_text("400")
        (group / "memory.stat").write_text(f"anon 300\n{files[2]} 100\n")
    own = tmp_path / "cgroup"
    own.write_text(f"{line}\n")
    monkeypatch.setattr(room, "_CGROUPS", tmp_path)
    monkeypatch.setattr(room, "_OWN_GROUPS", own)
    assert room._free_of_group() == left
    own.write_text("1:name=systemd:/a\n")
    assert room._free_of_group() is None
