"""What other sweep engines cost for each point that computes nothing; runs in their environment.

    python -m venv ../peers && ../peers/bin/pip install xyzpy pipefunc adaptive "dask[distributed]"
    ../peers/bin/python benchmarks/engine_peers.py --points 1000

`bench_peers.py` runs it beside qtcore. Prints JSON: milliseconds for each point by the clock, the
best of some rounds, on two workers; the start of the workers is not counted. Knows nothing of qtcore.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import distributed


def nothing(x: int) -> float:
    """Compute nothing."""
    return float(x)


def plain_dask(client: Any, pool: Any, points: int) -> None:
    """Map, gather; nothing is saved."""
    del pool
    client.gather(client.map(nothing, range(points), pure=False))


def plain_dask_one_by_one(client: Any, pool: Any, points: int) -> None:
    """Submit each by itself, gather; nothing is saved."""
    del pool
    client.gather([client.submit(nothing, n, pure=False) for n in range(points)])


def xyzpy_dask(client: Any, pool: Any, points: int) -> None:
    """Run a Runner on Dask; nothing is saved."""
    import xyzpy

    del pool
    runner = xyzpy.Runner(nothing, var_names="y")
    runner.run_combos({"x": range(points)}, executor=client, verbosity=0)


def xyzpy_pool(client: Any, pool: Any, points: int) -> None:
    """Run a Runner on a process pool; nothing is saved."""
    import xyzpy

    del client
    runner = xyzpy.Runner(nothing, var_names="y")
    runner.run_combos({"x": range(points)}, executor=pool, verbosity=0)


def pipefunc_pool(client: Any, pool: Any, points: int) -> None:
    """Map a Pipeline on a process pool, saved as files."""
    import pipefunc

    del client
    function = pipefunc.PipeFunc(nothing, output_name="y", mapspec="x[i] -> y[i]")
    with tempfile.TemporaryDirectory() as folder:
        pipefunc.Pipeline([function]).map(
            {"x": list(range(points))},
            run_folder=f"{folder}/run",
            executor=pool,
            storage="file_array",
            show_progress=False,
        )


def adaptive_pool(client: Any, pool: Any, points: int) -> None:
    """Run a SequenceLearner on a process pool; nothing is saved."""
    import adaptive

    del client
    learner = adaptive.SequenceLearner(nothing, sequence=list(range(points)))
    adaptive.BlockingRunner(learner, goal=adaptive.SequenceLearner.done, executor=pool, ntasks=8)


PEERS: dict[str, Callable[[Any, Any, int], None]] = {
    "plain Dask, map (not saved)": plain_dask,
    "plain Dask, submit (not saved)": plain_dask_one_by_one,
    "xyzpy on Dask (not saved)": xyzpy_dask,
    "xyzpy on a pool (not saved)": xyzpy_pool,
    "pipefunc on a pool (files)": pipefunc_pool,
    "adaptive on a pool (not saved)": adaptive_pool,
}


def main() -> None:
    """Time all peers in turn, some rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    found: dict[str, Any] = {}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as c,
        distributed.Client(c) as client,
        ProcessPoolExecutor(2) as pool,
    ):
        client.gather(client.map(nothing, range(20), pure=False))
        list(pool.map(nothing, range(20)))
        for _ in range(asked.rounds):
            for name, peer in PEERS.items():
                start = time.perf_counter()
                try:
                    peer(client, pool, asked.points)
                except Exception as error:  # noqa: BLE001 - a peer that fails is reported as such
                    found[name] = f"{type(error).__name__}: {error}"
                    continue
                ms = 1e3 * (time.perf_counter() - start) / asked.points
                found[name] = min(ms, found.get(name, ms))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
