"""Who may do what: the one table, and the one place that asks it.

Every REST operation, socket message and other address stands here. `webapp.api` puts
`Permit(operation)` in front of each endpoint and refuses to start with one that is missing.
"""

from dataclasses import dataclass
from enum import StrEnum

from webapp.accounts.models import User
from webapp.errors import NotAllowed
from webapp.projects.models import Project, Role


class Who(StrEnum):
    """The least that somebody must be. The last five mean: in the project of the address.

    A custodian is a manager, or a site administrator who need not be a member; in an archived
    project, which nobody else can change, too.
    """

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    STAFF = "staff"
    ENGINE = "engine"
    INTERNAL = "internal"
    OPERATOR = "operator"
    VIEWER = "viewer"
    EXPORTER = "exporter"
    ANNOTATOR = "annotator"
    MANAGER = "manager"
    CUSTODIAN = "custodian"


OPERATIONS: dict[str, Who] = {
    "get_session": Who.PUBLIC,
    "sign_in": Who.PUBLIC,
    "sign_out": Who.PUBLIC,
    "change_password": Who.SIGNED_IN,
    "list_users": Who.STAFF,
    "create_user": Who.STAFF,
    "list_projects": Who.SIGNED_IN,
    "create_project": Who.SIGNED_IN,
    "get_project": Who.VIEWER,
    "update_project": Who.MANAGER,
    "archive_project": Who.CUSTODIAN,
    "bring_back_project": Who.CUSTODIAN,
    "list_archived_projects": Who.SIGNED_IN,
    "delete_project": Who.CUSTODIAN,
    "set_member": Who.MANAGER,
    "remove_member": Who.MANAGER,
    "create_class": Who.MANAGER,
    "update_class": Who.MANAGER,
    "describe_uploads": Who.VIEWER,
    "begin_upload": Who.ANNOTATOR,
    "measure_upload": Who.ANNOTATOR,
    "append_to_upload": Who.ANNOTATOR,
    "give_up_upload": Who.ANNOTATOR,
    "add_images": Who.ANNOTATOR,
    "list_images": Who.VIEWER,
    "answer_questions": Who.ANNOTATOR,
    "describe_removal": Who.MANAGER,
    "delete_image": Who.MANAGER,
    "measure_window": Who.VIEWER,
    "list_jobs": Who.VIEWER,
    "cancel_job": Who.ANNOTATOR,
    "list_labels": Who.VIEWER,
    "get_label": Who.VIEWER,
    "get_label_history": Who.VIEWER,
    "get_label_before": Who.VIEWER,
    "get_label_overlaps": Who.VIEWER,
    "get_summary": Who.VIEWER,
    "get_typical_object": Who.MANAGER,
    "make_edit": Who.ANNOTATOR,
    "list_edits": Who.VIEWER,
    "preview_export": Who.EXPORTER,
    "start_export": Who.EXPORTER,
    "download_export": Who.EXPORTER,
    "download_export_summary": Who.EXPORTER,
}
"""By operation id, which is the endpoint function's name."""

SOCKET_MESSAGES: dict[str, Who] = {
    "draft.open": Who.ANNOTATOR,
    "draft.click": Who.ANNOTATOR,
    "draft.undo": Who.ANNOTATOR,
    "draft.redo": Who.ANNOTATOR,
    "draft.stop": Who.ANNOTATOR,
    "draft.classify": Who.ANNOTATOR,
    "draft.keep_all": Who.ANNOTATOR,
    "draft.save": Who.ANNOTATOR,
    "draft.discard": Who.ANNOTATOR,
    "draft.restore": Who.ANNOTATOR,
    "draft.show": Who.ANNOTATOR,
}
"""By the `type` of what a page sends over a project's socket."""

EDIT_KINDS: dict[str, Who] = {
    "create": Who.ANNOTATOR,
    "reshape": Who.ANNOTATOR,
    "classify": Who.ANNOTATOR,
    "cut": Who.ANNOTATOR,
    "merge": Who.ANNOTATOR,
    "split": Who.ANNOTATOR,
    "delete": Who.ANNOTATOR,
    "undo": Who.ANNOTATOR,
    "review": Who.MANAGER,
}
"""By the `kind` of what `make_edit` takes."""

ADDRESSES: dict[str, Who] = {
    "healthz": Who.PUBLIC,
    "livez": Who.PUBLIC,
    "readyz": Who.PUBLIC,
    "metrics": Who.OPERATOR,
    "page": Who.PUBLIC,
    "nothing_here": Who.PUBLIC,
    "tile": Who.VIEWER,
    "pixels": Who.ENGINE,
    "notices": Who.INTERNAL,
    "ProjectConsumer": Who.VIEWER,
    "EngineConsumer": Who.ENGINE,
}
"""What is neither: by the name of the view function or of the consumer."""

_RANK = {Role.VIEWER: 0, Role.ANNOTATOR: 1, Role.MANAGER: 2}


@dataclass(frozen=True, slots=True)
class Member:
    """A person, in one project, with their role there: what project endpoints work with."""

    user: User
    project: Project
    role: Role

    def may(self, who: Who) -> bool:
        """Whether this member is at least `who`."""
        if who is Who.EXPORTER:
            return self.role is not Role.VIEWER or self.project.viewers_may_export
        if who is Who.CUSTODIAN:
            return self.role is Role.MANAGER or self.user.is_staff
        if who in (Who.PUBLIC, Who.SIGNED_IN):
            return True
        if who in (Who.STAFF, Who.ENGINE, Who.INTERNAL, Who.OPERATOR):
            return False
        if who is not Who.VIEWER and self.project.archived_at is not None:
            return False
        return _RANK[self.role] >= _RANK[Role(who)]

    def need(self, who: Who) -> None:
        """Nothing, for a member who is at least `who`.

        Raises:
            NotAllowed: with whom to ask, or that the project is archived.
        """
        if self.may(who):
            return
        if who in (Who.ANNOTATOR, Who.MANAGER):
            self.project.need_not_archived()
        ask = _whom_to_ask(self.project)
        if who is Who.EXPORTER:
            raise NotAllowed(f"Viewers may not export from this project. Ask {ask}.")
        if who in (Who.MANAGER, Who.CUSTODIAN):
            raise NotAllowed(f"Only a manager of this project may do that. Ask {ask}.")
        raise NotAllowed(f"You may look here but not label. Ask {ask}.")


def is_in_project(who: Who) -> bool:
    """Whether `who` only has a meaning inside one project."""
    return who in (Who.VIEWER, Who.EXPORTER, Who.ANNOTATOR, Who.MANAGER, Who.CUSTODIAN)


def _whom_to_ask(project: Project) -> str:
    manager = (
        User.objects.filter(memberships__project=project, memberships__role=Role.MANAGER)
        .order_by("memberships__added_at")
        .first()
    )
    return manager.display_name if manager else "a site administrator"
