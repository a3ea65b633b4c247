import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from pydantic import ValidationError

from webapp import logs
from webapp.drafts import actions, queries, saving
from webapp.drafts.admission import Admission, MessageRates, process_rates
from webapp.drafts.events import DraftOut, DraftSaved, DraftStateSent, Welcome
from webapp.drafts.models import Draft, DraftState
from webapp.drafts.runner import DraftKey, DraftRunner, process_runner
from webapp.drafts.schemas import (
    ClassifyDraft,
    ClickDraft,
    DiscardDraft,
    KeepAllParts,
    OpenDraft,
    PageMessage,
    RedoClick,
    RestoreDraft,
    SaveDraft,
    ShowDraft,
    StopDraft,
    UndoClick,
    from_page,
)
from webapp.errors import AppError, ErrorCode, NotSignedIn
from webapp.labels.queries import edit_named
from webapp.projects.roles import SOCKET_MESSAGES, Member, Who
from webapp.realtime.in_database import in_database
from webapp.realtime.messages import Ok, Refused, ServerMessage
from webapp.realtime.publish import EVERYONE, project_group

logger = logging.getLogger(__name__)

NOT_SIGNED_IN = 4401
NO_SUCH_PROJECT = 4404
TOO_SLOW = 4408
NEW_SESSION_ARRIVES_S = 2.0
LONGEST_MESSAGE = 16 * 1024
TOO_LONG = (
    f"This message is no text, or longer than {LONGEST_MESSAGE // 1024} KB, so nothing was "
    "changed. Load the page again."
)
MOST_UNSENT = 256


class ProjectConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels has no types
    """One page with one project open.

    It takes one message at a time (not reading is the back-pressure); what engines answer and
    what others do arrives in between, through `_post`.
    """

    def __init__(
        self, runner: DraftRunner | None = None, rates: MessageRates = process_rates
    ) -> None:
        super().__init__()
        self.runner = runner or process_runner()
        self.rates = rates
        self.admission: Admission | None = None
        self.owner = 0
        self.user = ""
        self.check: asyncio.Task[None] | None = None
        self.project = 0
        self.unsent: asyncio.Queue[str | int] = asyncio.Queue(MOST_UNSENT)
        self.writer: asyncio.Task[None] | None = None
        self.request_id = logs.request_id()

    # --- The door ------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Let a member in and show them their draft; `realtime.origin` saw to the origin."""
        self.admission = Admission(
            session_key=self.scope["session"].session_key or "",
            project=self.scope["url_route"]["kwargs"]["project"],
        )
        try:
            member = await in_database(self.admission.member)(Who.VIEWER)
        except AppError as error:
            signed_in = not isinstance(error, NotSignedIn)
            await self.close(code=NO_SUCH_PROJECT if signed_in else NOT_SIGNED_IN)
            return
        await self.accept()
        self.owner, self.user = member.user.pk, str(member.user.uid)
        self.project = member.project.pk
        self.writer = asyncio.create_task(self._write())
        for group in (project_group(self.project), EVERYONE):
            await self.channel_layer.group_add(group, self.channel_name)
        self.runner.listen(self.owner, self.project, self._post)
        await self._welcome(member)

    async def disconnect(self, code: int) -> None:
        """Leave; what is being saved goes on."""
        del code
        if self.writer is None:
            return
        self.writer.cancel()
        if self.check is not None:
            self.check.cancel()
        self.runner.leave(self.owner, self.project, self._post)
        for group in (project_group(self.project), EVERYONE):
            await self.channel_layer.group_discard(group, self.channel_name)

    async def _welcome(self, member: Member) -> None:
        # Read again now that edits are heard: one that came since the door is in this number.
        await in_database(member.project.refresh_from_db)(fields=["last_edit_number"])
        draft, saving, out = await in_database(_drafts_of)(member)
        self._post(
            Welcome(
                type="welcome",
                engine=self.runner.segmenter.status(),
                draft=out,
                last_edit=member.project.last_edit_number,
            )
        )
        for waiting in saving:
            await self.runner.finish(DraftKey.of(waiting))
        if draft is not None:
            await self.runner.go_on(DraftKey.of(draft))

    # --- In ------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Carry out one message of the page and answer it."""
        arrived_at = time.monotonic()
        await asyncio.sleep(self.rates.delay_s(self.owner, time.monotonic()))
        if text_data is None or bytes_data or len(text_data) > LONGEST_MESSAGE:
            self._refuse(None, ErrorCode.BAD_INPUT, TOO_LONG)
            return
        try:
            message = from_page.validate_json(text_data)
        except ValidationError as error:
            self._refuse(_id_in(text_data), ErrorCode.BAD_INPUT, _what_is_wrong(error))
            return
        logs.belong_to(f"{self.request_id}.{message.id}")
        try:
            await self._carry_out(message, arrived_at)
            self._post(Ok(type="ok", id=message.id))
        except NotSignedIn as error:
            self._refuse(message.id, error.code, error.sentence)
            self._queue(NOT_SIGNED_IN)
        except AppError as error:
            self._refuse(message.id, error.code, error.sentence)
        except Exception:
            logger.exception("%s failed", message.type)
            sentence = "The server made a mistake; it is in its log. Try again."
            self._refuse(message.id, ErrorCode.INTERNAL, sentence)

    async def _carry_out(self, message: PageMessage, arrived_at: float) -> None:
        if self.admission is None:
            raise NotSignedIn
        if isinstance(message, StopDraft):
            # First the run: what it writes last must not come after the word to stop.
            stopped = await in_database(_own_draft)(self.admission, message)
            await self.runner.stop(DraftKey.of(stopped))
        draft, out, saved = await in_database(_act)(self.admission, message)
        key = DraftKey.of(draft)
        self.runner.tell(key, DraftStateSent(type="draft.state", draft=out))
        if saved is not None:
            self._post(saved)
        await self._run_on(key, draft, message, arrived_at)

    async def _run_on(
        self, key: DraftKey, draft: Draft, message: PageMessage, arrived_at: float
    ) -> None:
        if draft.state == DraftState.SAVING:
            await self.runner.finish(key)
        elif draft.state == DraftState.DISCARDED:
            await self.runner.stop(key)
        elif isinstance(message, ClickDraft):
            await self.runner.start(key, clicked_at=arrived_at)
        elif isinstance(message, UndoClick | RedoClick):
            await self.runner.start(key)
        elif isinstance(message, RestoreDraft | ShowDraft):
            await self.runner.go_on(key)

    # --- Out -----------------------------------------------------------------------------------

    async def notice(self, event: dict[str, Any]) -> None:
        """A notice to all pages of the project, or of all projects, from the channel layer."""
        said = json.loads(event["text"])
        if said["type"] == "account.password":
            if said["user"] == self.user and self.check is None:
                self.check = asyncio.create_task(self._check_soon())
            return
        if said["type"] == "project.changed" and not await self._is_still_admitted():
            return
        self._queue(event["text"])

    async def _check_soon(self) -> None:
        """End the socket of a session that is over; its page then asks who is signed in.

        Not at once: the page that changed the password has to have its new session by then.
        """
        await asyncio.sleep(NEW_SESSION_ARRIVES_S)
        self.check = None
        await self._is_still_admitted()

    async def _is_still_admitted(self) -> bool:
        """Whether the session still has the project open to it; else the socket ends."""
        if self.admission is None:
            return False
        try:
            await in_database(self.admission.member)(Who.VIEWER)
        except AppError as error:
            signed_in = not isinstance(error, NotSignedIn)
            self._queue(NO_SUCH_PROJECT if signed_in else NOT_SIGNED_IN)
            return False
        return True

    def _refuse(self, message_id: int | None, code: ErrorCode, sentence: str) -> None:
        self._post(Refused(type="error", id=message_id, code=code, sentence=sentence))

    def _post(self, message: ServerMessage) -> None:
        self._queue(message.model_dump_json())

    def _queue(self, text_or_code: str | int) -> None:
        """Send a text, or close with a code, after all that was said before."""
        try:
            self.unsent.put_nowait(text_or_code)
        except asyncio.QueueFull:
            # The page does not read. It fetches the state when it connects again.
            if self.writer is not None and not self.writer.done():
                self.writer.cancel()
                self.writer = asyncio.create_task(self.close(code=TOO_SLOW))

    async def _write(self) -> None:
        while isinstance(text_or_code := await self.unsent.get(), str):
            await self.send(text_data=text_or_code)
        await self.close(code=text_or_code)


