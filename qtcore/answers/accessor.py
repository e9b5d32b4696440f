"""The accessor `ds.qt` of datasets: questions to samples, each answered by a module of its own.

Importing this module registers it with xarray (`qtcore.answers.registered` does). Nothing but xarray is imported until something
is asked.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    from qtcore.answers.selection import Wanted
    from qtcore.estimate.estimate import Estimate
    from qtcore.figures.drawing import Drawing
    from qtcore.model.terminals import Bar
    from qtcore.model.wire import Wire
    from qtcore.theory.born import Rates


@xr.register_dataset_accessor("qt")  # type: ignore[no-untyped-call]  # xarray's
class Answers:
    """What can be asked of a dataset of samples, `ds.qt`.

    Statistics are those over the finished realizations. Each comes with its standard error, and lazily where the
    dataset is lazy: `.compute()` reads.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `qtcore.open` returns it, or a selection of it.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def __repr__(self) -> str:
        """Return what can be asked about, in a line."""
        from qtcore.answers.quantity import quantities

        asked = ", ".join(name for name in dir(type(self)) if not name.startswith("_"))
        return f"ds.qt of {', '.join(quantities(self._dataset)) or 'no samples'}; ask {asked}"

    def select(self, **wanted: "Wanted") -> xr.Dataset:
        """Return the part with these values of axes, lengths and constants; see `answers.selection.select`."""
        from qtcore.answers.selection import select

        return select(self._dataset, wanted)

    def statistics(self, of: str, stats: Sequence[str]) -> xr.Dataset:
        """Return several statistics of a quantity at once; see `answers.statistics.statistics`."""
        from qtcore.answers.statistics import statistics

        return statistics(self._dataset, of, stats)

    def mean(self, of: str) -> xr.Dataset:
        """Return `mean` of a quantity, and `mean_error`."""
        return self.statistics(of, ("mean",))

    def sem(self, of: str) -> xr.Dataset:
        """Return `sem`, the standard error of the mean of a quantity, and `sem_error`."""
        return self.statistics(of, ("sem",))

    def var(self, of: str) -> xr.Dataset:
        """Return `var`, the unbiased variance of a quantity, and `var_error`."""
        return self.statistics(of, ("var",))

    def std(self, of: str) -> xr.Dataset:
        """Return `std`, the standard deviation of a quantity, and `std_error`."""
        return self.statistics(of, ("std",))

    def median(self, of: str) -> xr.Dataset:
        """Return `median` of a quantity, and `median_error`."""
        return self.statistics(of, ("median",))

    def quantile(self, of: str, p: float | Sequence[float]) -> xr.Dataset:
        """Return quantiles of a quantity, `quantile(p)`, and their errors."""
        given = [p] if isinstance(p, int | float) else p
        return self.statistics(of, [f"quantile({one:g})" for one in given])

    def count(self, of: str) -> xr.Dataset:
        """Return `count`, the finished realizations of a quantity."""
        return self.statistics(of, ("count",))

    def hist(self, of: str, bins: int | Sequence[float] = 30) -> xr.Dataset:
        """Return `density` of a quantity in bins, and its error; see `answers.densities.histogram`."""
        from qtcore.answers.densities import histogram

        return histogram(self._dataset, of, bins)

    def cov(self, of: str, other: str | None = None, *, along: str | None = None) -> xr.Dataset:
        """Return `cov` of two quantities, or of one along a dimension; see `answers.covariance.covariance`."""
        from qtcore.answers.covariance import covariance

        return covariance(self._dataset, of, other, along=along)

    def at(self, of: str = "ln_g", *, length: float) -> xr.Dataset:
        """Return the mean of a quantity at any length between the stored ones; see `answers.between.at_length`."""
        from qtcore.answers.between import at_length

        return at_length(self._dataset, length, of)

    def localization_length(self) -> xr.Dataset:
        """Return the localization length of each point; see `answers.estimators.localization_length`."""
        from qtcore.answers.estimators import localization_length

        return localization_length(self._dataset)

    def variance_slope(self) -> xr.Dataset:
        """Return d var(ln g) / d |⟨ln g⟩| of each point; see `answers.estimators.variance_slope`."""
        from qtcore.answers.estimators import variance_slope

        return variance_slope(self._dataset)

    def mean_free_path(self, rates: "Rates", beta: float) -> xr.Dataset:
        """Return the mean free path of points of one wire; see `answers.estimators.mean_free_path`."""
        from qtcore.answers.estimators import mean_free_path

        return mean_free_path(self._dataset, rates, beta)

    def skewness(self, of: str) -> xr.Dataset:
        """Return `skewness` of a quantity, and its error."""
        from qtcore.answers.estimators import skewness_of

        return skewness_of(self._dataset, of)

    def kurtosis(self, of: str) -> xr.Dataset:
        """Return `kurtosis` of a quantity, 0 for a normal law, and its error."""
        from qtcore.answers.estimators import kurtosis_of

        return kurtosis_of(self._dataset, of)

    def estimate(
        self,
        estimator: "Callable[..., Estimate | Sequence[Estimate | float]]",
        of: str,
        *,
        held: Sequence[str] = (),
        names: Sequence[str] = ("estimate",),
    ) -> xr.Dataset:
        """Return what an estimator of yours makes of each point; see `answers.pointwise.at_each_point`."""
        from qtcore.answers.pointwise import at_each_point

        return at_each_point(self._dataset, of, held, names, estimator)

    def plot(self, y: str = "", *, result: "xr.Dataset | None" = None, **asked: Any) -> "Drawing":
        """Return a picture of a statistic or an estimate over any axis, a histogram, or a map.

        Parameters
        ----------
        y : str
            A statistic such as "mean(ln_g)", an estimate such as "localization_length", or a name of `result`.
        result : xarray.Dataset, optional
            Results of an analysis of the same samples, with their theory.
        x, hue, facet, of, hist, bins, select, xscale, yscale, style
            As in `qtcore.answers.plot.Asked`: `ds.qt.plot("mean(ln_g)", x="energy", hue="width")`.

        Raises
        ------
        InputError
            If something is unknown, or does not go together; the message lists what there is.
        """
        from qtcore.answers.plot import plot, question

        return plot(self._dataset, question(y, **asked), result)

    def wire(self, *, trust: bool = False, **point: float) -> "Wire | Bar":
        """Return the wire of a point; see `answers.impurities.wire_behind`."""
        from qtcore.answers.impurities import wire_behind

        return wire_behind(self._dataset, point, trust=trust)

    def sample(
        self,
        realization: int | None = None,
        *,
        length: int | None = None,
        trust: bool = False,
        **point: float,
    ) -> xr.DataArray:
        """Return the on-site values that a sample was made of; see `answers.impurities.sample_behind`."""
        from qtcore.answers.impurities import sample_behind

        return sample_behind(self._dataset, realization, point, length=length, trust=trust)
