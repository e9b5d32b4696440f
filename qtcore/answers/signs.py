"""Short signs for axes, so that a legend does not cover what it explains."""

import xarray as xr

SIGNS = {
    "energy": "E",
    "disorder": "W",
    "width": "M",
    "length": "L",
    "flux": "Φ",
    "gate": "V_g",
    "temperature": "T",
}
"""Signs of axes by their usual name (docs/conventions.md)."""

LONGEST = 16
"""Words of more letters give way to the name of the axis."""


def with_short_signs(frame: xr.Dataset) -> xr.Dataset:
    """Return a dataset whose coordinates have short signs and units; words in full are in `long_name`."""
    found = {}
    for name, coord in frame.coords.items():
        about = dict(coord.attrs)
        words, unit = str(about.get("long_name") or name), str(about.get("units") or "")
        if about.get("symbol"):
            continue
        own = words if len(words) <= LONGEST else str(name).replace("_", " ")
        about["symbol"] = SIGNS.get(str(name), own)
        if " " in unit and not unit.startswith("("):
            about["long_name"], about["units"] = f"{words}, in {unit}", unit.split(" ")[0]
        found[name] = coord.variable.copy()
        found[name].attrs = about
    return frame.assign_coords(found)
