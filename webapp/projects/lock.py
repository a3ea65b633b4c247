"""The lock under which the writes of a project follow one another, on either database.

On SQLite a transaction has the whole database from its beginning (IMMEDIATE). PostgreSQL lets
transactions run side by side and shows each statement what was committed before it began (READ
COMMITTED), so a rule that is read first and written to afterwards can break in between: two edits
take one number, two managers demote each other. The rule here: **a transaction that writes to a
project on the strength of what it read calls `lock` before it reads.** Whoever comes second waits,
and then reads what the first one wrote.

Locks are taken in one order, or two transactions could wait for each other: first the rows of
drafts, then the project, then anything inside it. Work that lives in one row needs no lock but a
condition in its UPDATE: jobs (`jobs.actions`), the state of an image (`imaging.actions`).
"""

from webapp.projects.models import Project


def lock(project: Project) -> Project:
    """The project's row, fresh, and held until the transaction ends.

    It is held against other holders only: rows that merely point to the project can be inserted
    meanwhile (PostgreSQL: FOR NO KEY UPDATE).

    Raises:
        NotAllowed: the project is archived.
        TransactionManagementError: there is no transaction (on PostgreSQL).
        Project.DoesNotExist: it was deleted meanwhile.
    """
    held = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    held.need_not_archived()
    return held
