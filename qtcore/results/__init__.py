"""From samples to checked results: quantities, what theory says of them, and the table of checks."""
