from django.contrib.auth.models import AbstractUser
from django.db import models

from webapp.ids import new_uid


class User(AbstractUser):
    """A person who signs in. Site administrators (`is_staff`) create users."""

    uid = models.UUIDField(unique=True, default=new_uid, editable=False)

    @property
    def display_name(self) -> str:
        """The full name, or the user name where none was given."""
        return self.get_full_name() or self.username
