"""Who is signed in, loaded by a statement that is compiled once."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from ticketing.lib.prepared import Param, Prepared

USER = Prepared(lambda: User.objects.filter(pk=Param("user")))


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's, with a faster look at each request's user."""

    def get_user(self, user_id: int) -> User | None:
        user = USER.first(user=user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
