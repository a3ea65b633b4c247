import json

import pytest

from tests.drawn.labelled_project import LEFT, TOP, class_uid, draw_label
from tests.drawn.polygons import blob, square
from webapp.ids import new_uid
from webapp.labels.models import Label


@pytest.fixture
def send(place, client_of):
    """`send("ana", kind=..., ...)`: that person's page sends an edit."""

    def edit(name, **body):
        return client_of(place.named(name)).post(
            f"/api/projects/{place.project.uid}/edits",
            json.dumps({"uid": str(new_uid()), **body}, default=str),
            content_type="application/json",
        )

    return edit


def creation(place, geometry=None):
    return {
        "kind": "create",
        "layer": place.project.layers.get().uid,
        "label_class": class_uid(place.project, "ICEPLANT"),
        "geometry": geometry or square(LEFT + 50, TOP - 100),
    }


def test_life_of_a_label_in_edits(place, send):
    made = send("ana", **creation(place, blob(1, LEFT + 60, TOP - 60))).json()
    label = made["labels"][0]
    assert label["geometry"] == blob(1, LEFT + 60, TOP - 60)
    at = {"label": label["uid"], "base_revision": 1}
    moved = send("ana", kind="reshape", geometry=square(LEFT, TOP - 10), **at).json()
    classified = send(
        "ana",
        kind="classify",
        labels=[{**at, "base_revision": 2}],
        label_class=class_uid(place.project, "SALTGRASS"),
    ).json()
    accepted = send(
        "max", kind="review", label=label["uid"], revision=3, decision="accepted"
    ).json()
    assert accepted["labels"][0]["review_state"] == "accepted"
    reopened = send("max", kind="undo", edit=accepted["uid"]).json()
    assert reopened["labels"][0]["review_state"] == "unreviewed"
    gone = send("ana", kind="delete", labels=[{**at, "base_revision": 3}]).json()
    assert gone["labels"][0]["deleted"]
    back = send("ana", kind="undo", edit=gone["uid"]).json()
    assert (back["kind"], back["inverts"]) == ("restore", gone["uid"])
    edits = (made, moved, classified, accepted, reopened, gone, back)
    assert [edit["number"] for edit in edits] == [1, 2, 3, 4, 5, 6, 7]


def test_conflict_answers_with_the_label_as_it_is(place, send):
    made = draw_label(place, place.max)
    label = made.labels[0].uid
    theirs = send(
        "max", kind="reshape", label=label, base_revision=1, geometry=square(LEFT, TOP - 10)
    ).json()
    mine = send(
        "ana", kind="reshape", label=label, base_revision=1, geometry=square(LEFT + 5, TOP - 10)
    )
    assert mine.status_code == 409
    assert mine.json() == {
        "code": "conflict",
        "sentence": "Max Maier changed #1 just now. "
        "Yours was not saved: look at it and decide again.",
        "current": theirs["labels"][0],
    }


@pytest.mark.parametrize(
    ("name", "status"), [("nobody", 401), ("stan", 404), ("ada", 404), ("vera", 403), ("ana", 200)]
)
def test_edits_are_for_annotators_and_managers(place, send, name, status):
    assert send(name, **creation(place)).status_code == status
    assert Label.objects.count() == (status == 200)


def test_label_is_cut_at_another(place, send):
    theirs, mine = (
        draw_label(place, place.max, square(LEFT + x, TOP - 10)).labels[0] for x in (0, 8)
    )
    done = send("ana", kind="cut", label=theirs.uid, base_revision=1, at=[mine.uid]).json()
    assert done["kind"] == "cut"
    assert [(label["number"], label["area_m2"]) for label in done["labels"]] == [(1, 80)]
    assert done["cut"] == [{"label": str(mine.uid), "number": 2, "area_m2": 20}]


def test_labels_are_merged(place, send):
    labels = [draw_label(place, place.ana, square(LEFT + x, TOP - 10)).labels[0] for x in (0, 8)]
    seen = [{"label": label.uid, "base_revision": 1} for label in labels]
    done = send("ana", kind="merge", labels=seen).json()
    assert done["kind"] == "merge"
    assert [(each["number"], each["deleted"]) for each in done["labels"]] == [(1, False), (2, True)]
    assert done["labels"][0]["area_m2"] == 180


def test_label_is_split(place, send):
    label = draw_label(place, place.ana, square(LEFT, TOP - 10)).labels[0]
    line = [[LEFT + 7, TOP], [LEFT + 7, TOP - 20]]
    done = send("ana", kind="split", label=label.uid, base_revision=1, line=line).json()
    assert done["kind"] == "split"
    assert [(each["number"], each["area_m2"]) for each in done["labels"]] == [(1, 70), (2, 30)]


def test_review_is_for_managers(place, send):
    label = draw_label(place, place.max).labels[0].uid
    answer = send("ana", kind="review", label=label, revision=1, decision="accepted")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "paint"},
        {"kind": "undo"},
        {"kind": "split", "label": str(new_uid()), "base_revision": 1, "line": [[0, 0], [1]]},
        {"kind": "merge", "labels": [{"label": str(new_uid()), "base_revision": 1}]},
        {"kind": "delete", "labels": []},
        {"kind": "cut", "label": str(new_uid()), "base_revision": 1, "at": []},
        {"kind": "undo", "edit": "x"},
    ],
)
def test_edit_that_makes_no_sense_changes_nothing(place, send, body):
    answer = send("ana", **body)
    assert answer.status_code == 422
    assert answer.json()["sentence"].startswith("Nothing was changed")


def test_shape_that_crosses_itself_is_refused_with_the_place(place, send):
    bow = [[[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]]
    answer = send("ana", **creation(place, bow))
    assert answer.status_code == 422
    assert "crosses itself at 1.0, 1.0" in answer.json()["sentence"]
