"""Whatever happens: old state + events = fetched state, and undo restores the state to the bit."""

import json
from dataclasses import replace
from itertools import count

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawn.labelled_project import LEFT, TOP, class_uid, draw_label, member_of, prepare
from tests.drawn.polygons import blob
from webapp.errors import AppError
from webapp.ids import new_uid
from webapp.labels import actions, queries
from webapp.labels.geometry import shape_from_coordinates
from webapp.labels.models import Certainty, Edit, Label, ReviewState
from webapp.labels.schemas import AtRevision
from webapp.labels.undo import undo_edit
from webapp.projects.models import Membership, Project, Role
from webapp.realtime.publish import project_group

CODES = ("ICEPLANT", "ICE_MIX", "SALTGRASS")
project_names = count()

acts = st.tuples(
    st.sampled_from(
        ["create", "reshape", "classify", "cut", "merge", "split", "delete", "review", "undo"]
    ),
    st.sampled_from(["max", "ana"]),
    st.integers(0, 50),
)


def regroup(kind, member, uid, label, labels, pick):
    """An act of a label and its neighbours."""
    seen = {"label": label.uid, "base_revision": label.revision}
    if kind == "cut":
        others = [each.uid for each in labels if each.pk != label.pk]
        return actions.cut_label(member, uid=uid, **seen, at=others)
    if kind == "split":
        middle = (label.min_x + label.max_x) / 2
        line = [(middle - pick, label.min_y - 1), (middle + pick, label.max_y + 1)]
        return actions.split_label(member, uid=uid, **seen, line=line)
    alike = [each for each in labels if each.label_class_id == label.label_class_id]
    chosen = [
        AtRevision(label=each.uid, base_revision=each.revision) for each in alike[: 2 + pick % 2]
    ]
    return actions.merge_labels(member, uid=uid, labels=chosen)


def perform(cast, act):
    """Carry out one drawn act; None where there is nothing to do it to, or it is refused."""
    kind, name, pick = act
    member = member_of(cast.project, getattr(cast, name))
    labels = list(cast.project.labels.filter(deleted=False).order_by("number"))
    edits = list(cast.project.edits.all())
    label = labels[pick % len(labels)] if labels else None
    uid = new_uid()
    try:
        if kind == "create":
            return draw_label(
                cast,
                member.user,
                blob(pick, LEFT + 9 * pick, TOP - 50),
                uid=uid,
                code=CODES[pick % 3],
            )
        if kind == "undo":
            return edits and undo_edit(member, uid=uid, edit=edits[-1 - pick % len(edits)].uid)
        if label is None:
            return None
        seen = AtRevision(label=label.uid, base_revision=label.revision)
        if kind == "reshape":
            return actions.reshape_label(
                member,
                uid=uid,
                label=label.uid,
                base_revision=label.revision,
                shape=shape_from_coordinates(blob(pick, LEFT + 7 * pick, TOP - 80)),
            )
        if kind == "classify":
            return actions.classify_labels(
                member,
                uid=uid,
                labels=[seen],
                label_class=class_uid(cast.project, CODES[pick % 3]),
                certainty=list(Certainty)[pick % 2],
                note=f"note {pick}",
            )
        if kind in ("cut", "merge", "split"):
            return regroup(kind, member, uid, label, labels, pick)
        if kind == "delete":
            return actions.delete_labels(member, uid=uid, labels=[seen])
        return actions.review_label(
            member,
            uid=uid,
            label=label.uid,
            revision=label.revision,
            decision=list(ReviewState)[pick % 3],
            comment="a word",
        )
    except AppError:
        return None


@pytest.fixture
def fresh(cast):
    """Makes a project of its own for every example."""

    def make():
        project = Project.objects.create(name=f"Example {next(project_names)}", created_by=cast.max)
        for user, role in ((cast.max, Role.MANAGER), (cast.ana, Role.ANNOTATOR)):
            Membership.objects.create(project=project, user=user, role=role)
        prepare(project)
        return replace(cast, project=project)

    return make


many = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@many
@given(st.lists(acts, min_size=1, max_size=15))
def test_old_state_and_events_give_the_fetched_state(fresh, drawn):
    place = fresh()
    heard = {}
    for act in drawn:
        edit = perform(place, act)
        for label in edit.labels if edit else []:
            heard[label.uid] = label
    fetched = {label.uid: label for label in queries.labels_in(place.project).labels}
    assert {uid: label for uid, label in heard.items() if not label.deleted} == fetched
    numbers = list(place.project.edits.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def everything(project):
    """Every column of every label that an edit may change, geometry to the bit."""
    left_out = ("revision", "updated_at")
    return [
        {
            field.attname: bytes(value) if isinstance(value, memoryview | bytes) else value
            for field in Label._meta.concrete_fields
            if field.attname not in left_out
            for value in [getattr(label, field.attname)]
        }
        for label in project.labels.order_by("number")
    ]


@many
@given(st.lists(acts, min_size=1, max_size=8))
def test_undo_after_any_act_restores_the_state_and_redo_what_was_done(fresh, drawn):
    place = fresh()
    manager = member_of(place.project, place.max)
    for act in drawn:
        before = everything(place.project)
        edit = perform(place, act)
        if not edit:
            assert everything(place.project) == before
            continue
        done = everything(place.project)
        undone = undo_edit(manager, uid=new_uid(), edit=edit.uid)
        restored = [row for row in everything(place.project) if not row["deleted"]]
        assert restored == [row for row in before if not row["deleted"]]
        undo_edit(manager, uid=new_uid(), edit=undone.uid)
        assert everything(place.project) == done


def test_history_is_never_altered(cast):
    prepare(cast.project)
    made = draw_label(cast, cast.ana)
    row = Edit.objects.get(uid=made.uid).changes.get()
    undo_edit(member_of(cast.project, cast.ana), uid=new_uid(), edit=made.uid)
    row.refresh_from_db()
    assert (row.before, row.after["revision"]) == (None, 1)


@pytest.mark.django_db(transaction=True)
def test_pages_hear_of_an_edit_after_its_commit_and_of_no_refused_one(cast):
    prepare(cast.project)
    layer = get_channel_layer()
    async_to_sync(layer.group_add)(project_group(cast.project.pk), "page")
    with transaction.atomic():
        made = draw_label(cast, cast.ana)
        assert is_silent(layer)
    heard = json.loads(async_to_sync(layer.receive)("page")["text"])
    assert heard["type"] == "labels.changed"
    assert heard["edit"] == made.model_dump(mode="json")
    with pytest.raises(AppError):
        draw_label(cast, cast.max, uid=made.uid)
    assert is_silent(layer)


def is_silent(layer):
    return "page" not in layer.channels or layer.channels["page"].empty()
