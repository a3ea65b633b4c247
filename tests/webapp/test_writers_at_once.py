"""Several people write at once, each on a connection of their own: nothing is lost or doubled.

On SQLite its one writer sees to that, on PostgreSQL `projects.lock` does; the tests are the same.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connection, transaction

from tests.drawn.labelled_project import LEFT, TOP, class_uid, draw_label, member_of, prepare
from tests.drawn.polygons import blob, square
from webapp.drafts import actions as drafts
from webapp.drafts import saving
from webapp.drafts.models import Draft, DraftState, DraftStep
from webapp.errors import AppError, BadInput, Conflict
from webapp.ids import new_uid
from webapp.imaging import upload_actions
from webapp.imaging.models import Upload
from webapp.labels import actions, queries, taxonomy
from webapp.labels.geometry import shape_from_coordinates
from webapp.labels.models import Certainty, Edit, Label
from webapp.labels.overlaps import overlaps_of
from webapp.labels.schemas import AtRevision, ClassIn, EditOut
from webapp.projects import actions as projects
from webapp.projects.lock import lock
from webapp.projects.models import Membership, OverlapRule, Project, Role

WRITERS = 8

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each work returns, or the refusal that it raised; all begin at the same moment."""
    together = threading.Barrier(len(works))

    def alone(work: Callable[[], object]) -> object:
        try:
            together.wait(timeout=30)
            return work()
        except AppError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(alone, works))


def test_edits_of_eight_writers_have_numbers_without_gaps(cast):
    prepare(cast.project)

    def draw_ten():
        return [draw_label(cast, cast.ana) for _ in range(10)]

    made = [edit for edits in at_once(*[draw_ten] * WRITERS) for edit in edits]
    expected = list(range(1, 10 * WRITERS + 1))
    assert sorted(edit.number for edit in made) == expected
    assert sorted(edit.labels[0].number for edit in made) == expected
    assert list(cast.project.edits.values_list("number", flat=True)) == expected


def test_labels_that_are_drawn_on_one_another_at_once_are_cut(cast):
    prepare(cast.project)
    Project.objects.update(overlaps=OverlapRule.CUT)
    places = [square(LEFT + 20 + 6 * n, TOP - 40, 10) for n in range(4)]
    at_once(*[lambda drawn=drawn: draw_label(cast, cast.ana, drawn) for drawn in places])
    assert Label.objects.count() == 4
    assert [overlaps_of(label) for label in Label.objects.all()] == [[]] * 4


def test_no_writer_of_one_label_overwrites_another(cast):
    prepare(cast.project)
    label = draw_label(cast, cast.ana).labels[0].uid

    def reshape_three_times(writer):
        def work():
            member, done = member_of(cast.project, cast.ana), 0
            while done < 3:
                seen = queries.label_of(cast.project, label).revision
                shape = shape_from_coordinates(blob(10 * writer + done, LEFT + 60, TOP - 60))
                try:
                    actions.reshape_label(
                        member, uid=new_uid(), label=label, base_revision=seen, shape=shape
                    )
                except Conflict:
                    continue  # somebody was quicker: look again, as a person would
                done += 1
            return done

        return work

    assert at_once(*[reshape_three_times(writer) for writer in range(WRITERS)]) == [3] * WRITERS
    row = Label.objects.get(uid=label)
    changes = list(row.changes.order_by("edit__number"))
    assert row.revision == len(changes) == 3 * WRITERS + 1
    assert [change.base_revision for change in changes] == list(range(3 * WRITERS + 1))
    for earlier, later in pairwise(changes):
        assert later.before == earlier.after


def test_one_revision_takes_one_of_two_edits(cast):
    prepare(cast.project)
    made = draw_label(cast, cast.ana).labels[0]
    seen = AtRevision(label=made.uid, base_revision=made.revision)

    def classify(code):
        return lambda: actions.classify_labels(
            member_of(cast.project, cast.ana),
            uid=new_uid(),
            labels=[seen],
            label_class=class_uid(cast.project, code),
            certainty=None,
            note=None,
        )

    answers = at_once(classify("SALTGRASS"), classify("ICE_MIX"))
    assert [isinstance(answer, Conflict) for answer in answers].count(True) == 1
    assert Label.objects.get(uid=made.uid).revision == 2


def test_edit_that_comes_over_two_connections_is_applied_once(cast):
    prepare(cast.project)
    for _ in range(5):
        uid = new_uid()
        first, second = at_once(*[lambda uid=uid: draw_label(cast, cast.ana, uid=uid)] * 2)
        assert first == second
    assert Edit.objects.count() == Label.objects.count() == 5


