"""Compiled kernels: each once, only what a wire needs, and safe however many processes start."""

import os
import subprocess
import sys

import pytest

SOLVE = """
import hashlib
import qtcore as qt
from qtcore.solve import lead_matching, slice_loop, stencil

found = [qt.ln_conductance(qt.Wire(qt.Square(6), qt.Box(1.0), flux), 0.5, [5, 40], range(8), 3)
         for flux in {fluxes}]
misses = [sum(one.stats.cache_misses.values()) for one in
          (slice_loop.box_groups, stencil.advance_strip._dispatcher)]
assert lead_matching.expand_complex_columns._address is None or {fluxes} != (0.0,)
print(hashlib.sha256(b"".join(one.tobytes() for one in found)).hexdigest(), sum(misses))
"""


def start(cache, fluxes):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", SOLVE.format(fluxes=fluxes)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, err = process.communicate(timeout=500)
    assert process.returncode == 0, err
    digest, misses = out.split()
    return digest, int(misses)


@pytest.mark.slow
def test_processes_may_share_an_empty_cache_from_the_start(tmp_path):
    ended = [finish(one) for one in [start(tmp_path, (0.0, 0.01)) for _ in range(4)]]
    assert len({digest for digest, _ in ended}) == 1
    # What they left behind is whole: the next one compiles nothing and finds the same.
    assert finish(start(tmp_path, (0.0, 0.01))) == (ended[0][0], 0)
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".tmp"]


@pytest.mark.slow
def test_a_strip_compiles_no_kernels_of_other_wires(tmp_path):
    _, misses = finish(start(tmp_path, (0.0,)))
    assert misses == 2
    compiled = {path.name.split("-")[0] for path in tmp_path.rglob("*.nbi")}
    assert any("advance_strip" in name for name in compiled)
    assert not any(word in name for name in compiled for word in ("field", "sparse", "complex"))
