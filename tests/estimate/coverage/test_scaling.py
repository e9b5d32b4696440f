"""The errors of finite-size scaling, crossings, powers and common curves hold the truth as often as they say."""

import pytest

from .harness import hold, parameters
from .scaling_cases import CASES


@pytest.mark.slow
@pytest.mark.parametrize("case", parameters(CASES))
def test_intervals_hold_the_truth_as_often_as_they_say(case):
    hold(case)
