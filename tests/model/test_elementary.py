"""The C library's functions, behind NumPy's back."""

import math

import numpy as np

from qtcore.model.elementary import bell, tangent


def test_they_are_the_functions_of_the_c_library():
    u = np.random.default_rng(2).uniform(-1.57, 1.57, size=(40, 50))
    assert np.array_equal(tangent(u), np.vectorize(math.tan)(u))
    assert np.array_equal(bell(3 * u), np.vectorize(lambda w: math.exp(-w * w))(3 * u))
