"""Reads of drafts; all but what an engine is asked are limited to the draft's owner."""

import base64
from uuid import UUID, uuid4

from django.db.models import QuerySet

from inference.messages import ClickMessage, OutlineRules, Segment, WindowMask, WindowMessage
from inference.windows import Grid
from webapp import logs
from webapp.drafts.events import AllPartsOut, AnswerOut, DraftOut, StepOut
from webapp.drafts.models import HEAVY, Draft, DraftState, DraftStep
from webapp.errors import Conflict, NotFound
from webapp.imaging.models import Layer
from webapp.imaging.queries import grid_of, layer_source
from webapp.labels.geometry import area_of_wkb, coordinates_from_wkb
from webapp.labels.queries import typical_length
from webapp.projects.models import KeepParts, Project
from webapp.projects.roles import Member

RUNNING = (DraftState.OPEN, DraftState.SAVING)
"""States in which passes are wanted."""


def draft_of(member: Member, uid: UUID) -> Draft:
    """A draft of the member's own, in their project.

    Raises:
        NotFound: there is none.
    """
    return _there(_own(member).filter(uid=uid).first())


def draft_to_change(member: Member, uid: UUID) -> Draft:
    """As `draft_of`, held until the transaction ends (`projects.lock` says why)."""
    held = _own(member).select_for_update(no_key=True, of=("self",))
    return _there(held.filter(uid=uid).first())


def _there(draft: Draft | None) -> Draft:
    if draft is None:
        raise NotFound("This draft is not here. Click again to begin a new one.")
    return draft


def need_open(draft: Draft) -> None:
    """Refuse what only an open draft takes.

    Raises:
        Conflict: it is closed; the message says how.
    """
    match draft.state:
        case DraftState.SAVING:
            raise Conflict("This draft is being saved. Click again to begin the next one.")
        case DraftState.SAVED:
            raise Conflict("This draft is saved already. Undo the save to change it.")
        case DraftState.DISCARDED:
            raise Conflict("This draft was discarded. Restore it, or click to begin a new one.")


def newest_open(member: Member) -> Draft | None:
    """The draft that the page shows when it connects."""
    return _own(member).filter(state=DraftState.OPEN).order_by("-updated_at").first()


def saving(member: Member) -> list[Draft]:
    """Drafts that wait for their last pass: they are finished when their owner is back."""
    return list(_own(member).filter(state=DraftState.SAVING).order_by("updated_at"))


def _own(member: Member) -> QuerySet[Draft]:
    related = ("project", "layer", "owner", "label_class", "start_label")
    return Draft.objects.select_related(*related).filter(owner=member.user, project=member.project)


def draft_out(draft: Draft) -> DraftOut:
    """A draft as its owner's page shows it."""
    steps = draft.steps.only("number", "x_map", "y_map", "include", "settled", "draft")
    return DraftOut(
        uid=draft.uid,
        layer=draft.layer.uid,
        label_class=draft.label_class.uid if draft.label_class else None,
        start_label=draft.start_label.uid if draft.start_label else None,
        state=DraftState(draft.state),
        head=draft.head,
        keep_all=draft.keep_all,
        steps=[
            StepOut(
                number=step.number,
                x=step.x_map,
                y=step.y_map,
                include=step.include,
                settled=step.settled,
            )
            for step in steps
        ],
        answer=answer_of(draft),
    )


def shown_step(draft: Draft) -> DraftStep | None:
    """The step whose outline is shown: the newest up to the head that has had a pass."""
    answered = draft.steps.filter(number__lte=draft.head).exclude(last_pass={})
    return answered.defer("mask").order_by("-number").first()


def kept_outline(draft: Draft, step: DraftStep) -> bytes:
    """The outline of a step that the page shows, and that a save takes."""
    return bytes(step.all_parts if draft.keep_all and step.all_parts else step.outline)


def answer_of(draft: Draft) -> AnswerOut | None:
    """The outline that the page shows; None before the first pass."""
    step = shown_step(draft)
    return answer_out(step, draft.project) if step else None


def answer_out(step: DraftStep, project: Project) -> AnswerOut:
    """The newest pass of a step."""
    outline = bytes(step.outline)
    return AnswerOut(
        step=step.number,
        number=step.last_pass["number"],
        limit=step.last_pass["limit"],
        settled=step.settled,
        outline=coordinates_from_wkb(outline),
        area_m2=area_of_wkb(outline) * project.metres_per_unit**2,
        parts_left_out=step.last_pass["parts_left_out"],
        # Steps that were answered before these were told of lack them.
        specks_left_out=step.last_pass.get("specks_left_out", 0),
        holes_filled=step.last_pass.get("holes_filled", 0),
        cut_at_image_edge=step.last_pass["cut_at_image_edge"],
        coarse_factor=step.last_pass["coarse_factor"],
        all_parts=_all_parts_out(step, project),
    )


