"""From stores to answers: selections and statistics, what lies behind a number, runs compared and put together."""
