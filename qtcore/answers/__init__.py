"""From a dataset of samples to answers: selections, statistics with errors, what lies behind a number."""
