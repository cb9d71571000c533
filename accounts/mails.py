"""Mails about the team."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Invitation
from ticketing.lib.site import absolute


def invitation(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """None when the invitation was taken back before it was sent."""
    row = Invitation.objects.select_related("organiser", "invited_by").filter(pk=subject_id, revoked_at=None, accepted_at=None).first()
    if row is None:
        return None
    context = {"invitation": row, "link": absolute(reverse("accounts:invitation", kwargs={"token": row.token}))}
    return EmailMultiAlternatives(
        subject=f"Join {row.organiser.name}", body=render_to_string("emails/accounts/invitation.txt", context), to=[to]
    )
