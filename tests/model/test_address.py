"""The counter-based generator: published vectors, and that a value depends on its address only."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

import qtcore as qt
from qtcore.lanes import LANES, aligned, load_words, splat_words, store, unit_interval
from qtcore.model.address import fill_onsite, onsite, philox, round_keys

SEED = 7


@njit
def _philox_words(words, keys, out):
    x = philox(
        load_words(words, 0),
        load_words(words, 1),
        load_words(words, 2),
        load_words(words, 3),
        keys,
    )
    # Shifted up, the 32 bits of a word fit into the 52 of a double and come out exactly.
    up = splat_words(np.uint64(32))
    for i in range(4):
        store(out, i, unit_interval(x[i] << up))


# Random123 1.14, kat_vectors: philox 4x32 10 rounds.
KNOWN_ANSWERS = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_vectors(counter, key, expected):
    words = np.repeat(np.array(counter, dtype=np.uint64), LANES)
    out = aligned(4)
    _philox_words(words, round_keys(np.array(key, dtype=np.uint64)), out)
    found = ((out.reshape(4, LANES) + 0.5) * 2**32).astype(np.uint64)
    assert (found == np.array(expected, dtype=np.uint64)[:, None]).all()


def test_a_value_depends_on_its_address_only():
    wire = qt.Wire(qt.Square(5), qt.Box(2.0))
    whole = wire.onsite(3, range(101), SEED)
    assert np.array_equal(wire.onsite(3, range(17, 60), SEED), whole[17:60])
    assert np.array_equal(wire.onsite(3, [90, 4, 33], SEED), whole[[90, 4, 33]])
    assert np.array_equal(wire.onsite(3, [2], SEED)[0], whole[2])


def test_lanes_of_a_group_are_the_realizations():
    key = qt.Wire(qt.Square(3), qt.Box(1.0)).key(SEED)
    numbers = np.array([5, 0, 2**32 + 5, 17, 9, 1, 2, 3], dtype=np.uint64)
    out = aligned(14)
    fill_onsite(round_keys(key), numbers, 3, 12, -1.0, 0.0, out)
    values = out.reshape(-1, LANES)[1:13]
    for lane, number in enumerate(numbers):
        assert np.array_equal(values[:, lane], onsite(key, int(number), 3, 12, 1.0))
    assert len(np.unique(values)) == values.size


def test_flux_and_leads_do_not_change_the_disorder():
    plain = qt.Wire(qt.Square(6), qt.Box(1.5))
    turned = qt.Wire(qt.Square(6), qt.Box(1.5), flux=0.02, field_in_leads=False)
    assert np.array_equal(plain.onsite(1, range(9), SEED), turned.onsite(1, range(9), SEED))


@pytest.mark.parametrize(
    "other",
    [
        (qt.Wire(qt.Square(6), qt.Box(1.0)), 4, SEED),
        (qt.Wire(qt.Square(6), qt.Box(1.0)), 3, SEED + 1),
        (qt.Wire(qt.Square(7), qt.Box(1.0)), 3, SEED),
        (qt.Wire(qt.Square(6, periodic=True), qt.Box(1.0)), 3, SEED),
        (qt.Wire(qt.Square(6), qt.Box(1.1)), 3, SEED),
    ],
)
def test_other_ensembles_and_samples_are_independent(other):
    wire, realization, seed = other
    here = qt.Wire(qt.Square(6), qt.Box(1.0)).onsite(3, range(2000), SEED)[:, :6].ravel()
    there = wire.onsite(realization, range(2000), seed)[:, :6].ravel()
    # 12,000 pairs: the correlation has a standard error of 0.0091; four of them.
    assert abs(np.corrcoef(here, there)[0, 1]) < 0.037


def test_values_fill_the_box_evenly():
    W = 3.0
    wire = qt.Wire(qt.Square(10), qt.Box(W))
    sites = np.concatenate([wire.onsite(r, range(10_000), SEED) for r in range(16)])
    assert sites.min() >= -W / 2
    assert sites.max() < W / 2
    # Variance W²/12 with standard error W²/12 sqrt(4/5 / 1,600,000) = 0.07 %; four of them.
    assert sites.var() == pytest.approx(W**2 / 12, rel=0.0028)
    assert stats.kstest(sites.ravel() / W + 0.5, "uniform").pvalue > 1e-3
    # Neighbours along and across are uncorrelated, with standard error 1 / sqrt(160,000).
    assert abs(np.corrcoef(sites[:, 0], sites[:, 1])[0, 1]) < 4 / np.sqrt(len(sites))
    assert abs(np.corrcoef(sites[:-1, 0], sites[1:, 0])[0, 1]) < 4 / np.sqrt(len(sites))
