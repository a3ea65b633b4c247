"""Computes passes, one or a batch at a time, in the thread that calls it. Takes no decisions."""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.backends.backend import Backend
from inference.data.cog_reader import CogReader
from inference.data.open_files import OpenFiles
from inference.data.window_image import WindowImage
from inference.engine.request import EngineRequest, PassCost, pass_done
from inference.messages import LayerSource, ModelInfo, PassDone
from inference.models.click_network import Features
from inference.prediction.cascade import INTERACTIVE, Preset
from inference.prediction.colour_evidence import Looks, looks_of
from inference.prediction.prediction import PlannedPass, Prediction
from inference.prediction.predictor import draw_outline, encode_windows, run_passes
from inference.prediction.question import Question
from inference.windows import Window

CACHE_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class SeenWindow:
    """What is kept of a window: everything that does not depend on clicks."""

    features: Features
    valid: npt.NDArray[np.bool_]
    looks: Looks

    @property
    def bytes(self) -> int:
        """Memory it holds."""
        features = sum(tensor.nbytes for tensor in self.features)
        return features + self.valid.nbytes + self.looks.nbytes


class FeatureCache:
    """The windows seen last, up to a number of bytes."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.held_bytes = 0
        self._windows: OrderedDict[tuple[str, Window], SeenWindow] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def get(self, layer: str, window: Window) -> SeenWindow | None:
        """What is kept of a layer's window; None where it was not seen lately."""
        seen = self._windows.get((layer, window))
        if seen is not None:
            self._windows.move_to_end((layer, window))
        return seen

    def put(self, layer: str, window: Window, seen: SeenWindow) -> None:
        """Keep a window; the ones that were not used for longest go."""
        replaced = self._windows.pop((layer, window), None)
        self._windows[layer, window] = seen
        self.held_bytes += seen.bytes - (replaced.bytes if replaced else 0)
        while self.held_bytes > self.limit_bytes and len(self._windows) > 1:
            _, dropped = self._windows.popitem(last=False)
            self.held_bytes -= dropped.bytes


@dataclass(slots=True, eq=False)
class Work:
    """A pass of one request, on its way through a batch."""

    request: EngineRequest
    prediction: Prediction
    planned: PlannedPass
    rest_s: float = 0.0

    @property
    def source(self) -> LayerSource:
        """The layer it looks at."""
        return self.request.segment.source

    @property
    def key(self) -> tuple[str, Window]:
        """What it sees, as the cache knows it."""
        return self.source.key, self.planned.window


class Runner:
    """One network at work.

    Args:
        backend: computes it; a network in evaluation mode is one.
        model: how it is called on the wire; its windows have `model.size`.
        files: open datasets.
        preset: how clicks are answered.
        cache_bytes: bound of the features kept.
        largest_batch: passes that are worth computing together.
    """

    def __init__(
        self,
        backend: Backend,
        model: ModelInfo,
        *,
        files: OpenFiles | None = None,
        preset: Preset = INTERACTIVE,
        cache_bytes: int = CACHE_BYTES,
        largest_batch: int = 1,
    ) -> None:
        self.backend = backend
        self.model = model
        self.files = files or OpenFiles()
        self.preset = preset
        self.cache = FeatureCache(cache_bytes)
        self.largest_batch = largest_batch

    def step(self, request: EngineRequest) -> PassDone:
        """The next pass of a request, which moves on by it.

        Raises:
            InferenceError: with the sentence for the person who clicked.
        """
        (answer,) = self.step_together([request])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def step_together(self, requests: Sequence[EngineRequest]) -> list[PassDone | Exception]:
        """The next pass of each request, which moves on by it; the network computes them at once.

        Returns:
            Of each request its pass, or what ended it: one that fails ends no other. An
            `InferenceError` holds the sentence for the person who clicked, others are bugs.
        """
        answers: dict[int, PassDone | Exception] = {}
        works: dict[int, Work] = {}
        images: dict[tuple[str, Window], WindowImage] = {}
        for number, request in enumerate(requests):
            try:
                work = works[number] = self._plan(request)
                if work.key not in images and self.cache.get(*work.key) is None:
                    images[work.key] = self._read(work)
            except Exception as error:  # noqa: BLE001 (handed to the caller, request by request)
                works.pop(number, None)
                answers[number] = error
        begun = time.perf_counter()
        seen = self._see([work.key for work in works.values()], images)
        values = (
            run_passes(
                self.backend,
                [window.features for window in seen],
                [work.planned for work in works.values()],
            )
            if works
            else []
        )
        network_s = time.perf_counter() - begun
        for (number, work), found, window in zip(works.items(), values, seen, strict=True):
            try:
                answers[number] = self._record(work, found, window, network_s)
            except Exception as error:  # noqa: BLE001 (as above)
                answers[number] = error
        return [answers[number] for number in range(len(requests))]

    def _plan(self, request: EngineRequest) -> Work:
        """What a request wants next; unpacks it where this is its first pass."""
        begun = time.perf_counter()
        if request.prediction is None:
            request.prediction = Prediction.begin(
                Question.of(request.segment),
                preset=self.preset,
                size=self.model.size,
                reach_px=self.backend.click_radius_px,
            )
        planned = request.prediction.next_pass()
        assert planned is not None, "a settled request is not queued again"  # noqa: S101 (cannot happen)
        return Work(request, request.prediction, planned, time.perf_counter() - begun)

    def _read(self, work: Work) -> WindowImage:
        """The pixels of a window."""
        begun = time.perf_counter()
        reader = CogReader.for_model(work.source, self.model, files=self.files)
        image = reader.read(work.planned.window)
        work.rest_s += time.perf_counter() - begun
        return image

    def _see(
        self, keys: Sequence[tuple[str, Window]], images: Mapping[tuple[str, Window], WindowImage]
    ) -> list[SeenWindow]:
        """What is kept of each window; those of `images` are encoded first, and kept."""
        fresh: dict[tuple[str, Window], SeenWindow] = {}
        if images:
            encoded = encode_windows(self.backend, [image.pixels for image in images.values()])
            for (key, image), features in zip(images.items(), encoded, strict=True):
                fresh[key] = SeenWindow(features, image.valid, looks_of(image.pixels))
        # Looked up before anything is put in: the cache may be smaller than a batch.
        seen = [fresh.get(key) or self.cache.get(*key) for key in keys]
        for key, window in fresh.items():
            self.cache.put(*key, window)
        return [window for window in seen if window is not None]

    def _record(
        self,
        work: Work,
        values: npt.NDArray[np.uint8],
        seen: SeenWindow,
        network_s: float,
    ) -> PassDone:
        """A request after its pass, and the pass as it is told."""
        begun = time.perf_counter()
        work.request.prediction, found = work.prediction.record(values, seen.valid, seen.looks)
        outline = draw_outline(
            found,
            work.prediction.question,
            preset=self.preset,
            reach_px=self.backend.click_radius_px,
        )
        work.rest_s += time.perf_counter() - begun
        return pass_done(
            work.request.segment,
            found,
            outline,
            PassCost(network_s, work.rest_s),
            model_sha256=self.model.sha256,
            preset=self.preset.name,
        )
