"""Further bands, such as near infrared, for a network that was trained without them."""

from typing import TypeVar

import torch

from inference.models.late_clicks import LateClicks, LateClicksConfig
from inference.models.simple_click import FIRST_OF_IMAGE, SimpleClick, SimpleClickConfig

NetworkT = TypeVar("NetworkT", LateClicks, SimpleClick)


def with_extra_bands(network: NetworkT, config: LateClicksConfig | SimpleClickConfig) -> NetworkT:
    """A copy that takes further bands behind its own, and at first gives them no weight.

    Whatever the new bands hold, the copy answers as `network` does; training finds out what they
    are good for. (The paper's network for red, green, blue and infrared is SimpleClick with a
    fourth input; how that began is not stated.)

    Args:
        network: stays as it is.
        config: of the copy; but for the further bands that of the network.

    Raises:
        ValueError: it differs in more than that.
    """
    if config.bands <= network.bands or config.with_bands(network.bands) != network.config:
        raise ValueError("the configuration differs in more than further bands")
    state = network.state_dict()
    for name, channels_before in image_kernels(network).items():
        known = state[name]  # D x channels x P x P
        at = channels_before + network.bands
        unknown = known.new_zeros(known.shape[0], config.bands - network.bands, *known.shape[2:])
        state[name] = torch.cat([known[:, :at], unknown, known[:, at:]], dim=1)
    extended = type(network)(config)  # type: ignore[arg-type]  # it is of the network's family
    extended.load_state_dict(state)
    return extended.to(next(network.parameters()).device).train(network.training)


def image_kernels(network: LateClicks | SimpleClick) -> dict[str, int]:
    """The kernels that the image's bands enter by, and how many channels come before them."""
    if isinstance(network, SimpleClick):
        return {FIRST_OF_IMAGE[network.config.stem]: 0}
    return dict(LateClicks.IMAGE_KERNELS)
