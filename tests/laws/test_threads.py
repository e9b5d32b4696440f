"""The same bits whatever number of threads the process gives to linear algebra."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import qtcore as qt
from qtcore import threads
from qtcore.solve import lead_modes

FIELD = qt.Wire(qt.Square(40), qt.Box(2.5), flux=0.0012)
RIBBON = qt.Wire(qt.Honeycomb(12, "zigzag"), qt.Box(1.0), flux=0.001)
SAMPLE = qt.Wire(qt.Square(24), qt.Box(2.0), flux=0.003)


def of_sample(observable, absorption=0.0):
    return lambda: observable(qt.sample_with_leads(SAMPLE, 0.4, 12, [0], 1, absorption))


SOLUTIONS = {
    "transfer": lambda: qt.scattering(FIELD, 1.16, [60, 240], range(3), seed=1).ln_g,
    "recursive": lambda: qt.scattering(RIBBON, 0.4, [10, 40], range(2), seed=1).ln_g,
    "matrices": lambda: qt.scattering_matrices(SAMPLE, 0.4, [12], [0, 1], 1)[0].t,
    "wigner_smith": of_sample(qt.observe.wigner_smith),
    "density_of_states": of_sample(qt.observe.density_of_states),
    "caroli": of_sample(qt.observe.caroli),
    "scattering_states": of_sample(qt.observe.scattering_states),
    "dephased": of_sample(qt.observe.dephased_conductance, absorption=0.1),
}  # fmt: skip


def forget():
    lead_modes.lead_modes.cache_clear()
    lead_modes._kept_modes.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_kept():
    forget()


@pytest.fixture
def two_threads():
    with threadpool_limits(2):
        if all(one["num_threads"] < 2 for one in threadpool_info()):
            pytest.skip("linear algebra of this machine knows one thread only")
        yield


@pytest.mark.parametrize("solve", SOLUTIONS.values(), ids=SOLUTIONS)
@pytest.mark.usefixtures("two_threads")
def test_two_threads_give_the_bits_of_one(solve):
    found = solve()
    forget()
    with threadpool_limits(1):
        assert np.array_equal(found, solve())


@pytest.mark.usefixtures("two_threads")
def test_modes_that_are_kept_do_not_remember_threads():
    # A session asks for the channels first; a solver with one thread then finds the modes kept.
    qt.open_channels(FIELD, 1.16)
    with threadpool_limits(1):
        after = qt.ln_conductance(FIELD, 1.16, [240], range(2), seed=1)
        forget()
        assert np.array_equal(after, qt.ln_conductance(FIELD, 1.16, [240], range(2), seed=1))


@pytest.mark.usefixtures("two_threads")
def test_threads_are_given_back():
    before = [one["num_threads"] for one in threadpool_info()]
    qt.open_channels(FIELD, 1.16)
    with pytest.raises(qt.InputError):
        qt.open_channels(FIELD, 40.0)
    assert [one["num_threads"] for one in threadpool_info()] == before


@pytest.mark.usefixtures("two_threads")
def test_callers_side_by_side_do_not_disturb_each_other():
    # The first to leave must not give threads back to those who still compute.
    expected = qt.ln_conductance(FIELD, 1.16, [240], range(8), seed=1)
    forget()
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(
            lambda n: qt.ln_conductance(FIELD, 1.16, [240], range(n, n + 1), seed=1), range(8)
        )
        assert np.array_equal(np.concatenate(list(parts)), expected)
    # The last to leave gives them back, whoever entered first.
    assert max(one["num_threads"] for one in threadpool_info()) == 2


@pytest.mark.usefixtures("two_threads")
def test_a_process_that_keeps_one_thread_keeps_it():
    # As a worker's thread does while another one of the same process computes.
    with threads._one_thread():
        threads.keep_one_thread()
    assert [one["num_threads"] for one in threadpool_info()] == [1] * len(threadpool_info())


@pytest.mark.usefixtures("two_threads")
def test_a_number_that_was_raised_meanwhile_is_lowered_again():
    with threads._one_thread():
        with threadpool_limits(2):
            qt.open_channels(FIELD, 1.16)
            found = qt.ln_conductance(FIELD, 1.16, [240], range(2), seed=1)
        forget()
        assert np.array_equal(found, qt.ln_conductance(FIELD, 1.16, [240], range(2), seed=1))
