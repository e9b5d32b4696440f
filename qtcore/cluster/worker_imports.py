"""What a worker needs, imported once by the process that workers are forked from."""

import os

import distributed.nanny  # noqa: F401 - it holds the first function that a worker runs
import numpy as np

import qtcore.sweep.task  # noqa: F401 - tasks

# Python draws anew in each copy of a process, and NumPy's old generator would not.
os.register_at_fork(after_in_child=np.random.seed)
