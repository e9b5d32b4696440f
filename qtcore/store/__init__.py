"""Keep and find: one Zarr group per run, written block by block by the workers that own it."""
