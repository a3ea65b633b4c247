"""Prediction as the authors of SimpleClick and CFR-ICL evaluate it, on a whole image in memory.

Beside the app's own way (`predictor.py`): that one reads windows of a layer and keeps masks in 8
bits; this one is for comparing networks with published numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from inference.clicks import PixelClick
from inference.models.click_network import ClickNetwork, Features
from inference.prediction.cascade import Cascade
from inference.prediction.click_map import reference_click_map
from inference.prediction.reference_settings import REFERENCE, ReferenceSettings
from inference.prediction.zoom_in import Box

FloatMap = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ReferencePass:
    """One call of the network and what came of it.

    Attributes:
        number: within its click, from 1.
        box: what was shown; None: the whole image at its own size.
        places: K x 2, float64: (row, col) of the clicks in the network's input.
        include: K, bool.
        previous: h x w, the mask that was fed, in the network's input.
        probabilities: H x W of the image; 0 outside the box.
    """

    number: int
    box: Box | None
    places: npt.NDArray[np.float64]
    include: npt.NDArray[np.bool_]
    previous: FloatMap
    probabilities: FloatMap


class ReferencePredictor:
    """Answers clicks on one image at a time.

    Args:
        network: in evaluation mode, on any device.
        settings: how clicks are answered.

    Attributes:
        trace: the passes of the newest prediction, the coarse one first.
    """

    def __init__(self, network: ClickNetwork, settings: ReferenceSettings = REFERENCE) -> None:
        self.network = network.eval()
        self.settings = settings
        self.trace: tuple[ReferencePass, ...] = ()
        self._device = next(network.parameters()).device

    def set_image(
        self,
        image: npt.NDArray[np.uint8] | FloatMap,
        *,
        previous: npt.NDArray[np.uint8] | FloatMap | None = None,
    ) -> None:
        """Begin an object.

        Args:
            image: H x W x bands, 8 bits, or float32 0..1.
            previous: H x W, 0..1: a mask to start from, stored as if it had been predicted.
                It does not direct the zoom; the first predicted one does.
        """
        bands = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None]
        is_8_bit = bands.dtype == torch.uint8
        self._image = bands.to(self._device).float() / (255 if is_8_bit else 1)  # 1 x C x H x W
        self._shape = image.shape[0], image.shape[1]
        start = np.zeros(self._shape, np.float32) if previous is None else previous
        self._previous = self._as_batch(start)
        self._earlier: FloatMap | None = None
        self._box: Box | None = None
        self._shown: tuple[Box | None, Features] | None = None
        self.trace = ()

    @torch.inference_mode()
    def predict(
        self,
        clicks: Sequence[PixelClick],
        *,
        previous: npt.NDArray[np.uint8] | FloatMap | None = None,
    ) -> FloatMap:
        """Probabilities of the object, H x W, once the click's refinements are done.

        Args:
            clicks: all of the object, oldest first.
            previous: H x W, 0..1: fed to the first pass instead of what was predicted last. (The
                authors' code loses it at clicks that are refined; here it is fed there, too.)

        Raises:
            InvalidWindowSize: the network cannot take the size at which the image is shown.
        """
        if previous is not None:
            self._previous = self._as_batch(previous)
        cascade = Cascade.begin(
            self.settings.preset, is_first_click=self.settings.refines(len(clicks))
        )
        passes: list[ReferencePass] = []
        while (number := cascade.next_pass()) is not None:
            done = self._run_pass(number, clicks)
            passes.append(done)
            cascade = cascade.record(done.probabilities > self.settings.threshold)
        self.trace = tuple(passes)
        return passes[-1].probabilities

    def _run_pass(self, number: int, clicks: Sequence[PixelClick]) -> ReferencePass:
        zoom = self.settings.zoom
        if zoom is not None:
            self._box = zoom.next_box(self._box, self._earlier, clicks, self._shape)
        box = self._box
        size = self._shape if zoom is None or box is None else zoom.network_size(box)
        places = places_in(clicks, box, size)
        include = np.array([click.include for click in clicks], np.bool_)
        previous = resized(cut(self._previous, box), size)
        logits = self._logits(box, size, previous, places, include)
        probabilities = self._pasted(torch.sigmoid(logits), box)
        self._previous = probabilities
        self._earlier = probabilities[0, 0].cpu().numpy()
        return ReferencePass(
            number, box, places, include, previous[0, 0].cpu().numpy(), self._earlier
        )

    def _logits(
        self,
        box: Box | None,
        size: tuple[int, int],
        previous: Tensor,
        places: npt.NDArray[np.float64],
        include: npt.NDArray[np.bool_],
    ) -> Tensor:
        """1 x 1 x h x w, in one call of the network."""
        disks = self._disks(places, include, size)
        features = self._features(box, size)
        if not self.settings.flip:
            return self.network.decode(features, previous, disks)
        # The mirror of a place is w - 1 - col although places are scaled without a shift by half
        # a pixel; so mirrored disks are drawn anew, they are not the mirror of the others.
        mirrored = np.column_stack([places[:, 0], size[1] - 1 - places[:, 1]])
        both = self.network.decode(
            features,
            torch.cat([previous, previous.flip(3)]),
            torch.cat([disks, self._disks(mirrored, include, size)]),
        )  # 2 x 1 x h x w
        return 0.5 * (both[:1] + both[1:].flip(3))

    def _features(self, box: Box | None, size: tuple[int, int]) -> Features:
        """Of what is shown; kept while the box stays."""
        if self._shown is None or self._shown[0] != box:
            image = resized(cut(self._image, box), size)
            if self.settings.flip:
                image = torch.cat([image, image.flip(3)])
            self._shown = box, self.network.encode(image)
        return self._shown[1]

    def _disks(
        self,
        places: npt.NDArray[np.float64],
        include: npt.NDArray[np.bool_],
        size: tuple[int, int],
    ) -> Tensor:
        """1 x 2 x h x w."""
        most = self.settings.most_clicks
        drawn = reference_click_map(
            places[:most],
            include[:most],
            shape=size,
            radius_px=self.network.click_radius_px,
            rounds=self.settings.rounds_clicks,
        )
        return torch.from_numpy(drawn)[None].to(self._device)

    def _pasted(self, shown: Tensor, box: Box | None) -> Tensor:
        """Probabilities of a box in the image's frame, 1 x 1 x H x W; 0 elsewhere."""
        if box is None:
            return shown
        rows, cols = box.slices
        whole = shown.new_zeros(1, 1, *self._shape)
        whole[:, :, rows, cols] = resized(shown, (box.height, box.width))
        return whole

    def _as_batch(self, mask: npt.NDArray[np.uint8] | FloatMap) -> Tensor:
        """H x W to 1 x 1 x H x W, float32, where the network is."""
        return torch.from_numpy(mask.astype(np.float32))[None, None].to(self._device)


def cut(x: Tensor, box: Box | None) -> Tensor:
    """The part of B x C x H x W that lies in a box."""
    if box is None:
        return x
    rows, cols = box.slices
    return x[:, :, rows, cols]


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """B x C x H x W to another height and width, corners of pixels' centres on corners."""
    if x.shape[-2:] == size:
        return x
    return functional.interpolate(x, size=size, mode="bilinear", align_corners=True)


def places_in(
    clicks: Sequence[PixelClick], box: Box | None, size: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """K x 2, (row, col) of clicks in the network's input.

    The scale is that of the sides, not that of `resized`: so it is in the authors' code.
    """
    places = np.array([(click.row, click.col) for click in clicks], np.float64).reshape(-1, 2)
    if box is None:
        return places
    rows = size[0] * (places[:, 0] - box.first_row) / box.height
    cols = size[1] * (places[:, 1] - box.first_col) / box.width
    return np.column_stack([rows, cols])
