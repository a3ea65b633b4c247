import json

import pytest

from tests.drawn.labelled_project import LEFT, TOP, class_uid, draw_label, member_of, prepare
from tests.drawn.polygons import blob, square
from webapp.ids import new_uid
from webapp.labels import actions, queries
from webapp.labels.models import ReviewState
from webapp.labels.schemas import AtRevision
from webapp.labels.undo import undo_edit

ICEPLANT_CODES = [
    "ICEPLANT",
    "ICE_MIX",
    "ICE_POSS",
    "RUSHSEEP",
    "GOLDENBUSH",
    "SALTGRASS",
    "OTHERVEG",
]
ISPRS_CODES = ["IMPERVIOUS", "BUILDING", "LOW_VEG", "TREE", "CAR", "CLUTTER"]


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


def url(place, rest=""):
    return f"/api/projects/{place.project.uid}{rest}"


def test_labels_of_a_piece_of_the_map_come_with_all_their_bits(place, client_of):
    drawn = blob(3, LEFT + 50, TOP - 50)
    draw_label(place, place.ana, drawn)
    draw_label(place, place.ana, square(LEFT + 300, TOP - 300))
    bbox = f"{LEFT},{TOP - 100},{LEFT + 100},{TOP}"
    answer = client_of(place.vera).get(url(place, f"/labels?bbox={bbox}"))
    (label,) = answer.json()["labels"]
    assert label["geometry"] == drawn
    assert not answer.json()["truncated"]


def test_answer_says_when_there_are_more_labels(place, client_of):
    for _ in range(3):
        draw_label(place, place.ana)
    answer = client_of(place.vera).get(url(place, "/labels?limit=2")).json()
    assert [label["number"] for label in answer["labels"]] == [1, 2]
    assert answer["truncated"]


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "5,0,1,1", "nan,0,1,1"])
def test_bbox_that_is_none_is_refused(place, client_of, bbox):
    answer = client_of(place.vera).get(url(place, f"/labels?bbox={bbox}"))
    assert answer.status_code == 422
    assert "bbox" in answer.json()["sentence"]


def test_returned_labels_find_their_author(place, client_of):
    hers, his = draw_label(place, place.ana), draw_label(place, place.max)
    for edit in (hers, his):
        actions.review_label(
            member_of(place.project, place.max) if edit is hers else allow_own(place),
            uid=new_uid(),
            label=edit.labels[0].uid,
            revision=1,
            decision=ReviewState.RETURNED,
            comment="border",
        )
    answer = client_of(place.ana).get(url(place, "/labels?review_state=returned&mine=true")).json()
    assert [label["number"] for label in answer["labels"]] == [1]
    assert answer["labels"][0]["review_comment"] == "border"


def allow_own(place):
    type(place.project).objects.update(own_review_allowed=True)
    return member_of(place.project, place.max)


def test_stranger_sees_nothing_of_a_project(place, client_of):
    made = draw_label(place, place.ana)
    label = made.labels[0].uid
    for rest in (
        "",
        "/labels",
        f"/labels/{label}",
        f"/labels/{label}/history",
        f"/labels/{label}/before",
        "/summary",
        "/edits",
    ):
        assert client_of(place.stan).get(url(place, rest)).status_code == 404
        assert client_of(None).get(url(place, rest)).status_code == 401
    assert client_of(place.stan).get("/api/projects").json() == []


def test_label_of_another_project_is_not_found(place, client_of):
    made = draw_label(place, place.ana)
    other = client_of(place.ana).post(
        "/api/projects", json.dumps({"name": "Other"}), content_type="application/json"
    )
    address = f"/api/projects/{other.json()['uid']}/labels/{made.labels[0].uid}"
    assert client_of(place.ana).get(address).status_code == 404


def test_history_says_who_did_what(place, client_of):
    member = member_of(place.project, place.ana)
    made = draw_label(place, place.ana)
    label = made.labels[0].uid
    changed = actions.classify_labels(
        member,
        uid=new_uid(),
        labels=[AtRevision(label=label, base_revision=1)],
        label_class=class_uid(place.project, "ICE_MIX"),
        certainty=None,
        note="by the path",
    )
    undone = undo_edit(member, uid=new_uid(), edit=changed.uid)
    undo_edit(member, uid=new_uid(), edit=undone.uid)
    draw_label(place, place.max)
    rows = client_of(place.vera).get(url(place, f"/labels/{label}/history")).json()
    assert [row["sentence"] for row in rows] == [
        "Did again: the change of #1.",
        "Took back: the change of #1.",
        "Changed #1: Iceplant became Mixed iceplant, the note.",
        "Created #1 as Iceplant.",
    ]
    assert rows[0]["author"]["display_name"] == "Ana Ruiz"
    newest = client_of(place.vera).get(url(place, "/edits?limit=1")).json()
    assert [(row["number"], row["label_count"]) for row in newest] == [(5, 1)]


@pytest.mark.parametrize(("count", "said"), [(3, "#1, #2, #3"), (5, "5 labels")])
def test_edit_of_many_labels_counts_them_and_names_few(place, client_of, count, said):
    made = [draw_label(place, place.ana).labels[0] for _ in range(count)]
    actions.classify_labels(
        member_of(place.project, place.ana),
        uid=new_uid(),
        labels=[AtRevision(label=label.uid, base_revision=1) for label in made],
        label_class=class_uid(place.project, "ICE_MIX"),
        certainty=None,
        note=None,
    )
    (row,) = client_of(place.vera).get(url(place, "/edits?limit=1")).json()
    assert row["label_count"] == count
    assert row["sentence"] == f"Changed {said}: Iceplant became Mixed iceplant."


