"""Connecting an organiser's own account at the provider."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import organiser_for_member
from payments import connecting
from payments.gateway import GatewayTrouble, PaymentRefused
from ticketing.lib import clock
from ticketing.lib.site import absolute


@login_required
def payout_account(request: HttpRequest, slug: str) -> HttpResponse:
    """How the account stands, asked anew; a POST opens it and goes on to the provider."""
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="finance")
    if request.method == "POST" and not connecting.is_possible():
        raise Http404
    here = reverse("payments:payout-account", kwargs={"slug": slug})
    account, trouble = connecting.account_of(organiser=organiser), False
    try:
        if request.method == "POST":
            return redirect(connecting.connect(organiser=organiser, return_url=absolute(here), now=clock.now()))
        if account is not None:
            account = connecting.look(row=account, now=clock.now())
    except (GatewayTrouble, PaymentRefused) as error:
        messages.error(request, f"Stripe does not answer usefully: {error}")
        trouble = True
    asked_for = connecting.asked_for(row=account) if account else []
    context = {"organiser": organiser, "account": account, "possible": connecting.is_possible(), "asked_for": asked_for}
    return render(request, "payments/payout_account.html", context, status=503 if trouble else 200)
