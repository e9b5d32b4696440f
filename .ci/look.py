"""Look at a finished run as somebody without qtcore would: plain xarray, plain JSON.

Usage: python look.py STORE CHECKS.json
"""

import json
import sys
from pathlib import Path

import xarray as xr

store, checks = Path(sys.argv[1]), Path(sys.argv[2])
ds = xr.open_zarr(store, consolidated=False)
expected = {"disorder", "width", "flux", "energy", "rashba", "realization", "length"}
if set(ds.ln_g.dims) != expected:
    sys.exit(f"{store}: dimensions of ln_g are {ds.ln_g.dims}, expected {sorted(expected)}")
covered = ds.ln_g.notnull().any("length")
if not bool(covered.all()):
    sys.exit(f"{store}: {int((~covered).sum())} of {covered.size} realizations hold no value")
if not json.loads(checks.read_text(encoding="utf-8")):
    sys.exit(f"{checks}: no checks")
figures = sorted(path.name for path in store.parent.rglob("*.png") if store not in path.parents)
if not figures:
    sys.exit(f"no figure beside {store}")
sys.stdout.write(f"{covered.size} realizations complete, figures {figures}\n")
