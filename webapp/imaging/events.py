from typing import Literal

from webapp.imaging.schemas import ImageOut
from webapp.realtime.messages import ServerMessage


class ImageChanged(ServerMessage):
    """An image went on; when it is ready, the project's layers are to be fetched again."""

    type: Literal["image.changed"]
    image: ImageOut
