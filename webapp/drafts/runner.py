"""Runs what drafts want of an engine, and tells their owners' pages.

One run per draft at a time: a new click ends the older run, waits for what it is writing, and
starts the next. Runs belong to the process, not to a socket: a draft that is being saved is saved
when its page is gone, too. No transaction is held while an engine works.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Self
from uuid import UUID
from weakref import WeakValueDictionary

from inference.messages import Failed, PassDone, Queued, Segment
from webapp import measures
from webapp.drafts import passes, queries, saving
from webapp.drafts.events import (
    AnswerOut,
    DraftFailed,
    DraftOutlined,
    DraftSaved,
    DraftStateSent,
    DraftWaiting,
)
from webapp.drafts.models import Draft
from webapp.engines.dispatch import process_dispatch
from webapp.engines.events import EngineChanged, EngineStatus
from webapp.engines.segmenter import Answer, EngineAway, Segmenter
from webapp.errors import AppError
from webapp.realtime.in_database import in_database
from webapp.realtime.messages import Refused, ServerMessage

logger = logging.getLogger(__name__)

SAVE_WITHIN_S = 30.0
"""A draft that is being saved waits so long for its last pass; then the outline shown is saved."""

Post = Callable[[ServerMessage], None]


@dataclass(frozen=True, slots=True)
class DraftKey:
    """A draft, and whose pages hear of it."""

    pk: int
    uid: UUID
    owner: int
    project: int

    @classmethod
    def of(cls, draft: Draft) -> Self:
        """The key of a row."""
        return cls(draft.pk, draft.uid, draft.owner_id, draft.project_id)


@dataclass(eq=False, slots=True)
class _Run:
    key: DraftKey
    clicked_at: float | None = None
    outlined: bool = False
    ended: bool = False
    saving: bool = False
    request: str = ""
    step: int = 0
    task: asyncio.Task[None] | None = None


class DraftRunner:
    """The runs of this process. All methods are for the server's event loop."""

    def __init__(self, segmenter: Segmenter, *, save_within_s: float = SAVE_WITHIN_S) -> None:
        self.segmenter = segmenter
        self._save_within_s = save_within_s
        self._runs: dict[UUID, _Run] = {}
        # Locks live as long as somebody holds or awaits them.
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._pages: defaultdict[tuple[int, int], list[Post]] = defaultdict(list)
        self._want_engine: dict[UUID, DraftKey] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._told: EngineStatus | None = None
        segmenter.when_engines_change(self._engines_changed)

    # --- Pages ---------------------------------------------------------------------------------

    def listen(self, owner: int, project: int, post: Post) -> None:
        """Tell this page what happens to the owner's drafts in the project."""
        self._pages[owner, project].append(post)

    def leave(self, owner: int, project: int, post: Post) -> None:
        """A page is gone; after the last one, only what is being saved goes on."""
        pages = self._pages[owner, project]
        pages.remove(post)
        if pages:
            return
        del self._pages[owner, project]
        for run in list(self._runs.values()):
            if (run.key.owner, run.key.project) == (owner, project) and not run.saving:
                self._want_engine.pop(run.key.uid, None)
                self._end(run)

    def tell(self, key: DraftKey, message: ServerMessage) -> None:
        """Hand a message to all pages of the draft's owner."""
        for post in list(self._pages.get((key.owner, key.project), ())):
            post(message)

    # --- Runs ----------------------------------------------------------------------------------

    async def start(self, key: DraftKey, *, clicked_at: float | None = None) -> None:
        """Ask for what the draft's head wants now; an older run ends first.

        Args:
            key: the draft.
            clicked_at: when the click came that asks for it (monotonic clock); None where it was
                no click.
        """
        async with self._turn(key):
            await self._stop(key)
            self._begin(key).clicked_at = clicked_at

    async def stop(self, key: DraftKey) -> None:
        """End the draft's run; when this returns, its last pass is written."""
        async with self._turn(key):
            await self._stop(key)

    async def go_on(self, key: DraftKey) -> None:
        """As `start`, but leaves a run alone that is under way: a page has come back."""
        async with self._turn(key):
            await self._live(key)

    async def finish(self, key: DraftKey) -> None:
        """Bring a draft that is being saved to its end, with patience for its last pass."""
        async with self._turn(key):
            run = await self._live(key)
            run.saving = True
            asyncio.get_running_loop().call_later(self._save_within_s, self._end, run)

    def _turn(self, key: DraftKey) -> asyncio.Lock:
        return self._turns.setdefault(key.uid, asyncio.Lock())

    async def _live(self, key: DraftKey) -> _Run:
        run = self._runs.get(key.uid)
        if run is not None and not run.ended:
            return run
        await self._stop(key)
        return self._begin(key)

    def _begin(self, key: DraftKey) -> _Run:
        run = _Run(key)
        self._runs[key.uid] = run
        run.task = asyncio.create_task(self._work(run))
        return run

    async def _stop(self, key: DraftKey) -> None:
        self._want_engine.pop(key.uid, None)
        run = self._runs.get(key.uid)
        if run is not None and run.task is not None:
            self._end(run)
            await asyncio.wait([run.task])

    def _end(self, run: _Run) -> None:
        """Want no more answers; the run writes the last one that it has, and ends by itself."""
        run.ended = True
        if run.request:
            self.segmenter.cancel(run.request)

    async def _work(self, run: _Run) -> None:
        try:
            trouble = await self._ask(run)
            run.ended = True  # from here on, whoever wants more starts another run
            if trouble is not None:
                self._tell_failed(run, trouble)
            await self._save_if_asked(run.key)
        except Exception:
            logger.exception("The run of draft %s failed", run.key.uid)
            self._tell_failed(run, "The server made a mistake; it is in its log. Click again.")
        finally:
            if self._runs.get(run.key.uid) is run:
                del self._runs[run.key.uid]

    async def _ask(self, run: _Run) -> str | None:
        """Take in all answers; a sentence where there is trouble."""
        request = await in_database(queries.segment_for)(run.key.pk)
        if request is None or run.ended:
            return None
        run.request, run.step = request.request, request.step
        try:
            async with aclosing(self.segmenter.segment(request)) as answers:
                async for answer in answers:
                    await self._take(run, request, answer)
        except EngineAway as away:
            self._want_engine[run.key.uid] = run.key
            return away.sentence
        except AppError as error:
            return error.sentence
        return None

    async def _take(self, run: _Run, request: Segment, answer: Answer) -> None:
        match answer:
            case PassDone():
                measures.passes.inc()
                record = in_database(passes.record_pass)
                shown = await record(run.key.pk, request, answer)
                if shown is not None:
                    outlined = DraftOutlined(type="draft.outlined", draft=run.key.uid, answer=shown)
                    self.tell(run.key, outlined)
                    _measure(run, shown)
            case Queued():
                waiting = DraftWaiting(
                    type="draft.waiting",
                    draft=run.key.uid,
                    step=request.step,
                    ahead=answer.ahead,
                    seconds=answer.seconds,
                )
                self.tell(run.key, waiting)
            case Failed():
                self._tell_failed(run, answer.sentence)

    def _tell_failed(self, run: _Run, sentence: str) -> None:
        failed = DraftFailed(
            type="draft.failed", draft=run.key.uid, step=run.step, sentence=sentence
        )
        self.tell(run.key, failed)

    async def _save_if_asked(self, key: DraftKey) -> None:
        finished = await in_database(saving.finish_save)(key.pk)
        if finished is None:
            return
        if finished.edit is not None:
            self._want_engine.pop(key.uid, None)
            self.tell(key, DraftSaved(type="draft.saved", draft=key.uid, edit=finished.edit))
        if finished.refused is not None:
            refused = finished.refused
            draft = await in_database(queries.draft_out)(finished.draft)
            self.tell(key, DraftStateSent(type="draft.state", draft=draft))
            self.tell(
                key,
                Refused(type="error", id=None, code=refused.code, sentence=refused.sentence),
            )

    def _engines_changed(self) -> None:
        status = self.segmenter.status()
        if status != self._told:
            self._told = status
            changed = EngineChanged(type="engine.changed", engine=status)
            for post in [post for pages in self._pages.values() for post in pages]:
                post(changed)
        if status.connected:
            self._run_what_waits()

    def _run_what_waits(self) -> None:
        wanting, self._want_engine = self._want_engine, {}
        for key in wanting.values():
            task = asyncio.get_running_loop().create_task(self.go_on(key))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)


def _measure(run: _Run, shown: AnswerOut) -> None:
    """How long the run's click waited, at its first outline and when that is settled."""
    if run.clicked_at is None:
        return
    waited_s = time.monotonic() - run.clicked_at
    if not run.outlined:
        run.outlined = True
        measures.click_seconds.labels("first outline").observe(waited_s)
    if shown.settled:
        measures.click_seconds.labels("settled").observe(waited_s)


_runner: DraftRunner | None = None


def process_runner() -> DraftRunner:
    """The runner of this process, on the engines of all of them."""
    global _runner
    dispatch = process_dispatch()
    if _runner is None:
        _runner = DraftRunner(dispatch)
    return _runner
