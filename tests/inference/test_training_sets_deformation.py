import numpy as np

from inference.training_sets.deformation import deformed


def test_a_deformed_mask_is_wrong_but_overlaps():
    target = np.zeros((96, 96), np.int8)
    target[30:66, 25:70] = 1
    for seed in range(20):
        mask = deformed(target, np.random.default_rng(seed)) > 0.5
        both, either = (mask & (target == 1)).sum(), (mask | (target == 1)).sum()
        assert 0.3 < both / either < 1
