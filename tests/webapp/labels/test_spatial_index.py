import random

import pytest
from django.db import connection, models

from tests.drawn.labelled_project import LEFT, TOP, draw_label, prepare
from tests.drawn.polygons import square
from webapp.labels import spatial_index
from webapp.labels.models import Label
from webapp.projects.models import Project

EVERYWHERE = (-1e9, -1e9, 1e9, 1e9)
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="R*Trees are SQLite's")
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="GiST is PostgreSQL's; set SEGMAP_DATABASE"
)


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
            [spatial_index.TABLE],
        )
        return {name for (name,) in cursor.fetchall()}


def rows_of_tree() -> set[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, min_project FROM {spatial_index.TREE}")
        return set(cursor.fetchall())


def rows_of_table() -> set[tuple[int, int]]:
    return set(Label.objects.values_list("pk", "project_id"))


@on_sqlite
def test_three_triggers_stand_after_the_migrations(db):
    assert triggers() == set(spatial_index.TRIGGERS)


def test_labels_are_found_by_place_and_never_those_of_another_project(cast):
    prepare(cast.project)
    other = Project.objects.create(name="Elsewhere", created_by=cast.max)
    rng = random.Random(7)
    places = [(LEFT + 500 * rng.random(), TOP - 500 * rng.random()) for _ in range(40)]
    for x, y in places:
        draw_label(cast, cast.ana, square(x, y, 10))
    asked = (LEFT + 100, TOP - 300, LEFT + 250, TOP - 120)
    expected = {
        index + 1
        for index, (x, y) in enumerate(places)
        if x <= asked[2] and x + 10 >= asked[0] and y <= asked[3] and y + 10 >= asked[1]
    }
    found = Label.objects.in_bbox(cast.project, asked)
    assert {label.number for label in found} == expected != set()
    assert not Label.objects.in_bbox(other, EVERYWHERE).exists()


def test_boxes_that_only_touch_are_found_and_the_next_float_is_not(cast):
    prepare(cast.project)
    draw_label(cast, cast.ana, square(LEFT, TOP - 10, 10))
    right = LEFT + 10
    assert Label.objects.in_bbox(cast.project, (right, TOP - 9, right + 1, TOP)).exists()
    beyond = right + 1e-9  # the tree's 32-bit floats do not tell this from `right`
    assert not Label.objects.in_bbox(cast.project, (beyond, TOP - 9, right + 1, TOP)).exists()


@on_sqlite
def test_tree_follows_a_box_that_moves_and_a_row_that_goes(cast):
    prepare(cast.project)
    edit = draw_label(cast, cast.ana, square(LEFT, TOP - 10))
    row = Label.objects.get(uid=edit.labels[0].uid)
    Label.objects.filter(pk=row.pk).update(min_x=LEFT + 300, max_x=LEFT + 310)
    assert not Label.objects.in_bbox(cast.project, (LEFT, TOP - 10, LEFT + 10, TOP)).exists()
    assert Label.objects.in_bbox(cast.project, (LEFT + 305, TOP - 10, LEFT + 306, TOP)).exists()
    Label.objects.filter(pk=row.pk).update(note="a note leaves the tree alone")
    row.changes.all().delete()
    row.delete()
    assert rows_of_tree() == set()


@on_sqlite
def test_index_is_whole_again_after_a_migration_that_remakes_the_table(cast, transactional_db):
    prepare(cast.project)
    draw_label(cast, cast.ana)
    column = models.IntegerField(default=3)
    column.set_attributes_from_name("remade")
    with connection.schema_editor() as editor:
        editor.add_field(Label, column)
    try:
        assert triggers() == set()  # what Django does without a word
        cast.project.labels.update(min_x=LEFT + 20, max_x=LEFT + 30)
        spatial_index.ensure(connection)
        assert triggers() == set(spatial_index.TRIGGERS)
        assert rows_of_tree() == rows_of_table()
        assert Label.objects.in_bbox(cast.project, (LEFT + 20, -1e9, LEFT + 30, 1e9)).exists()
        assert not Label.objects.in_bbox(cast.project, (LEFT, -1e9, LEFT + 19, 1e9)).exists()
    finally:
        with connection.schema_editor() as editor:
            editor.remove_field(Label, column)
        spatial_index.ensure(connection)


@on_sqlite
@pytest.mark.parametrize("damage", ["DELETE FROM {tree}", "INSERT INTO {tree} VALUES {row}"])
def test_tree_that_differs_from_the_table_is_filled_anew(cast, damage):
    prepare(cast.project)
    draw_label(cast, cast.ana)
    with connection.cursor() as cursor:
        cursor.execute(damage.format(tree=spatial_index.TREE, row="(999, 0, 1, 0, 1, 1, 1)"))
    assert rows_of_tree() != rows_of_table()
    spatial_index.ensure(connection)
    assert rows_of_tree() == rows_of_table()


@on_sqlite
def test_migrate_runs_the_repair(cast, transactional_db):
    from django.core.management import call_command

    with connection.cursor() as cursor:
        for name in spatial_index.TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name}")
    call_command("migrate", verbosity=0)
    assert triggers() == set(spatial_index.TRIGGERS)


@on_postgresql
def test_labels_are_found_through_the_index(cast):
    prepare(cast.project)
    with connection.cursor() as cursor:
        # Of a table this small the planner would rather read all rows.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    plan = Label.objects.in_bbox(cast.project, (LEFT, TOP - 10, LEFT + 10, TOP)).explain()
    assert f"Bitmap Index Scan on {spatial_index.TREE}" in plan


@on_postgresql
def test_migrate_makes_a_lost_index_again(cast):
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {spatial_index.TREE}")
    assert not spatial_index.is_whole(connection)
    spatial_index.ensure(connection)
    assert spatial_index.is_whole(connection)


def test_sqlite_of_this_python_has_rtrees():
    assert spatial_index.check_rtree() == []