def _drafts_of(member: Member) -> tuple[Draft | None, list[Draft], DraftOut | None]:
    if not member.may(Who.ANNOTATOR):
        return None, [], None
    draft = queries.newest_open(member)
    return draft, queries.saving(member), queries.draft_out(draft) if draft else None


def _own_draft(admission: Admission, message: StopDraft) -> Draft:
    return queries.draft_of(admission.member(SOCKET_MESSAGES[message.type]), message.draft)


def _act(admission: Admission, message: PageMessage) -> tuple[Draft, DraftOut, DraftSaved | None]:
    """Carry a message out; the draft after it, as the page shows it, and the edit if saved."""
    member = admission.member(SOCKET_MESSAGES[message.type])
    draft = _ACTS[type(message)](member, message)
    saved = None
    if isinstance(message, SaveDraft) and draft.state == DraftState.SAVED:
        edit = edit_named(member.project, message.edit)
        saved = DraftSaved(type="draft.saved", draft=draft.uid, edit=edit)
    return draft, queries.draft_out(draft), saved


_ACTS: dict[type[PageMessage], Callable[[Member, Any], Draft]] = {
    OpenDraft: lambda member, said: actions.open_draft(
        member,
        said.draft,
        layer=said.layer,
        label_class=said.label_class,
        start_label=said.start_label,
    ),
    ClickDraft: lambda member, said: actions.add_click(
        member, said.draft, step=said.step, x_map=said.x, y_map=said.y, include=said.include
    ),
    UndoClick: lambda member, said: actions.undo_click(member, said.draft),
    RedoClick: lambda member, said: actions.redo_click(member, said.draft),
    StopDraft: lambda member, said: actions.stop_draft(member, said.draft),
    ClassifyDraft: lambda member, said: actions.classify_draft(
        member, said.draft, label_class=said.label_class
    ),
    KeepAllParts: lambda member, said: actions.keep_all_parts(
        member, said.draft, keep_all=said.keep_all
    ),
    SaveDraft: lambda member, said: saving.ask_to_save(
        member,
        said.draft,
        edit=said.edit,
        label_class=said.label_class,
        certainty=said.certainty,
        note=said.note,
    ),
    DiscardDraft: lambda member, said: actions.discard_draft(member, said.draft),
    RestoreDraft: lambda member, said: actions.restore_draft(member, said.draft),
    ShowDraft: lambda member, said: queries.draft_of(member, said.draft),
}


def _id_in(text: str) -> int | None:
    """The id of a message that could not be read, where it has one."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):  # 16 KB of brackets are deeper than Python goes
        return None
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _what_is_wrong(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the message"
    return f"Nothing was changed: {place}: {first['msg']}. Load the page again."
