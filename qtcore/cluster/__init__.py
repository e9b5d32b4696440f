"""Where it runs: from a profile in cluster/ to a connected Dask client."""
