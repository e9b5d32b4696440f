"""The errors of fits hold the truth as often as they say."""

import pytest

from .fit_cases import CASES
from .harness import hold, parameters

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", parameters(CASES))
def test_intervals_hold_the_truth_as_often_as_they_say(case):
    hold(case)
