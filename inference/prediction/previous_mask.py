"""The mask that is fed back: 8-bit probabilities of one window, at rest and on the wire."""

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from inference.errors import InferenceError
from inference.messages import WindowMask, WindowMessage
from inference.windows import Window

LARGEST_SIZE = 4096
"""No network here sees larger windows; what claims more is not unpacked."""

CERTAIN = 255

Value = TypeVar("Value", np.uint8, np.float32)


class InvalidMask(InferenceError):
    """A stored mask that cannot be what an engine sent."""

    def __init__(self) -> None:
        super().__init__(
            "The stored mask of the click before cannot be read. The outline was not changed. "
            "Undo that click and set it again."
        )


@dataclass(frozen=True, slots=True, eq=False)
class PreviousMask:
    """Probabilities in the window frame.

    They are rounded to 8 bits before anything else looks at them (the next pass, the outline),
    so that a replay from stored masks gives what the first run gave.

    Attributes:
        window: where it lies.
        values: S x S, uint8, 255 = certain.
    """

    window: Window
    values: npt.NDArray[np.uint8]

    @classmethod
    def empty(cls, window: Window) -> "PreviousMask":
        """What the first pass of a draft starts from."""
        return cls(window, np.zeros((window.size, window.size), np.uint8))

    def inside(self, threshold: float) -> npt.NDArray[np.bool_]:
        """S x S, True where the probability is at least `threshold`."""
        return self.values >= threshold * CERTAIN

    def carried_to(self, window: Window) -> "PreviousMask":
        """The same probabilities in another window; 0 where this one did not look.

        Averages where pixels become larger, interpolates bilinearly where they become smaller.
        """
        if window == self.window:
            return self
        values = resampled(self.values, self.window, window, border=cv2.BORDER_CONSTANT)
        return PreviousMask(window, values)

    def to_message(self) -> WindowMask:
        """For the wire and for the draft's step."""
        # Level 3 takes a quarter of level 6's time for 6 % more bytes (2 ms, 256 x 256).
        packed = zlib.compress(self.values.tobytes(), level=3)
        window = WindowMessage(
            col=self.window.col,
            row=self.window.row,
            factor=self.window.factor,
            size=self.window.size,
        )
        return WindowMask(window=window, data=base64.b64encode(packed).decode("ascii"))

    @classmethod
    def from_message(cls, message: WindowMask) -> "PreviousMask":
        """The mask that `to_message` packed.

        Raises:
            InvalidMask: it is damaged, or its size does not fit its window.
        """
        sent = message.window
        if not (0 < sent.size <= LARGEST_SIZE and sent.factor > 0):
            raise InvalidMask
        try:
            packed = base64.b64decode(message.data, validate=True)
            # Never unpack more than one byte beyond what the window can hold.
            raw = zlib.decompressobj().decompress(packed, sent.size**2 + 1)
        except (binascii.Error, zlib.error) as error:
            raise InvalidMask from error
        if len(raw) != sent.size**2:
            raise InvalidMask
        window = Window(col=sent.col, row=sent.row, factor=sent.factor, size=sent.size)
        return cls(window, np.frombuffer(raw, np.uint8).reshape(sent.size, sent.size))


def resampled(
    values: npt.NDArray[Value], source: Window, target: Window, *, border: int
) -> npt.NDArray[Value]:
    """A field of one window as seen from another.

    Averages where pixels become larger, interpolates bilinearly where they become smaller.

    Args:
        values: S x S, in `source`.
        source: where the field lies.
        target: where it is wanted; T x T come back.
        border: how OpenCV goes on beyond the field; BORDER_CONSTANT is 0.
    """
    factor = source.factor
    while factor * 2 <= target.factor and values.shape[0] % 2 == 0:
        half = values.shape[0] // 2
        values = cv2.resize(values, (half, half), interpolation=cv2.INTER_AREA)
        factor *= 2
    # Array index i has its centre at i + 0.5 in either frame.
    ratio = target.factor / factor
    shift_u = (target.col - source.col) / factor + ratio / 2 - 0.5
    shift_v = (target.row - source.row) / factor + ratio / 2 - 0.5
    moved: npt.NDArray[Value] = cv2.warpAffine(
        values,
        np.array([[ratio, 0, shift_u], [0, ratio, shift_v]]),
        (target.size, target.size),
        flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR,
        borderMode=border,
        borderValue=0,
    )
    return moved


def to_8_bit(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Probabilities 0..1, rounded to the 256 steps in which they are kept."""
    return np.rint(probabilities * CERTAIN).astype(np.uint8)
