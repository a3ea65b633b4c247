"""An image that is shown is removed: no label goes, and the layer's grid stays."""

import pytest

from tests.drawn.labelled_project import class_uid, draw_label, label_row
from tests.drawn.polygons import square
from webapp.drafts import actions as drafts
from webapp.drafts.models import Draft, DraftState
from webapp.errors import BadInput, Conflict
from webapp.ids import new_uid
from webapp.imaging.models import Image, Layer
from webapp.imaging.queries import layer_out
from webapp.labels.models import Label
from webapp.labels.taxonomy import fill_from_template
from webapp.projects.models import Membership, Role
from webapp.projects.roles import Member

RGB = "red green blue"


@pytest.fixture
def shown(cast, importer, photo, uploader):
    """The only image of its layer."""
    fill_from_template(cast.project, "iceplant")
    return uploader.bring_in(importer.draw(photo(), colours=RGB))


def remove(cast, client_of, image):
    address = f"/api/projects/{cast.project.uid}/images/{image.uid}"
    return client_of(cast.max).delete(address)


def sentence(cast, client_of, image):
    address = f"/api/projects/{cast.project.uid}/images/{image.uid}/removal"
    return client_of(cast.max).get(address).json()["sentence"]


def ana(cast):
    cast.project.refresh_from_db()
    assert Membership.objects.get(user=cast.ana).role == Role.ANNOTATOR
    return Member(user=cast.ana, project=cast.project, role=Role.ANNOTATOR)


def open_draft(cast, layer):
    draft = drafts.open_draft(
        ana(cast),
        new_uid(),
        layer=layer.uid,
        label_class=class_uid(cast.project, "ICEPLANT"),
        start_label=None,
    )
    return drafts.add_click(
        ana(cast), draft.uid, step=1, x_map=500_010.0, y_map=3_999_990.0, include=True
    )


def test_labels_stay_when_the_only_image_of_their_layer_goes(cast, client_of, shown, data_dir):
    edit = draw_label(cast, cast.ana, square(500_010, 3_999_980))
    before = label_row(edit)
    words = sentence(cast, client_of, shown)
    assert "The label that was drawn on its layer stays where it is." in words
    assert "keeps its name, without a picture" in words
    assert remove(cast, client_of, shown).status_code == 204

    label = Label.objects.get()
    assert (label.geometry, label.revision, label.deleted) == (
        before.geometry,
        before.revision,
        False,
    )
    layer = Layer.objects.get()
    assert (layer.name, layer.version) == ("drawn", "")
    assert (layer.left, layer.top, layer.resolution) == (500_000, 4_000_000, 0.5)
    assert not layer_out(layer).ready
    assert not Image.objects.exists()
    assert not (data_dir / shown.cog_path).exists()
    assert not (data_dir / "uploads" / str(shown.uid)).exists()


def test_layer_on_which_nothing_lies_goes_with_its_image(cast, client_of, shown):
    assert "No labels were drawn" in sentence(cast, client_of, shown)
    assert remove(cast, client_of, shown).status_code == 204
    assert not Layer.objects.exists()


def test_open_drafts_on_a_layer_without_picture_are_closed(cast, client_of, shown):
    draft = open_draft(cast, shown.layer)
    assert "1 open draft on it is closed." in sentence(cast, client_of, shown)
    remove(cast, client_of, shown)
    assert Draft.objects.get().state == DraftState.DISCARDED
    with pytest.raises(Conflict, match="image under this draft was removed"):
        drafts.restore_draft(ana(cast), draft.uid)
    with pytest.raises(Conflict, match="discarded"):
        drafts.add_click(ana(cast), draft.uid, step=2, x_map=0, y_map=0, include=True)


def test_one_of_two_images_goes_and_the_layer_goes_on(
    cast, client_of, shown, importer, photo, uploader
):
    second = uploader.bring_in(
        importer.draw(photo(seed=8), name="second.tif", colours=RGB), layer=shown.layer
    )
    open_draft(cast, shown.layer)
    both = Layer.objects.get()
    assert "The other images of the layer drawn stay." in sentence(cast, client_of, shown)
    remove(cast, client_of, shown)
    layer = Layer.objects.get()
    assert layer.version not in ("", both.version)
    assert layer.statistics != both.statistics
    assert (layer.width, layer.height) == (both.width, both.height)
    assert list(layer.images.all()) == [second]
    assert Draft.objects.get().state == DraftState.OPEN


def test_next_image_of_an_emptied_layer_lies_on_its_old_grid(
    cast, client_of, shown, importer, photo, uploader
):
    draw_label(cast, cast.ana, square(500_010, 3_999_980))
    remove(cast, client_of, shown)
    layer = Layer.objects.get()
    grey = uploader.bring_in(importer.draw(photo(1), name="grey.tif"), layer=layer)
    assert grey.state == "ready", grey.sentence
    again = Layer.objects.get()
    assert (again.left, again.top, again.resolution) == (500_000, 4_000_000, 0.5)
    assert again.version
    assert len(again.band_roles) == 1


def test_file_that_two_images_share_stays_for_the_other(
    cast, client_of, shown, importer, photo, uploader, data_dir
):
    twin = uploader.bring_in(importer.draw(photo(), name="twin.tif", colours=RGB))
    assert twin.cog_path == shown.cog_path
    remove(cast, client_of, shown)
    assert (data_dir / twin.cog_path).exists()
    remove(cast, client_of, twin)
    assert not (data_dir / twin.cog_path).exists()


def test_draft_waiting_to_be_saved_without_an_outline_is_closed_too(cast, client_of, shown):
    draft = open_draft(cast, shown.layer)
    Draft.objects.update(
        state=DraftState.SAVING, save_request={"edit": str(new_uid()), "certainty": "sure"}
    )
    remove(cast, client_of, shown)
    draft.refresh_from_db()
    assert draft.state == DraftState.DISCARDED
    assert not Label.objects.exists()


def test_click_after_the_removal_is_told_that_there_is_no_image(cast, client_of, shown):
    draw_label(cast, cast.ana, square(500_010, 3_999_980))
    draft = open_draft(cast, shown.layer)
    remove(cast, client_of, shown)
    Draft.objects.update(state=DraftState.OPEN)  # as an undo of its save would do
    with pytest.raises(BadInput, match="There is no image here"):
        drafts.add_click(ana(cast), draft.uid, step=2, x_map=500_011, y_map=3_999_989, include=True)
