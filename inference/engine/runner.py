"""Computes one pass at a time, in the thread that calls it. Takes no decisions."""

import time
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.data.cog_reader import CogReader
from inference.data.open_files import OpenFiles
from inference.engine.request import EngineRequest, PassCost, pass_done
from inference.messages import LayerSource, ModelInfo, PassDone
from inference.models.click_network import ClickNetwork, Features
from inference.prediction.cascade import INTERACTIVE, Preset
from inference.prediction.prediction import Prediction
from inference.prediction.predictor import draw_outline, encode_window, run_pass
from inference.prediction.question import Question
from inference.windows import Window

CACHE_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class SeenWindow:
    """What is kept of a window: everything that does not depend on clicks."""

    features: Features
    valid: npt.NDArray[np.bool_]

    @property
    def bytes(self) -> int:
        """Memory it holds."""
        held = sum(tensor.element_size() * tensor.nelement() for tensor in self.features)
        return held + self.valid.nbytes


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
        self._windows[layer, window] = seen
        self.held_bytes += seen.bytes
        while self.held_bytes > self.limit_bytes and len(self._windows) > 1:
            _, dropped = self._windows.popitem(last=False)
            self.held_bytes -= dropped.bytes


class Runner:
    """One network at work.

    Args:
        network: in evaluation mode, on its device.
        model: how it is called on the wire; its windows have `model.size`.
        files: open datasets.
        preset: how clicks are answered.
        cache_bytes: bound of the features kept.
    """

    def __init__(
        self,
        network: ClickNetwork,
        model: ModelInfo,
        *,
        files: OpenFiles | None = None,
        preset: Preset = INTERACTIVE,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.network = network.eval()
        self.model = model
        self.files = files or OpenFiles()
        self.preset = preset
        self.cache = FeatureCache(cache_bytes)

    def step(self, request: EngineRequest) -> PassDone:
        """The next pass of a request, which moves on by it.

        Raises:
            InferenceError: with the sentence for the person who clicked.
        """
        begun = time.perf_counter()
        segment = request.segment
        if request.prediction is None:
            request.prediction = Prediction.begin(
                Question.of(segment),
                preset=self.preset,
                size=self.model.size,
                reach_px=self.network.click_radius_px,
            )
        prediction = request.prediction
        planned = prediction.next_pass()
        assert planned is not None, "a settled request is not queued again"  # noqa: S101 (cannot happen)
        seen, encode_s = self._see(segment.source, planned.window)
        decode_begun = time.perf_counter()
        values = run_pass(self.network, seen.features, planned)
        network_s = encode_s + time.perf_counter() - decode_begun
        request.prediction, found = prediction.record(values, seen.valid)
        outline = draw_outline(
            found,
            prediction.question,
            preset=self.preset,
            reach_px=self.network.click_radius_px,
        )
        total_s = time.perf_counter() - begun
        return pass_done(
            segment,
            found,
            outline,
            PassCost(network_s, total_s - network_s),
            model_sha256=self.model.sha256,
            preset=self.preset.name,
        )

    def _see(self, source: LayerSource, window: Window) -> tuple[SeenWindow, float]:
        """A window's features, read and encoded where they are not kept; seconds of encoding."""
        seen = self.cache.get(source.key, window)
        if seen is not None:
            return seen, 0.0
        reader = CogReader(source, bands=self.model.bands, files=self.files)
        image = reader.read(window)
        begun = time.perf_counter()
        features = encode_window(self.network, image.pixels)
        encode_s = time.perf_counter() - begun
        seen = SeenWindow(features, image.valid)
        self.cache.put(source.key, window, seen)
        return seen, encode_s
