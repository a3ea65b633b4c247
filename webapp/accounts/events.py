from typing import Literal
from uuid import UUID

from webapp.realtime.messages import ServerMessage


class PasswordChanged(ServerMessage):
    """To the sockets of the web processes, not to pages: sessions of this person may be over."""

    type: Literal["account.password"]
    user: UUID
