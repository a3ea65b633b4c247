from webapp.accounts.models import User
from webapp.accounts.schemas import UserOut


def user_out(user: User) -> UserOut:
    """A person as other members see them."""
    return UserOut(uid=user.uid, username=user.username, display_name=user.display_name)


def everyone() -> list[UserOut]:
    """All accounts that may sign in, by user name."""
    return [user_out(user) for user in User.objects.filter(is_active=True).order_by("username")]
