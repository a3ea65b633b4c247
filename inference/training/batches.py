"""Batches drawn ahead, in other processes where asked for, always the same ones.

What a batch is made of follows from its request alone (the run's seed, step, part, size), so it
does not matter which process draws it, or whether the run was interrupted in between.
"""

import signal
from collections.abc import Iterator
from typing import Literal, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from inference.training.radiometry import Looks
from inference.training_sets.deformation import deformed
from inference.training_sets.samples import Drawer

Lesson = Literal["first", "later", "edit", "iterative", "hidden"]
"""What a step teaches: the first click, later clicks, clicks on an old outline, all passes, or
what is hidden in a picture."""

AHEAD_PER_WORKER = 2


class BatchRequest(NamedTuple):
    """One batch to draw: part `part` (from 0) of `parts` of a step."""

    step: int
    part: int
    parts: int
    lesson: Lesson
    crop_px: int
    samples: int


class DrawnBatch(NamedTuple):
    """Samples of one size, as they come from the CPU. A tuple, so that it can be pinned.

    Attributes:
        request: what was asked for.
        pixels: B x S x S x C, uint8.
        targets: B x S x S, int8: 1 object, 0 not, -1 unknown.
        looks: of each sample.
        start: B x 1 x S x S, float32: masks to start from; B x 0 where the lesson has none.
    """

    request: BatchRequest
    pixels: Tensor
    targets: Tensor
    looks: Looks
    start: Tensor


def draw_batch(drawer: Drawer, seed: int, request: BatchRequest) -> DrawnBatch:
    """The batch of a request."""
    rng = np.random.default_rng([seed, request.step, request.part])
    samples = [drawer.draw(request.crop_px, rng) for _ in range(request.samples)]
    start = torch.zeros(request.samples, 0)
    if request.lesson == "edit":
        start = torch.from_numpy(np.stack([deformed(s.target, rng) for s in samples]))[:, None]
    return DrawnBatch(
        request,
        torch.from_numpy(np.stack([s.pixels for s in samples])),
        torch.from_numpy(np.stack([s.target for s in samples])),
        Looks.of([s.look for s in samples]),
        start,
    )


class Drawing(Dataset[DrawnBatch]):
    """Batches by request, as torch's loader wants them."""

    def __init__(self, drawer: Drawer, seed: int) -> None:
        self.drawer = drawer
        self.seed = seed

    def __getitem__(self, request: BatchRequest) -> DrawnBatch:
        """Draw one."""
        return draw_batch(self.drawer, self.seed, request)


class Requests:
    """An iterator as the loader's sampler: it is asked for more whenever a worker is free."""

    def __init__(self, requests: Iterator[BatchRequest]) -> None:
        self.requests = requests

    def __iter__(self) -> Iterator[BatchRequest]:
        """The requests that are left."""
        return self.requests


def drawn_batches(
    drawer: Drawer,
    seed: int,
    requests: Iterator[BatchRequest],
    *,
    workers: int = 0,
    pinned: bool = False,
) -> Iterator[DrawnBatch]:
    """The batches of all requests, in their order.

    Args:
        drawer: draws the samples; workers share its pictures with this process (they are forked).
        seed: of the run.
        requests: read a few ahead of what is taken.
        workers: processes that draw; 0 draws here, when asked.
        pinned: whether batches lie in memory that a GPU can copy from.
    """
    if not workers:
        return (draw_batch(drawer, seed, request) for request in requests)
    loader = DataLoader(
        Drawing(drawer, seed),
        batch_size=None,
        sampler=Requests(requests),
        num_workers=workers,
        prefetch_factor=AHEAD_PER_WORKER,
        multiprocessing_context="fork",
        worker_init_fn=prepare_worker,
        pin_memory=pinned,
    )
    return iter(loader)


def prepare_worker(_number: int) -> None:
    """One thread each; signals to stop are the trainer's affair."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
