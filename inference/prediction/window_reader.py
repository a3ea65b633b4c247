from typing import Protocol

from inference.data.window_image import WindowImage
from inference.windows import Window


class WindowReader(Protocol):
    """Where a prediction gets its pixels from."""

    def read(self, window: Window) -> WindowImage:
        """The window as the network sees it."""
        ...
