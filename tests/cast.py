"""The people of every test: Max manages, Ana annotates, Vera views, Stan is a stranger.

Ada administers the site and is a member of nothing; Nobody is signed out (None).
"""

from dataclasses import dataclass

from webapp.accounts.models import User
from webapp.projects.models import Membership, Project, Role

PASSWORD = "a-password-of-the-cast"


@dataclass(frozen=True, slots=True)
class Cast:
    project: Project
    max: User
    ana: User
    vera: User
    stan: User
    ada: User

    def named(self, name: str) -> User | None:
        """`max`, `ana`, `vera`, `stan`, `ada`; None for `nobody`."""
        return None if name == "nobody" else getattr(self, name)


NAMES = ("max", "ana", "vera", "stan", "ada", "nobody")


def make_person(username: str, display_name: str, *, staff: bool = False) -> User:
    first, _, last = display_name.partition(" ")
    user = User(username=username, first_name=first, last_name=last, is_staff=staff)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_cast() -> Cast:
    ada = make_person("ada", "Ada Admin", staff=True)
    max_ = make_person("max", "Max Maier")
    ana = make_person("ana", "Ana Ruiz")
    vera = make_person("vera", "Vera Voss")
    stan = make_person("stan", "Stan Strange")
    project = Project.objects.create(
        name="Point Reyes dunes", created_by=max_, crs_wkt="", crs_name="", metres_per_unit=1.0
    )
    for user, role in ((max_, Role.MANAGER), (ana, Role.ANNOTATOR), (vera, Role.VIEWER)):
        Membership.objects.create(project=project, user=user, role=role)
    return Cast(project=project, max=max_, ana=ana, vera=vera, stan=stan, ada=ada)
