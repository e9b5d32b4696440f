"""Fan out: a sweep's specification, its plan, its tasks and the one loop that runs them."""