def test_draft_that_is_opened_over_two_connections_is_opened_once(cast):
    layer = prepare(cast.project)

    def opened(uid):
        return lambda: (
            drafts.open_draft(
                member_of(cast.project, cast.ana),
                uid,
                layer=layer.uid,
                label_class=None,
                start_label=None,
            ).pk
        )

    for _ in range(5):
        first, second = at_once(*[opened(new_uid())] * 2)
        assert first == second
    assert Draft.objects.count() == 5


def test_click_that_comes_over_two_connections_is_one_step(cast):
    layer = prepare(cast.project)
    draft = Draft.objects.create(project=cast.project, layer=layer, owner=cast.ana)

    def click(step):
        member = member_of(cast.project, cast.ana)
        return lambda: (
            drafts.add_click(
                member, draft.uid, step=step, x_map=LEFT + step, y_map=TOP - 5, include=True
            ).head
        )

    for step in range(1, 6):
        assert at_once(*[click(step)] * 2) == [step, step]
    assert draft.steps.count() == 5


def saved_and_undone(cast, layer):
    """A draft that was saved and is open again, the edit that undid the save, and `save`."""
    member = member_of(cast.project, cast.ana)
    outline = shape_from_coordinates(square(LEFT + 20, TOP - 40, 10)).wkb
    draft = Draft.objects.create(project=cast.project, layer=layer, owner=cast.ana, head=1)
    DraftStep.objects.create(
        draft=draft,
        number=1,
        x_map=LEFT + 25,
        y_map=TOP - 35,
        include=True,
        outline=outline,
        last_pass={"number": 1},
        settled=True,
    )

    def save(edit):
        iceplant = class_uid(cast.project, "ICEPLANT")
        saving.ask_to_save(
            member, draft.uid, edit=edit, label_class=iceplant, certainty=Certainty.SURE, note=""
        )
        saving.finish_save(draft.pk)

    first = new_uid()
    save(first)
    undo = saving.undo_with_drafts(member, uid=new_uid(), edit=first)
    assert undo.reopened_draft == draft.uid
    return draft, undo, save


def test_draft_that_is_saved_and_redone_at_once_ends_with_its_label(cast):
    layer = prepare(cast.project)
    for _ in range(5):
        draft, undo, save = saved_and_undone(cast, layer)
        member = member_of(cast.project, cast.ana)
        at_once(
            lambda save=save: save(new_uid()),
            lambda undo=undo, member=member: saving.undo_with_drafts(
                member, uid=new_uid(), edit=undo.uid
            ),
        )
        draft.refresh_from_db()
        assert draft.state == DraftState.SAVED
        assert not draft.label.deleted


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one lock only; set SEGMAP_DATABASE"
)
def test_redo_waits_for_the_draft_with_empty_hands(cast):
    draft, undo, _ = saved_and_undone(cast, prepare(cast.project))
    member = member_of(cast.project, cast.ana)

    def redo():
        return at_once(lambda: saving.undo_with_drafts(member, uid=new_uid(), edit=undo.uid))

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Draft.objects.select_for_update().get(pk=draft.pk)  # as a save begins
            redone = pool.submit(redo)
            while not somebody_waits_for_a_lock():
                assert not redone.done()
            lock(cast.project)  # as a save goes on: the redo must not have it
        assert isinstance(redone.result()[0], EditOut)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


def test_two_managers_who_demote_each_other_leave_one(cast):
    for _ in range(5):
        Membership.objects.filter(user__in=(cast.max, cast.ana)).update(role=Role.MANAGER)
        answers = at_once(
            lambda: projects.set_member(cast.project, "max", Role.VIEWER),
            lambda: projects.remove_member(cast.project, cast.ana),
        )
        assert [isinstance(answer, Conflict) for answer in answers].count(True) == 1
        assert cast.project.memberships.filter(role=Role.MANAGER).count() == 1
        Membership.objects.get_or_create(
            project=cast.project, user=cast.ana, defaults={"role": Role.MANAGER}
        )


def test_code_that_two_managers_give_at_once_is_taken_for_the_second(cast):
    prepare(cast.project)
    for number in range(5):
        new = ClassIn(code=f"NEW_{number}", name=f"New {number}", colour="#123456", key=9)
        answers = at_once(*[lambda new=new: taxonomy.add_class(cast.project, new)] * 2)
        assert [isinstance(answer, BadInput) for answer in answers].count(True) == 1
    assert cast.project.classes.filter(key=9).count() == 1


def test_two_uploads_do_not_share_what_is_left_of_a_quota(cast, settings):
    settings.USER_MOST_BYTES = 1000
    for _ in range(5):
        answers = at_once(
            *[
                lambda: upload_actions.begin_upload(
                    cast.project, cast.ana, name="a.tif", size_bytes=600
                )
            ]
            * 2
        )
        assert [isinstance(answer, BadInput) for answer in answers].count(True) == 1
        Upload.objects.all().delete()
