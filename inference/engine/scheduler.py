"""Which request gets the next pass. Decisions only: no tensors, no sockets, no clock of its own.

The unit is one batch of passes, so requests join, leave and overtake between any two of them. How
large a batch may be is the device's affair; on a CPU it is one pass.

- a coarse pass (the first of a click) goes before every refinement: everybody sees something;
- coarse passes are served in the order of arrival, refinements in turn, one pass each;
- a batch holds passes of one kind: a coarse pass must not take longer for a refinement beside it;
- a draft has one request: a newer one cancels the older and takes its place in the queue, so
  that neither clicking fast nor waiting patiently is punished.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from inference.errors import InferenceError

FIRST_GUESS_S = 0.2
"""Seconds a batch is thought to take before any was measured."""

MEAN_OVER = 20
"""Batches over which the running mean forgets."""


class TooManyRequests(InferenceError):
    """The server sent more than the capacity that the engine had named."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        super().__init__(
            f"The engine has {capacity} clicks to answer already, so this one was not taken. "
            "Click again in a moment."
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting request stands.

    Attributes:
        ahead: passes that are certain to run before its own, or are computed beside it.
        seconds: how long it takes until its own begins, by the running mean.
    """

    ahead: int
    seconds: float


class Scheduler:
    """The queues of one engine.

    Args:
        capacity: most requests it holds at a time.
        largest_batch: most passes that are computed together.
    """

    def __init__(self, *, capacity: int, largest_batch: int = 1) -> None:
        self.capacity = capacity
        self.largest_batch = largest_batch
        self.batch_s = FIRST_GUESS_S
        self._draft_of: dict[str, str] = {}
        self._request_of: dict[str, str] = {}
        # Ordered sets of request ids.
        self._coarse: OrderedDict[str, None] = OrderedDict()
        self._refining: OrderedDict[str, None] = OrderedDict()
        self._running: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self._draft_of)

    def submit(self, request: str, draft: str) -> str | None:
        """Take a request for its coarse pass.

        Returns:
            The older request of the same draft, which is cancelled by this; None without one,
            and None for a request that is here already (a message may come twice).

        Raises:
            TooManyRequests: all places are taken by other drafts.
        """
        if self.is_wanted(request):
            return None
        older = self._request_of.get(draft)
        if older is None and len(self) >= self.capacity:
            raise TooManyRequests(self.capacity)
        if older is not None and older in self._coarse:
            self._coarse = OrderedDict(
                (request if waiting == older else waiting, None) for waiting in self._coarse
            )
        else:
            self._coarse[request] = None
        if older is not None:
            self._forget(older)
        self._draft_of[request] = draft
        self._request_of[draft] = request
        return older

    def cancel(self, request: str) -> bool:
        """Forget a request. False where it is not known (any more)."""
        if request not in self._draft_of:
            return False
        self._forget(request)
        return True

    def is_wanted(self, request: str) -> bool:
        """Whether anybody still waits for this request."""
        return request in self._draft_of

    def next_batch(self) -> list[str]:
        """The requests whose passes run now, together; none when there is nothing to do."""
        queue = self._coarse or self._refining
        most = min(self.largest_batch, len(queue))
        batch = [queue.popitem(last=False)[0] for _ in range(most)]
        self._running = frozenset(batch)
        return batch

    def done(self, settled: Mapping[str, bool], *, seconds: float) -> None:
        """Note that the batch of `next_batch` is over.

        Args:
            settled: of each of its requests, whether it is at its end; what is not queues for a
                refinement.
            seconds: that the batch took.
        """
        self._running = frozenset()
        self.batch_s += (seconds - self.batch_s) / MEAN_OVER
        for request, is_settled in settled.items():
            if not self.is_wanted(request):
                continue
            if is_settled:
                self._forget(request)
            else:
                self._refining[request] = None

    def place(self, request: str) -> Place:
        """How many passes are before a waiting request's next one, and for how long."""
        if request in self._coarse:
            queued = list(self._coarse).index(request)
            batches = queued // self.largest_batch
        elif request in self._refining:
            in_turn = list(self._refining).index(request)
            queued = len(self._coarse) + in_turn
            batches = -(-len(self._coarse) // self.largest_batch) + in_turn // self.largest_batch
        else:
            return Place(0, 0.0)
        batches += bool(self._running)
        return Place(len(self._running) + queued, batches * self.batch_s)

    def waiting_for_coarse(self) -> list[str]:
        """Requests that nobody has seen anything of, in the order of service."""
        return list(self._coarse)

    def _forget(self, request: str) -> None:
        """Drop a request from every queue."""
        self._coarse.pop(request, None)
        self._refining.pop(request, None)
        draft = self._draft_of.pop(request)
        if self._request_of.get(draft) == request:
            del self._request_of[draft]
