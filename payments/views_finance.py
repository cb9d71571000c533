"""An organiser's payouts, each down to its payments, and what does not agree with the provider."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import organiser_for_member
from accounts.models import Organiser, User
from payments import ledger, reconciliation
from payments.gateway import GatewayTrouble, PaymentRefused
from payments.journal import Account, Difference, Payout, PayoutLine
from ticketing.lib import clock, money
from ticketing.lib.spreadsheets import csv_file

TOTALS = {Account.PROCESSOR_FEE: "Processing fees so far", Account.REFUNDS: "Refunds on the way"}


@login_required
@require_safe
def payouts(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="finance")
    rows: list[Any] = reconciliation.payouts_of(organiser=organiser)
    for row in rows:
        row.own_net = row.own_gross - row.own_fee
    balances = ledger.balances(organiser=organiser)
    context = {
        "organiser": organiser,
        "payouts": rows,
        "due": ledger.due(balances).items(),
        "totals": [
            (TOTALS[Account(account)], abs(amount), currency)
            for (account, currency), amount in balances.items()
            if account in TOTALS and amount
        ],
        "open": len(reconciliation.open_differences(organiser=organiser)),
    }
    return render(request, "payments/payouts.html", context)


def _lines(request: HttpRequest, slug: str, pk: int) -> tuple[Organiser, Payout, list[PayoutLine]]:
    """A payout's lines that are this organiser's; one that has none is not there."""
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="finance")
    payout = get_object_or_404(Payout.objects.filter(lines__payment__order__event__organiser=organiser).distinct(), pk=pk)
    lines = payout.lines.filter(payment__order__event__organiser=organiser).select_related("payment__order__event").order_by("id")
    return organiser, payout, list(lines)


@login_required
@require_safe
def payout(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organiser, row, lines = _lines(request, slug, pk)
    gross, fee = sum(line.gross_minor for line in lines), sum(line.fee_minor for line in lines)
    context = {"organiser": organiser, "payout": row, "lines": lines, "gross": gross, "fee": fee, "net": gross - fee}
    return render(request, "payments/payout.html", context)


@login_required
@require_safe
def payout_export(request: HttpRequest, slug: str, pk: int) -> StreamingHttpResponse:
    organiser, row, lines = _lines(request, slug, pk)
    head = ["Order", "Event", "Buyer", "What", "Amount", "Fee", "Net", "Currency", "Number at the provider"]
    rows = (
        [
            line.payment.order.code,
            line.payment.order.event.name,
            line.payment.order.buyer_name,
            line.kind,
            *(money.to_major(amount, row.currency) for amount in (line.gross_minor, line.fee_minor, line.net_minor)),
            row.currency,
            line.provider_id,
        ]
        for line in lines
        if line.payment is not None
    )
    return csv_file(f"payout-{organiser.slug}-{row.paid_at:%Y-%m-%d}.csv", head, rows)


@login_required
@require_safe
def differences(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="finance")
    rows: list[Any] = reconciliation.open_differences(organiser=organiser)
    for row in rows:
        row.button = reconciliation.decision_for(row)
    return render(request, "payments/differences.html", {"organiser": organiser, "differences": rows})


@login_required
@require_POST
def difference_decision(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="finance")
    row = get_object_or_404(Difference, organiser=organiser, pk=pk)
    by = request.user if isinstance(request.user, User) else None
    try:
        if reconciliation.settle_difference(difference=row, by=by, now=clock.now()):
            messages.info(request, "Settled.")
    except (reconciliation.CantSettle, GatewayTrouble, PaymentRefused) as error:
        messages.warning(request, str(error))
    return HttpResponseRedirect(reverse("payments:differences", args=[slug]), status=303)
