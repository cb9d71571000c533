"""The only loaders of protected rows. Not yours is 404, the same as not there.

Loading and permitting are one act: a view never holds a row it may not use.
"""

from typing import Any

from django.http import Http404

from accounts.models import Membership, Organiser, Role, User
from ticketing.lib.prepared import Param

# What a role may do. A view asks for a permission by the role that is named for it.
MAY: dict[str, frozenset[str]] = {
    "view": frozenset({Role.OWNER, Role.MANAGER, Role.FINANCE, Role.VIEWER}),
    "manage": frozenset({Role.OWNER, Role.MANAGER}),
    "finance": frozenset({Role.OWNER, Role.MANAGER, Role.FINANCE}),
    "gate": frozenset({Role.OWNER, Role.MANAGER, Role.GATE}),
    "own": frozenset({Role.OWNER}),
    "belong": frozenset(Role.values),
}


def organisers_of(*, user: Any) -> list[Membership]:
    """The user's places, with the organiser loaded."""
    return list(Membership.objects.filter(user=user).select_related("organiser").order_by("organiser__name"))


def organiser_for_member(*, user: Any, slug: str, to: str) -> tuple[Organiser, Membership]:
    """The organiser, if the user's role there may do `to` (a key of MAY). Http404 otherwise."""
    membership = (
        Membership.objects.filter(user=user, organiser__slug=slug, role__in=MAY[to]).select_related("organiser").first()
        if isinstance(user, User)
        else None
    )
    if membership is None:
        raise Http404
    return membership.organiser, membership


def members_with(*, user: Any, to: str) -> Any:
    """Organiser ids where the user may do `to`, as a subquery for filters on higher rooms' rows.

    `user` may be a Param: its statement is compiled once, and the user's id given at each use."""
    user_id = user if isinstance(user, Param) else user.pk
    return Membership.objects.filter(user_id=user_id, role__in=sorted(MAY[to])).values("organiser_id")