def test_summary_counts_by_class_and_leaves_deleted_labels_out(place, client_of):
    draw_label(place, place.ana, square(LEFT, TOP - 20, 10))
    draw_label(place, place.ana, square(LEFT, TOP - 20, 20))
    gone = draw_label(place, place.ana, code="SALTGRASS")
    undo_edit(member_of(place.project, place.ana), uid=new_uid(), edit=gone.uid)
    answer = client_of(place.vera).get(url(place, "/summary")).json()
    assert answer["classes"] == [
        {
            "label_class": str(class_uid(place.project, "ICEPLANT")),
            "labels": 2,
            "area_m2": pytest.approx(500),
        }
    ]
    assert answer["unreviewed"] == 2


def test_project_list_counts_what_is_mine_to_do(place, client_of):
    made = draw_label(place, place.ana)
    actions.review_label(
        member_of(place.project, place.max),
        uid=new_uid(),
        label=made.labels[0].uid,
        revision=1,
        decision=ReviewState.RETURNED,
        comment="border",
    )
    (row,) = client_of(place.ana).get("/api/projects").json()
    assert (row["labels"], row["returned_to_me"], row["role"]) == (1, 1, "annotator")
    assert row["last_edit"]["by"] == "Max Maier"


def test_new_project_has_the_classes_of_its_template(place, client_of):
    client = client_of(place.stan)
    for template, codes in (
        ("iceplant", ICEPLANT_CODES),
        ("isprs", ISPRS_CODES),
        ("blank", []),
    ):
        answer = client.post(
            "/api/projects",
            json.dumps({"name": template, "template": template}),
            content_type="application/json",
        ).json()
        assert [each["code"] for each in answer["classes"]] == codes
        assert [each["key"] for each in answer["classes"]] == list(range(1, len(codes) + 1))
        assert answer["role"] == "manager"
        assert answer["crs"] is None


def class_body(**changed):
    body = {"code": "PAMPAS", "name": "Pampas grass", "colour": "#CC79A7", "key": 8}
    return json.dumps({**body, **changed})


def test_rename_keeps_id_and_code_and_a_taken_key_moves(place, client_of):
    client = client_of(place.max)
    made = client.post(url(place, "/classes"), class_body(), content_type="application/json").json()
    assert (made["order"], made["key"]) == (8, 8)
    address = url(place, f"/classes/{made['uid']}")
    renamed = client.put(
        address, class_body(name="Jubata grass", key=1), content_type="application/json"
    ).json()
    assert (renamed["uid"], renamed["code"], renamed["name"]) == (
        made["uid"],
        "PAMPAS",
        "Jubata grass",
    )
    assert place.project.classes.get(code="ICEPLANT").key is None
    other_code = client.put(address, class_body(code="GRASS"), content_type="application/json")
    assert other_code.status_code == 422
    taken = client.put(address, class_body(name="iceplant"), content_type="application/json")
    assert taken.status_code == 422


def test_only_a_manager_changes_classes(place, client_of):
    for user in (place.ana, place.vera):
        answer = client_of(user).post(
            url(place, "/classes"), class_body(), content_type="application/json"
        )
        assert answer.status_code == 403


def draw_squares(place, *sides):
    """Labels with these sides; what they are called."""
    return [draw_label(place, place.ana, square(LEFT + 10, TOP - 200, side)) for side in sides]


def typical(place, client_of):
    return client_of(place.max).get(url(place, "/typical-object")).json()["length_m"]


def test_too_few_labels_do_not_say_what_is_typical(place, client_of):
    draw_squares(place, 4, 8, 12, 20)
    assert typical(place, client_of) is None


def test_typical_object_is_the_median_of_the_longest_sides(place, client_of):
    draw_squares(place, 4, 8, 20, 100)
    wide = [[[[LEFT, TOP - 9], [LEFT + 12, TOP - 9], [LEFT + 12, TOP - 8], [LEFT, TOP - 9]]]]
    draw_label(place, place.ana, wide)
    assert typical(place, client_of) == 12
    draw_squares(place, 14)
    assert typical(place, client_of) == 13


def test_deleted_labels_say_nothing_of_what_is_typical(place, client_of):
    *_, largest = draw_squares(place, 4, 8, 12, 20, 30, 100)
    actions.delete_labels(
        member_of(place.project, place.max),
        uid=new_uid(),
        labels=[AtRevision(label=largest.labels[0].uid, base_revision=1)],
    )
    assert typical(place, client_of) == 12


def test_only_the_newest_labels_say_what_is_typical(place, client_of, monkeypatch):
    monkeypatch.setattr(queries, "NEWEST_LABELS", 5)
    draw_squares(place, 100, 100, 100, 100, 100, 4, 8, 12, 20, 30)
    assert typical(place, client_of) == 12


def test_typical_object_is_in_metres_where_the_map_is_in_feet(place, client_of):
    draw_squares(place, 10, 10, 10, 10, 10)
    type(place.project).objects.update(metres_per_unit=1200 / 3937)
    assert typical(place, client_of) == pytest.approx(3.048, abs=1e-4)
