"""The errors of half widths, levels, exponents and running estimates hold the truth as often as they say."""

import pytest

from .harness import hold, parameters
from .other_cases import CASES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", parameters(CASES))
def test_intervals_hold_the_truth_as_often_as_they_say(case):
    hold(case)
