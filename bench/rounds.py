"""Timing in turns (A B C A B C), and how much of the machine's matrix rate a thing uses."""

import time
from collections.abc import Callable, Mapping

import torch
from torch.utils.flop_counter import FlopCounterMode

PRODUCT_SIDE = 2048


def in_turns(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each work, round by round; each is run once before, untimed."""
    for work in works.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begun)
    return seconds


def large_product() -> Callable[[], object]:
    """A float32 product that nothing but the processor's matrix rate limits."""
    one, other = torch.rand(2, PRODUCT_SIDE, PRODUCT_SIDE)
    return lambda: one @ other


PRODUCT_FLOPS = 2 * PRODUCT_SIDE**3


def flops_of(work: Callable[[], object]) -> int:
    """Floating-point operations of torch code: products, convolutions, attention."""
    with FlopCounterMode(display=False) as counter:
        work()
    return int(counter.get_total_flops())


def share_of_rate(flops: int, seconds: list[float], product_s: list[float]) -> list[float]:
    """Of each round: operations per second over those of the large product in that round."""
    return [
        (flops / taken) / (PRODUCT_FLOPS / product)
        for taken, product in zip(seconds, product_s, strict=True)
    ]
