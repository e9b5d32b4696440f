"""What a worker needs, imported once by the process that workers are forked from."""

import gc
import os

gc.disable()  # what is imported stays

import distributed.nanny  # noqa: E402, F401 - it holds the first function that a worker runs
import numpy as np  # noqa: E402

import qtcore.sweep.task  # noqa: E402, F401 - tasks

# Python draws anew in each copy of a process, and NumPy's old generator would not.
os.register_at_fork(after_in_child=np.random.seed)

# A worker that looked at these objects would get copies of the pages that they lie on.
gc.freeze()
gc.enable()
