"""A channel layer in memory that loses what the test says, without a word, as a real one may."""

from channels.layers import InMemoryChannelLayer


class LossyLayer(InMemoryChannelLayer):
    """`lose(channel, message)` says which messages get lost; `is_down` makes sending fail."""

    def __init__(self, **options):
        super().__init__(**options)
        self.lose = lambda channel, message: False
        self.is_down = False

    async def send(self, channel, message):
        if self.is_down:
            raise ConnectionError("the layer's server is away")
        if not self.lose(channel, message):
            await super().send(channel, message)
