from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.bounds import parse_bounds
from webapp.imaging import actions, queries
from webapp.imaging.schemas import AnswersIn, ImageOut, NewImagesIn, WindowStretchOut
from webapp.projects.permit import acting_member

router = Router(tags=["imaging"])


@router.post("/projects/{uuid:project}/images", response=list[ImageOut])
def add_images(request: HttpRequest, project: UUID, given: NewImagesIn) -> list[ImageOut]:
    """Make images of finished uploads; files that belong together (.tif and .tfw) make one."""
    member = acting_member(request)
    into = queries.layer_of(member.project, given.layer) if given.layer else None
    images = actions.receive_uploads(member.project, member.user, given.uploads, into)
    return [queries.image_out(image) for image in images]


@router.get("/projects/{uuid:project}/images", response=list[ImageOut])
def list_images(request: HttpRequest, project: UUID) -> list[ImageOut]:
    """All images of the project, the refused ones too."""
    return queries.images_of(acting_member(request).project)


@router.post("/projects/{uuid:project}/images/{uuid:image}/answers", response=ImageOut)
def answer_questions(
    request: HttpRequest, project: UUID, image: UUID, given: AnswersIn
) -> ImageOut:
    """Answer what the import asked; it goes on at once."""
    member = acting_member(request)
    found = queries.image_of(member.project, image)
    answered = actions.answer_questions(member.project, member.user, found, given.answers)
    return queries.image_out(answered)


@router.get("/projects/{uuid:project}/layers/{uuid:layer}/stretch", response=WindowStretchOut)
def measure_window(
    request: HttpRequest, project: UUID, layer: UUID, view: str, bbox: str
) -> WindowStretchOut:
    """The stretch that suits what a window (`bbox=minx,miny,maxx,maxy`, map frame) shows."""
    del project
    found = queries.layer_of(acting_member(request).project, layer)
    stretch = queries.stretch_of(found, view, parse_bounds(bbox))
    return WindowStretchOut(stretch=stretch.text)
