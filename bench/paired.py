"""Differences of the same objects under two treatments."""

from collections.abc import Sequence

import numpy as np

RESAMPLES = 4000


def interval(differences: Sequence[float], seed: int) -> tuple[float, float]:
    """95 % interval of the mean difference, by bootstrap over the objects (percentiles)."""
    values = np.asarray(differences)
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
