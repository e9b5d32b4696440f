"""Where `impurity_site` stood: programs in older stores of `fluctuations` import it from here."""

from qtcore.theory.moved_impurity import impurity_site

__all__ = ["impurity_site"]
