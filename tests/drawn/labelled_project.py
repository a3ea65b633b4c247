"""A project that can be labelled: one ready layer, the iceplant classes, labels drawn by hand."""

from uuid import UUID

from shapely import box, to_wkb

from tests.cast import Cast
from tests.drawn.polygons import square
from webapp.accounts.models import User
from webapp.ids import new_uid
from webapp.imaging.models import Image, ImageState, Layer
from webapp.labels import actions
from webapp.labels.geometry import shape_from_coordinates
from webapp.labels.models import Certainty, Label
from webapp.labels.schemas import EditOut, MultiPolygonCoordinates
from webapp.labels.taxonomy import fill_from_template
from webapp.projects.models import Membership, Project, Role
from webapp.projects.roles import Member

LEFT, TOP, RESOLUTION, SIDE = 600_000.0, 4_060_000.0, 0.6, 1000
"""The layer's grid: UTM 10N, 0.6 m, 1000 x 1000 pixels; its right fifth is empty."""


def prepare(project: Project) -> Layer:
    """Give the project its classes and a layer whose right fifth has no data."""
    fill_from_template(project, "iceplant")
    layer = Layer.objects.create(
        project=project,
        name="Drawn 2020",
        left=LEFT,
        top=TOP,
        resolution=RESOLUTION,
        width=SIDE,
        height=SIDE,
        version="0" * 64,
        band_roles=["red", "green", "blue"],
        statistics=[{"p0.5": 0, "p2": 2, "p98": 250, "p99.5": 255, "min": 0, "max": 255}] * 3,
        dtype="uint8",
    )
    extent = SIDE * RESOLUTION
    Image.objects.create(
        layer=layer,
        uploaded_by=project.created_by,
        name="drawn.tif",
        size_bytes=1,
        state=ImageState.READY,
        cog_path="cogs/drawn.tif",
        width=SIDE,
        height=SIDE,
        footprint=to_wkb(box(LEFT, TOP - extent, LEFT + 0.8 * extent, TOP)),
    )
    return layer


def member_of(project: Project, user: User) -> Member:
    """`user` as the member they are."""
    role = Membership.objects.get(project=project, user=user).role
    project.refresh_from_db()
    return Member(user=user, project=project, role=Role(role))


def draw_label(
    cast: Cast,
    user: User,
    geometry: MultiPolygonCoordinates | None = None,
    *,
    uid: UUID | None = None,
    code: str = "ICEPLANT",
    layer: Layer | None = None,
) -> EditOut:
    """`user` draws a label by hand."""
    return actions.create_label(
        member_of(cast.project, user),
        uid=uid or new_uid(),
        layer=(layer or cast.project.layers.get()).uid,
        label_class=class_uid(cast.project, code),
        certainty=Certainty.SURE,
        note="",
        shape=shape_from_coordinates(geometry or square(LEFT + 50, TOP - 100)),
        origin={"kind": "drawn"},
    )


def label_row(edit: EditOut) -> Label:
    """The row of the edit's only label, fresh."""
    (label,) = edit.labels
    return Label.objects.get(uid=label.uid)


def class_uid(project: Project, code: str) -> UUID:
    """The public id of a class."""
    return project.classes.get(code=code).uid
