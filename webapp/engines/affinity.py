"""Which engine a draft belongs to: the one whose cache is warm for it.

Rendezvous hashing: David G. Thaler and Chinya V. Ravishankar, "Using name-based mappings to
increase hit rates", IEEE/ACM Transactions on Networking 6 (1998). Every draft ranks all engines its
own way, whichever come and go, so when one leaves, only its own drafts move.
"""

import hashlib

from inference.messages import Segment
from inference.windows import SNAP_PX, Grid


def home(request: Segment) -> str:
    """What decides where a draft is computed: its layer and the window of its first click.

    The window stands for the draft, since it stays as long as the first click does; another draft
    that begins at the same place finds the features of that window in the engine's cache.
    """
    grid = Grid(**request.source.grid.model_dump())
    first = request.clicks[0]
    col, row = grid.to_pixel(first.x, first.y)
    return f"{request.source.key} {round(col / SNAP_PX)} {round(row / SNAP_PX)}"


def affinity(request: Segment, engine: str) -> bytes:
    """The weight of an engine for a draft; the highest wins, then the next one."""
    return hashlib.blake2b(f"{home(request)} {engine}".encode(), digest_size=8).digest()
