"""What holds for every test: one thread per process, no screen, reproducible hypothesis examples."""

import os
import sys

# BLAS and OpenMP read these when they are loaded, so they are set before the first import of numpy.
# Worker processes that a test starts inherit them.
if (
    "numpy" in sys.modules
):  # a plugin that imports numpy would make the lines below silently useless
    raise RuntimeError("numpy was imported before tests/conftest.py could pin its threads to 1")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["MPLBACKEND"] = "Agg"

from hypothesis import settings  # noqa: E402 - after the threads are pinned

# Numba compiles a kernel at its first call, so the time of one example says nothing: no deadline.
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
