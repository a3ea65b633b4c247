from typing import Literal

from webapp.realtime.messages import ServerMessage


class ProjectChanged(ServerMessage):
    """Classes, layers, members or settings changed: fetch the project again."""

    type: Literal["project.changed"]
