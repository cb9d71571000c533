"""The buyer's way through a payment, and the door for notices."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import notices, settlement
from payments.gateway import GATEWAYS, BadNotice, GatewayBusy, GatewayTrouble, PaymentRefused, gateway
from payments.models import Payment
from registrations.access import order_for_link
from registrations.checkout import HoldEnded
from registrations.models import Order
from ticketing.lib import clock
from ticketing.lib.prepared import Param, Prepared

LARGEST_NOTICE = 64 * 1024
LATEST = Prepared(lambda: Payment.objects.filter(order=Param("order")).order_by("-opened_at"))


@never_cache
def payment_start(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Open the order's payment, or take up the open one, and go to the provider."""
    order = order_for_link(code=code, secret=secret)
    if order.confirmed_at or order.cancelled_at or order.total_minor == 0 or order.state == "asked":
        return redirect(order.get_absolute_url())
    try:
        payment = settlement.open_payment(order=order, now=clock.now())
    except HoldEnded:
        return _page(request, order, "ended", status=409)
    except GatewayBusy as error:  # many pay just now: the page waits and asks again by itself (F12)
        return _ask_again(_page(request, order, "busy", status=503), seconds=round(error.retry_after + 1))
    except (GatewayTrouble, PaymentRefused):
        return _ask_again(_page(request, order, "away", status=503), seconds=10)
    if payment.pending_at:
        return redirect("payments:payment-return", code=code, secret=secret)
    return redirect(payment.payment_url)


@never_cache
def payment_return(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    """Where the provider sends the buyer back to: ask, and tell the truth (U1)."""
    order = order_for_link(code=code, secret=secret)
    payment = LATEST.first(order=order.pk)
    if payment is not None and payment.is_open:
        try:
            payment = settlement.settle(payment=payment, now=clock.now())
        except (GatewayTrouble, PaymentRefused):
            return _page(request, order, "checking")
        if payment.order.confirmed_at:
            return redirect(order.get_absolute_url())
        order = order_for_link(code=code, secret=secret)
    if payment is not None and payment.failed_at:  # money of an earlier try may have come after all
        payment = Payment.objects.filter(order=order, succeeded_at__isnull=False).first() or payment
    return _answer(request, order, payment)


def _answer(request: HttpRequest, order: Order, payment: Payment | None) -> HttpResponse:
    if order.confirmed_at:
        return redirect(order.get_absolute_url())
    if payment is None:
        return redirect("payments:payment-start", code=order.code, secret=order.secret)
    if payment.mismatch_at:
        return _page(request, order, "differs")
    if payment.succeeded_at:
        return _page(request, order, "refund")
    if payment.pending_at and payment.is_open:
        return _page(request, order, "checking")
    if payment.is_open:
        return _page(request, order, "open")
    still_held = order.hold is not None and order.hold.released_at is None and order.hold.expires_at > clock.now()
    return _page(request, order, "declined" if still_held and not order.cancelled_at else "ended")


def _ask_again(response: HttpResponse, *, seconds: int) -> HttpResponse:
    response.headers["Retry-After"] = str(seconds)
    return response


def _page(request: HttpRequest, order: Order, state: str, status: int = 200) -> HttpResponse:
    response = render(request, "payments/payment.html", {"order": order, "event": order.event, "state": state}, status=status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@csrf_exempt
@require_POST
def notice_new(request: HttpRequest, gateway_name: str) -> HttpResponse:
    """A provider's notice: genuine ones are kept, then acted on by a task; all others are 400 (F20)."""
    if gateway_name not in GATEWAYS:
        raise Http404
    if int(request.headers.get("Content-Length") or 0) > LARGEST_NOTICE:
        return HttpResponse("too large\n", status=413, content_type="text/plain")
    now = clock.now()
    try:
        fact = gateway(gateway_name).read_notice(body=request.body, headers=request.headers, now=now)
    except BadNotice as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain")
    notices.receive(gateway_name=gateway_name, fact=fact, now=now)
    return HttpResponse("kept\n", content_type="text/plain")
