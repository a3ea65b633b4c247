from uuid import uuid4

import pytest

from webapp.errors import NotAllowed, NotFound
from webapp.projects import queries
from webapp.projects.models import Project, Role
from webapp.projects.roles import Who


def test_member_gets_their_role(cast):
    found = queries.member(cast.ana, cast.project.uid, Who.ANNOTATOR)
    assert (found.user, found.project, found.role) == (cast.ana, cast.project, Role.ANNOTATOR)


def test_stranger_does_not_learn_that_the_project_exists(cast):
    with pytest.raises(NotFound) as of_stranger:
        queries.member(cast.stan, cast.project.uid)
    with pytest.raises(NotFound) as of_nothing:
        queries.member(cast.stan, uuid4())
    assert of_stranger.value.sentence == of_nothing.value.sentence


def test_site_administrator_is_no_member_by_office(cast):
    with pytest.raises(NotFound):
        queries.member(cast.ada, cast.project.uid)


def test_address_that_is_no_id_is_not_found(cast):
    with pytest.raises(NotFound):
        queries.member(cast.max, "not-an-id")


def test_refusal_names_whom_to_ask(cast):
    with pytest.raises(NotAllowed) as refused:
        queries.member(cast.vera, cast.project.uid, Who.ANNOTATOR)
    assert refused.value.sentence == "You may look here but not label. Ask Max Maier."


def test_viewer_exports_only_where_the_project_lets_them(cast):
    queries.member(cast.vera, cast.project.uid, Who.EXPORTER)
    Project.objects.update(viewers_may_export=False)
    with pytest.raises(NotAllowed):
        queries.member(cast.vera, cast.project.uid, Who.EXPORTER)
    queries.member(cast.ana, cast.project.uid, Who.EXPORTER)


def test_list_of_projects_holds_only_own_ones(cast):
    Project.objects.create(name="Somebody else's", created_by=cast.stan)
    assert list(Project.objects.visible_to(cast.vera)) == [cast.project]
    assert list(Project.objects.visible_to(cast.ada)) == []