def _all_parts_out(step: DraftStep, project: Project) -> AllPartsOut | None:
    outline = bytes(step.all_parts)
    if not outline:
        return None
    said = step.last_pass["all_parts"]
    return AllPartsOut(
        outline=coordinates_from_wkb(outline),
        area_m2=area_of_wkb(outline) * project.metres_per_unit**2,
        holes_filled=said["holes_filled"],
        cut_at_image_edge=said["cut_at_image_edge"],
        coarse_factor=said["coarse_factor"],
    )


def is_finished(draft: Draft) -> bool:
    """Whether the head wants no further pass: there is none, it settled, or it was stopped."""
    head = draft.steps.filter(number=draft.head).defer(*HEAVY).first()
    return head is None or head.settled or bool(head.last_pass.get("stopped"))


def segment_for(draft_pk: int) -> Segment | None:
    """What to ask an engine for the draft's head; None where nothing is wanted (yet).

    A first click that excludes waits for an include click, unless a label is being refined.
    """
    draft = Draft.objects.select_related("project", "layer").filter(pk=draft_pk).first()
    if draft is None or draft.state not in RUNNING or draft.head == 0 or is_finished(draft):
        return None
    if not draft.layer.version:  # its images were removed
        return None
    clicks = list(
        draft.steps.filter(number__lte=draft.head).only(
            "number", "x_map", "y_map", "include", "draft"
        )
    )
    start = bytes(draft.start_outline)
    if not start and not any(click.include for click in clicks):
        return None
    previous = _previous_mask(draft)
    return Segment(
        type="segment",
        request=_request_id(),
        draft=str(draft.uid),
        step=draft.head,
        source=layer_source(draft.layer),
        clicks=[
            ClickMessage(x=click.x_map, y=click.y_map, include=click.include) for click in clicks
        ],
        previous=previous,
        start_outline=base64.b64encode(start).decode() if start and previous is None else None,
        typical_px=draft.typical_px,
        rules=_rules(draft.project, draft.layer, start),
    )


def _request_id() -> str:
    """A new id, which begins with that of the page's message: so engines log whose work it was."""
    return ".".join(filter(None, (logs.request_id(), uuid4().hex)))


def typical_px(draft: Draft) -> float | None:
    """Longest side, in native pixels, of the object that a draft's first click probably means.

    As the project says, or else as the labels of the draft's class show; None where neither does.
    """
    project = draft.project
    if project.typical_object_m is not None:
        length: float | None = project.typical_object_m / project.metres_per_unit
    elif draft.label_class is not None:
        length = typical_length(project, draft.label_class)
    else:
        length = None
    return None if length is None else length / draft.layer.resolution


def _previous_mask(draft: Draft) -> WindowMask | None:
    """The mask that the head's click starts from: that of the newest earlier step with a pass."""
    earlier = draft.steps.filter(number__lt=draft.head).exclude(last_pass={})
    step = earlier.defer("outline", "all_parts").order_by("-number").first()
    if step is None:
        return None
    return WindowMask(
        window=_window_on(grid_of(draft.layer), step),
        data=base64.b64encode(bytes(step.mask)).decode(),
    )


def _window_on(grid: Grid, step: DraftStep) -> WindowMessage:
    """The window of a step over the same ground, on the grid as it is now.

    A file that reached beyond the layer to the left or up moved the grid's origin, by whole
    pixels (`imaging.mosaic`), and every place counts from there.
    """
    window = WindowMessage.model_validate(step.window)
    cols, rows = grid.to_pixel(step.grid_left, step.grid_top)
    moved = {"col": window.col + round(cols), "row": window.row + round(rows)}
    return window.model_copy(update=moved)


def _rules(project: Project, layer: Layer, start: bytes) -> OutlineRules:
    """The project's rules, in the engine's native pixels.

    `clicked` keeps parts that hold an include click. A label that is being refined has parts that
    no click of this draft is in, so there every part stays.
    """
    pixel_m2 = (layer.resolution * project.metres_per_unit) ** 2
    return OutlineRules(
        keep="all" if start or project.keep_parts == KeepParts.ALL else "clicked",
        min_part_px=project.min_part_m2 / pixel_m2,
        min_hole_px=project.min_hole_m2 / pixel_m2,
        deviation_px=project.simplify_px,
    )
