"""The practice provider's own page, where a buyer "pays". It knows nothing of orders."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from payments.gateway import Status
from payments.models import PracticeSession
from payments.practice import book
from ticketing.lib import clock


@never_cache
def practice(request: HttpRequest, token: str) -> HttpResponse:
    if settings.PAYMENT_GATEWAY != "practice":
        raise Http404
    row = get_object_or_404(PracticeSession, token=token)
    book.due_decision(row=row, now=clock.now())
    if request.method == "POST":
        _act(request.POST.get("act", ""), row, request)
        return redirect(row.return_url)
    return render(request, "payments/practice.html", {"session": row, "is_open": row.status == Status.OPEN})


def _act(act: str, row: PracticeSession, request: HttpRequest) -> None:
    moment = clock.now()
    copies, late = 3 if request.POST.get("doubled") else 1, bool(request.POST.get("late"))
    if act == "pay":
        book.decide(row=row, status=Status.SUCCEEDED, now=moment, only_from=(Status.OPEN,), copies=copies, late=late)
    elif act == "decline":
        book.decide(row=row, status=Status.FAILED, now=moment, only_from=(Status.OPEN,), copies=copies, late=late)
    elif act in ("pay-later", "fail-later"):
        book.decide_later(row=row, status=Status.SUCCEEDED if act == "pay-later" else Status.FAILED, now=moment, copies=copies, late=late)
