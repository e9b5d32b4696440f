"""`qt.plot`: pictures of stores and datasets, and of wires."""

from pathlib import Path
from typing import Any

import xarray as xr

from qtcore.answers.plot_store import plot as plot_store
from qtcore.pictures.plot import Plot
from qtcore.store.place import Place


class Plots(Plot):
    """Pictures. `qt.plot(wire)` draws a sample, `qt.plot(store, "mean(ln_g)", x="energy")` what a store holds.

    The methods draw what goes on inside a wire.
    """

    def __call__(self, device: Any, *arguments: Any, **options: Any) -> Any:
        """Draw a store (its path, URL or dataset) or a wire.

        Parameters
        ----------
        device : str, Path or Dataset; Wire, Bar, Lattice, KwantSystem, KwantEnsemble or open sample
            What is drawn.
        *arguments, **options
            Of a store as in `qtcore.answers.plot_store.plot`, of a dataset as in `ds.qt.plot`, and of a wire as in
            `qtcore.pictures.plot.Plot`.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputError
            If it is nothing that can be drawn, or an argument is wrong.
        """
        if isinstance(device, str | Path | Place):
            return plot_store(device, *arguments, **options)
        if isinstance(device, xr.Dataset):
            return device.qt.plot(*arguments, **options)
        return super().__call__(device, *arguments, **options)


plot = Plots()
