"""An organiser's team: invited, joined, given a role, removed. The only writer of Membership and Invitation."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.text import slugify

from accounts.models import Invitation, Membership, Organiser, Role, User
from outbox import post
from ticketing.lib import tokens
from ticketing.lib.languages import say
from ticketing.lib.later import later
from trail import record

INVITED_FOR = timedelta(days=14)


class TeamRefused(Exception):
    """Not possible; the message says why."""

    code = "team_refused"


def create_organiser(*, name: str, email: str, time_zone: str, currency: str, owner: User) -> Organiser:
    """A new organiser whose owner is its maker."""
    base = slugify(name)[:50] or "organiser"
    slug = base
    while slug in RESERVED or Organiser.objects.filter(slug=slug).exists():
        slug = f"{base}-{tokens.order_code().lower()[:4]}"
    with transaction.atomic():
        organiser = Organiser.objects.create(name=name, slug=slug, email=email, time_zone=time_zone, currency=currency)
        Membership.objects.create(organiser=organiser, user=owner, role=Role.OWNER)
    return organiser


RESERVED = frozenset({"events", "organisers"})  # they would hide behind other addresses below /manage/


def invite(*, organiser: Organiser, email: str, role: str, by: User, now: datetime) -> Invitation:
    """Offer a place; the mail goes out by itself. TeamRefused when there is a place or an open offer already."""
    email = email.strip().lower()
    if Membership.objects.filter(organiser=organiser, user__email=email).exists():
        raise TeamRefused(f"{email} is in the team already. Change the role in the list.")
    with transaction.atomic():
        Invitation.objects.filter(organiser=organiser, email=email, accepted_at=None, revoked_at=None).update(revoked_at=now)
        made = Invitation.objects.create(
            organiser=organiser,
            email=email,
            role=Role(role),
            token=tokens.link_token(),
            invited_by=by,
            invited_at=now,
            expires_at=now + INVITED_FOR,
        )
        record.note(
            act="member_invited",
            about="organiser",
            about_id=organiser.pk,
            organiser_id=organiser.pk,
            words=f"{email} as {made.get_role_display()}",
        )
        post.owe(kind="invitation", to=email, subject_id=made.pk, now=now)
        later("outbox.send_due")
    return made


def accept(*, invitation: Invitation, user: User, now: datetime) -> Membership:
    """Take the place, once. TeamRefused when the offer ended or was made to another address."""
    if user.email.lower() != invitation.email.lower():
        raise TeamRefused(say("This invitation was sent to {address}. Sign in with that address.", address=invitation.email))
    with transaction.atomic():
        taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now).update(accepted_at=now)
        if not taken:
            raise TeamRefused(say("This invitation is not valid any more. Ask for a new one."))
        return Membership.objects.get_or_create(organiser=invitation.organiser, user=user, defaults={"role": invitation.role})[0]


def revoke(*, invitation: Invitation, now: datetime) -> None:
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(revoked_at=now)


def change_role(*, membership: Membership, role: str) -> None:
    """Never the last owner's."""
    with transaction.atomic():
        _keep_an_owner(membership, leaves=Role(role) != Role.OWNER)
        Membership.objects.filter(pk=membership.pk).update(role=Role(role))
        _note(membership, "role_changed", {"role": (membership.role, role)})


def remove(*, membership: Membership) -> None:
    """Never the last owner."""
    with transaction.atomic():
        _keep_an_owner(membership, leaves=True)
        _note(membership, "member_removed")
        Membership.objects.filter(pk=membership.pk).delete()


def _note(membership: Membership, act: str, changed: dict[str, tuple[object, object]] | None = None) -> None:
    organiser_id = membership.organiser_id
    record.note(act=act, about="organiser", about_id=organiser_id, organiser_id=organiser_id, changed=changed, words=str(membership.user))


def _keep_an_owner(membership: Membership, *, leaves: bool) -> None:
    """The organiser's row is locked, so that two owners can't leave at once."""
    Organiser.objects.select_for_update().get(pk=membership.organiser_id)
    others = Membership.objects.filter(organiser_id=membership.organiser_id, role=Role.OWNER).exclude(pk=membership.pk)
    if leaves and membership.role == Role.OWNER and not others.exists():
        raise TeamRefused("An organiser needs an owner. Make somebody else owner first.")


def set_invoice_facts(*, organiser: Organiser, facts: Mapping[str, str]) -> None:
    """What later invoices say of their sender; those that were made keep what they say."""
    Organiser.objects.filter(pk=organiser.pk).update(**facts)
