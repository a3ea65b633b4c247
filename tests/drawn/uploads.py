"""Uploads that are whole already, without the way through the protocol."""

from webapp.accounts.models import User
from webapp.imaging import parts, upload_actions
from webapp.imaging.models import Upload
from webapp.projects.models import Project


def finished_upload(project: Project, user: User, name: str, content: bytes) -> Upload:
    """A file of which every byte has come."""
    upload = upload_actions.begin_upload(project, user, name=name, size_bytes=len(content))
    parts.path_of(upload.uid).write_bytes(content)
    return upload
