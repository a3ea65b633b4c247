from typing import Literal

from webapp.jobs.schemas import JobOut
from webapp.realtime.messages import ServerMessage


class JobChanged(ServerMessage):
    """A job went on."""

    type: Literal["job.changed"]
    job: JobOut
