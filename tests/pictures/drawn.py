"""What is in a picture: the artists by their labels."""

import numpy as np


def parts(figure):
    """Return the artists of the first panel that have a label of their own."""
    found = {}
    for one in figure.axes[0].collections:
        label = one.get_label()
        if not label.startswith("_"):
            assert label not in found, label
            found[label] = one
    return found


def places(collection):
    """Return the places of sites, (site, 2), whatever they are drawn as."""
    if len(collection.get_offsets()) > 1 or not len(collection.get_paths()) > 1:
        return np.asarray(collection.get_offsets())
    return np.array([path.vertices[:4].mean(axis=0) for path in collection.get_paths()])


def lines(collection):
    """Return the lines of a collection, (line, 2, 2)."""
    return np.array(collection.get_segments())
