from typing import Literal

from webapp.labels.schemas import EditOut
from webapp.realtime.messages import ServerMessage


class LabelsChanged(ServerMessage):
    """Somebody's edit was committed."""

    type: Literal["labels.changed"]
    edit: EditOut
