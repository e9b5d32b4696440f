"""Randomness by address: Philox4x32-10 as a pure function of (key, realization, site number).

Salmon, Moraes, Dror and Shaw, SC'11, https://doi.org/10.1145/2063384.2063405. One counter value
yields the two numbers of an even and the following odd site, so a number costs about a
nanosecond and no state is ever carried: any task can make any site of any sample.
"""

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from qtcore.compiled import njit
from qtcore.lanes import (
    LANES,
    aligned,
    fma,
    load_words,
    splat,
    splat_words,
    store,
    unit_interval,
    upper_half,
)

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_ROUNDS = 10


def ensemble_key(seed: int, ensemble: dict[str, object]) -> NDArray[np.uint64]:
    """Return the two 32-bit key words of an ensemble, each in a uint64.

    Parameters
    ----------
    seed : int
        The seed of the sweep, >= 0.
    ensemble : dict
        What defines the ensemble, JSON-serialisable. Not flux, energy or length: samples that
        differ in those only share their impurities.

    Returns
    -------
    (2,) uint64 array
    """
    canonical = json.dumps(ensemble, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(canonical).digest()
    entropy = [seed, *np.frombuffer(digest, dtype=np.uint32).tolist()]
    return np.random.SeedSequence(entropy).generate_state(2, np.uint32).astype(np.uint64)


def part_key(key: NDArray[np.uint64], part: int) -> NDArray[np.uint64]:
    """Return the key words, (2,), of one of several independent fields under one key."""
    words = np.random.SeedSequence([*key.tolist(), part]).generate_state(2, np.uint32)
    return words.astype(np.uint64)


def round_keys(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the (2 * rounds,) words that the rounds of Philox add to a key of two words."""
    rounds = np.arange(_ROUNDS, dtype=np.uint64)
    return np.stack([key[0] + rounds * _WEYL_0, key[1] + rounds * _WEYL_1], axis=1).ravel() & _LOW


@njit(nogil=True, cache=True)
def philox(c0, c1, c2, c3, keys):  # type: ignore[no-untyped-def]
    """Return the four output words of Philox4x32-10, each in the low half of a 64-bit lane.

    Between the rounds the upper halves hold rubbish, which the multiplication ignores.
    """
    low = splat_words(_LOW)
    for i in range(_ROUNDS):
        product_0 = splat_words(_MULTIPLIER_0) * (c0 & low)
        product_1 = splat_words(_MULTIPLIER_1) * (c2 & low)
        c0 = upper_half(product_1) ^ c1 ^ splat_words(keys[2 * i])
        c1 = product_1
        c2 = upper_half(product_0) ^ c3 ^ splat_words(keys[2 * i + 1])
        c3 = product_0
    return c0 & low, c1 & low, c2 & low, c3 & low


@njit(nogil=True, cache=True)
def fill_onsite(keys, realizations, first_site, sites, strength, energy, out):  # type: ignore[no-untyped-def]
    """Write E - eps for consecutive sites of one group of realizations.

    Parameters
    ----------
    keys : (2 * rounds,) uint64 array
        From `round_keys`.
    realizations : (LANES,) uint64 array
        Realization number in each lane.
    first_site, sites : int
        Site numbers (slice * width + site) from `first_site` on.
    strength, energy : float
        Width W of the box and energy E, in units of t.
    out : flat array of lane vectors
        Receives them from number ``first_site % 2`` on; room for sites + 2 vectors.
    """
    scale = splat(-strength)
    shift = splat(energy)
    numbers = load_words(realizations, 0)
    low = splat_words(_LOW)
    half = splat_words(_32)
    start = first_site // 2
    for pair in range(start, (first_site + sites + 1) // 2):
        counter = np.uint64(pair)
        x0, x1, x2, x3 = philox(
            splat_words(counter & _LOW),
            splat_words(counter >> _32),
            numbers & low,
            numbers >> half,
            keys,
        )
        where = 2 * (pair - start)
        store(out, where, fma(scale, unit_interval(x0 | (x1 << half)), shift))
        store(out, where + 1, fma(scale, unit_interval(x2 | (x3 << half)), shift))


def onsite(
    key: NDArray[np.uint64], realization: int, first_site: int, sites: int, strength: float
) -> NDArray[np.float64]:
    """Return the on-site values of consecutive sites of one sample, (sites,), in units of t."""
    out = aligned(sites + 2)
    numbers = np.full(LANES, realization, dtype=np.uint64)
    fill_onsite(round_keys(key), numbers, first_site, sites, -strength, 0.0, out)
    start = first_site % 2
    return out.reshape(-1, LANES)[start : start + sites, 0].copy()


@njit(nogil=True, cache=True)
def _fill_uniforms(keys, realizations, first_site, sites, out):  # type: ignore[no-untyped-def]
    """Write numbers in [-1/2, 1/2) for consecutive sites of several groups of realizations.

    `realizations` is flat, LANES numbers a group; `out` takes a lane vector for each site and,
    running faster, each group, from site ``first_site % 2`` on.
    """
    groups = len(realizations) // LANES
    low = splat_words(_LOW)
    half = splat_words(_32)
    start = first_site // 2
    for pair in range(start, (first_site + sites + 1) // 2):
        counter = np.uint64(pair)
        for g in range(groups):
            numbers = load_words(realizations, g)
            x0, x1, x2, x3 = philox(
                splat_words(counter & _LOW),
                splat_words(counter >> _32),
                numbers & low,
                numbers >> half,
                keys,
            )
            where = 2 * (pair - start) * groups + g
            store(out, where, unit_interval(x0 | (x1 << half)))
            store(out, where + groups, unit_interval(x2 | (x3 << half)))


def uniforms(
    key: NDArray[np.uint64], realizations: NDArray[np.uint64], first_site: int, sites: int
) -> NDArray[np.float64]:
    """Return numbers uniform in [-1/2, 1/2) by their address, (sites, realizations).

    They are the ones that `onsite` multiplies by the width of the box.

    Parameters
    ----------
    key : (2,) uint64 array
        From `ensemble_key`.
    realizations : (R,) uint64 array
        Numbers of the samples.
    first_site, sites : int
        Site numbers from `first_site` >= 0 on.
    """
    groups = -(-len(realizations) // LANES)
    numbers = np.zeros(groups * LANES, dtype=np.uint64)
    numbers[: len(realizations)] = realizations
    out = aligned((sites + 2) * groups)
    _fill_uniforms(round_keys(key), numbers, first_site, sites, out)
    start = first_site % 2
    return out.reshape(sites + 2, groups * LANES)[start : start + sites, : len(realizations)]


@njit(nogil=True, cache=True)
def _fill_uniforms_at(keys, realizations, numbers, out):  # type: ignore[no-untyped-def]
    """Write numbers in [-1/2, 1/2) for any site numbers; otherwise as `_fill_uniforms`."""
    groups = len(realizations) // LANES
    low = splat_words(_LOW)
    half = splat_words(_32)
    for n in range(len(numbers)):
        counter = np.uint64(numbers[n] // 2)
        is_odd = numbers[n] % 2 == 1
        for g in range(groups):
            words = load_words(realizations, g)
            x0, x1, x2, x3 = philox(
                splat_words(counter & _LOW),
                splat_words(counter >> _32),
                words & low,
                words >> half,
                keys,
            )
            found = unit_interval(x0 | (x1 << half))
            if is_odd:
                found = unit_interval(x2 | (x3 << half))
            store(out, n * groups + g, found)


def uniforms_at(
    key: NDArray[np.uint64], realizations: NDArray[np.uint64], numbers: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return numbers uniform in [-1/2, 1/2) of any sites, (sites, realizations).

    Of consecutive sites they are those of `uniforms`.

    Parameters
    ----------
    key : (2,) uint64 array
        From `ensemble_key`.
    realizations : (R,) uint64 array
        Numbers of the samples.
    numbers : (sites,) int64 array
        Site numbers, each >= 0.
    """
    groups = -(-len(realizations) // LANES)
    words = np.zeros(groups * LANES, dtype=np.uint64)
    words[: len(realizations)] = realizations
    out = aligned(len(numbers) * groups)
    _fill_uniforms_at(round_keys(key), words, numbers, out)
    return out.reshape(len(numbers), groups * LANES)[:, : len(realizations)]
