"""All numbers of an analysis as one CSV table."""

import csv
import io
import math
from collections.abc import Sequence

from qtcore.reports.quantities import Quantity

COLUMNS = ("quantity", "at", "value", "standard_error", "lower_95", "upper_95", "theory", "units")


def results_table(quantities: Sequence[Quantity]) -> str:
    """Return a row for each number, with its error and the ends of its 95 % interval; nothing for NaN."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for quantity in quantities:
        for one in quantity.numbers:
            numbers = (one.value, one.error, one.lower, one.upper, one.theory)
            shown = ("" if math.isnan(number) else repr(number) for number in numbers)
            rows.writerow((quantity.name, one.at, *shown, quantity.units))
    return text.getvalue()
