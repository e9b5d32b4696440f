"""The errors of cumulants and of distances of distributions hold the truth as often as they say."""

import pytest

from .distribution_cases import CASES
from .harness import hold, parameters


@pytest.mark.slow
@pytest.mark.parametrize("case", parameters(CASES))
def test_intervals_hold_the_truth_as_often_as_they_say(case):
    hold(case)
