from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class WindowImage:
    """What a network sees of one window.

    Attributes:
        pixels: bands x S x S, float32, 0..1; holes are filled with each band's mean.
        valid: S x S, False where no file has data (nodata, masked, outside the layer).
    """

    pixels: npt.NDArray[np.float32]
    valid: npt.NDArray[np.bool_]
