"""Fan out: a sweep's specification, its plan, its tasks and the one loop that runs them.

As a function, `qtcore.sweep(wire, width=(4, 8), energy=0.5, realizations=500)` runs a sweep of a function;
`help(qtcore.sweep_call.sweep)` says how.
"""
