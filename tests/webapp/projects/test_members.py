from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from webapp.errors import Conflict, NotFound
from webapp.projects import actions
from webapp.projects.models import Membership, Role


def put(client, project, username, role):
    body = {"username": username, "role": role}
    return client.put(f"/api/projects/{project.uid}/members", body, content_type="application/json")


def roles(answer) -> dict[str, str]:
    return {row["user"]["username"]: row["role"] for row in answer.json()}


def test_manager_adds_somebody_and_all_members_are_answered(cast, client_of):
    answer = put(client_of(cast.max), cast.project, "stan", "viewer")
    expected = {"max": "manager", "ana": "annotator", "stan": "viewer", "vera": "viewer"}
    assert roles(answer) == expected
    assert next(iter(roles(answer))) == "max"


def test_role_is_changed_and_not_doubled(cast, client_of):
    put(client_of(cast.max), cast.project, "ana", "manager")
    assert Membership.objects.get(project=cast.project, user=cast.ana).role == Role.MANAGER


def test_unknown_name_adds_nobody(cast, client_of):
    answer = put(client_of(cast.max), cast.project, "anna", "viewer")
    assert answer.status_code == 404
    assert answer.json()["sentence"].startswith("There is no account anna")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANNOTATOR])
def test_last_manager_stays_manager(cast, role):
    with pytest.raises(Conflict, match="only manager"):
        actions.set_member(cast.project, "max", role)
    with pytest.raises(Conflict, match="only manager"):
        actions.remove_member(cast.project, cast.max)
    assert Membership.objects.get(user=cast.max).role == Role.MANAGER


def test_manager_may_leave_when_there_is_another(cast):
    actions.set_member(cast.project, "ana", Role.MANAGER)
    actions.remove_member(cast.project, cast.max)
    assert not Membership.objects.filter(user=cast.max).exists()


def test_removed_member_is_a_stranger_at_once(cast, client_of):
    ana = client_of(cast.ana)
    address = f"/api/projects/{cast.project.uid}/jobs"
    assert ana.get(address).status_code == 200
    uid = cast.ana.uid
    left = client_of(cast.max).delete(f"/api/projects/{cast.project.uid}/members/{uid}")
    assert roles(left) == {"max": "manager", "vera": "viewer"}
    assert ana.get(address).status_code == 404


def test_removing_a_stranger_is_told(cast):
    with pytest.raises(NotFound, match="Stan Strange is not a member"):
        actions.remove_member(cast.project, cast.stan)


def test_maker_of_a_project_manages_it(cast):
    project = actions.create_project(cast.stan, name="  Bog  ", description="")
    assert project.name == "Bog"
    assert Membership.objects.get(project=project).user == cast.stan
    with pytest.raises(Conflict, match="named Bog already"):
        actions.create_project(cast.ana, name="Bog")


def test_command_adds_a_member_by_names(cast):
    out = StringIO()
    arguments = ["--project", cast.project.name, "--user", "stan", "--role", "annotator"]
    call_command("add_member", *arguments, stdout=out)
    assert out.getvalue().strip() == "Stan Strange is annotator in Point Reyes dunes."
    with pytest.raises(CommandError, match="no project named Elsewhere"):
        call_command("add_member", "--project", "Elsewhere", "--user", "stan", "--role", "viewer")
    with pytest.raises(CommandError, match="no account anna"):
        call_command(
            "add_member", "--project", cast.project.name, "--user", "anna", "--role", "viewer"
        )
