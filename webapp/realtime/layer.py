"""The channel layer between web processes, for more than notices: what it does not do is said.

A message is lost without a word where its receiver is gone, or a connection to Redis breaks. Who
needs an answer asks for one and waits for so long.
"""

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

SEND_WITHIN_S = 2.0


class LayerLost(Exception):
    """The layer's server cannot be reached: nothing was sent."""


def is_shared() -> bool:
    """Whether the layer reaches other processes."""
    return not isinstance(get_channel_layer(), InMemoryChannelLayer)


async def new_channel(prefix: str) -> str:
    """The name of a channel that this process alone receives from.

    Raises:
        LayerLost: it could not be opened.
    """
    try:
        name: str = await get_channel_layer().new_channel(prefix)
    except Exception as error:
        raise LayerLost from error  # each layer has errors of its own
    return name


async def join(group: str, channel: str) -> None:
    """Let a channel of this process hear what is sent to a group.

    Raises:
        LayerLost: it could not join.
    """
    try:
        await get_channel_layer().group_add(group, channel)
    except Exception as error:
        raise LayerLost from error  # as above


async def leave(group: str, channel: str) -> None:
    """Let a channel hear no more of a group.

    Raises:
        LayerLost: it could not leave.
    """
    try:
        await get_channel_layer().group_discard(group, channel)
    except Exception as error:
        raise LayerLost from error  # as above


async def send(channel: str, message: dict[str, Any]) -> None:
    """Hand a message to a channel, of whatever process.

    Raises:
        LayerLost: it was not sent. That it was received, nobody says.
    """
    try:
        async with asyncio.timeout(SEND_WITHIN_S):
            await get_channel_layer().send(channel, message)
    except Exception as error:
        raise LayerLost from error  # as above


async def send_to_group(group: str, message: dict[str, Any]) -> None:
    """Hand a message to all channels of a group, of whatever processes.

    Raises:
        LayerLost: it was not sent.
    """
    try:
        async with asyncio.timeout(SEND_WITHIN_S):
            await get_channel_layer().group_send(group, message)
    except Exception as error:
        raise LayerLost from error  # as above


async def receive(channel: str) -> dict[str, Any]:
    """The next message of a channel of this process.

    Raises:
        LayerLost: the channel can be received from no more.
    """
    try:
        message: dict[str, Any] = await get_channel_layer().receive(channel)
    except Exception as error:
        raise LayerLost from error  # as above
    return message
