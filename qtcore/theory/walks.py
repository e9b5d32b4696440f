"""Random walks on the chain, the square and the simple cubic lattice: how often they come home.

A walk takes a step to one of 2d neighbours, each equally likely. It can be at home after an even number of steps
only. The probability u to be home is the binomial law in one dimension, its square in two (both diagonal
coordinates are walks of their own), and a sum over steps along the third axis in three. First returns f follow
from u_n = sum_m f_m u_(n-m) (Feller). All walks come home in one and two dimensions, 0.3405 of them in three
(Pólya, Math. Ann. 84, 149 (1921)).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

Array = NDArray[np.float64]

COME_HOME = {1: 1.0, 2: 1.0, 3: 0.340537329551}
"""Probability that a walk ever returns, by dimension; 1 - 1/u with Watson's integral u in three."""


@lru_cache(maxsize=8)
def home_probability(dimension: int, steps: int) -> Array:
    """Return the probability that a walk is at home after 0, 2, 4, ... steps, up to `steps`.

    Parameters
    ----------
    dimension : int
        1, 2 or 3.
    steps : int
        Largest number of steps.

    Raises
    ------
    InputError
        If the dimension is another one.
    """
    from scipy.special import gammaln

    if dimension not in COME_HOME:
        raise InputError(f"walks are known in 1, 2 and 3 dimensions, got {dimension}")
    n = np.arange(steps // 2 + 1)
    central = np.exp(gammaln(2 * n + 1) - 2 * gammaln(n + 1) - 2 * n * np.log(2))
    if dimension < 3:
        return np.asarray(central**dimension)
    # 2m of 2n steps go along the third axis, each with the probability 1/3.
    found = np.empty(len(n))
    for k in n:
        m = n[: k + 1]
        choose = gammaln(2 * k + 1) - gammaln(2 * m + 1) - gammaln(2 * (k - m) + 1)
        share = np.exp(choose - 2 * m * np.log(3) + 2 * (k - m) * np.log(2 / 3))
        found[k] = (share * central[m] * central[k - m] ** 2).sum()
    return found


@lru_cache(maxsize=8)
def ever_home(dimension: int, steps: int) -> Array:
    """Return the probability that a walk has been home again within 0, 2, 4, ... steps, up to `steps`.

    Parameters
    ----------
    dimension, steps
        As in `home_probability`.
    """
    u = home_probability(dimension, steps)
    first = np.zeros(len(u))
    for n in range(1, len(u)):
        first[n] = u[n] - first[1:n] @ u[n - 1 : 0 : -1]
    return np.asarray(np.cumsum(first))
