"""What numbers with errors look like when they are printed."""

import numpy as np
import pytest

from qtcore.estimate.estimate import with_error


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (10.0523, 0.0714, "10.05 ± 0.07"),
        (10.0523, 0.0144, "10.052 ± 0.014"),
        (-0.25, 0.0961, "-0.25 ± 0.10"),
        (12345.6, 230.0, "12300 ± 200"),
        (12345.6, 1.96, "12346 ± 2"),
        (99.97, 9.6, "100 ± 10"),
        (2.5e-9, 1e-11, "2.5e-09 ± 1e-11"),
        (0.0, 0.1, "0.00 ± 0.10"),
        (0.0007268, 0.084, "0.00 ± 0.08"),
        (-0.03448, 0.55, "0.0 ± 0.6"),
        (-0.21, 0.4, "-0.2 ± 0.4"),
        (1.0, 1e9, "1 ± 1e+09"),
        (-0.03448, 0.055, "-0.03 ± 0.06"),
        (-0.0001, 0.055, "0.00 ± 0.06"),
        (3e-9, 2e-8, "3e-09 ± 2e-08"),
        (1.5, 0.0, "1.5 ± 0"),
        (1.5, np.nan, "1.5 ± nan"),
        (np.nan, np.nan, "nan ± nan"),
        # Double precision has no more digits, and no smaller errors.
        (-0.0276576032164766172, 6e-23, "-0.0276576032164766 ± 6e-18"),
        (1.0, 9e-22, "1 ± 2e-16"),
        (1 / 3, 1e-16, "0.333333333333333 ± 1e-16"),
        (2.5e-9, 1e-30, "2.5e-09 ± 6e-25"),
        (0.123456789012345, 3e-12, "0.123456789012 ± 0.000000000003"),
    ],
)
def test_a_number_with_its_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text
