"""The cost pages. Staff only; everything is read, nothing is changed."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from events.models import Event
from operations.costs import analysis as document
from operations.costs import export, fees, plan, show, used, what_if, whose
from operations.costs.access import staff_only
from operations.costs.month import PRICED_AS, month
from operations.costs.price_book import books, fee_schedules, price_book
from registrations.models import Order
from ticketing.lib import clock

BOOKS = {key for key, _ in PRICED_AS}


def _page(request: HttpRequest, name: str, tab: str, facts: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return render(request, f"operations/costs/{name}.html", facts | {"tab": tab}, status=status)


def _book_asked(request: HttpRequest) -> str | None:
    """?priced=aws-us-east-1: the same usage by another book; what is no book is the installation's own."""
    key = request.GET.get("priced", "")
    return key if key in BOOKS else None


@staff_only
def overview(request: HttpRequest) -> HttpResponseBase:
    now = clock.now()
    found = month(now=now, book_key=_book_asked(request))
    return _page(request, "overview", "overview", show.overview(month=found))


@staff_only
def plan_page(request: HttpRequest) -> HttpResponseBase:
    return _page(request, "plan", "plan", show.plan_page())


@staff_only
def events(request: HttpRequest) -> HttpResponseBase:
    found = month(now=clock.now(), book_key=_book_asked(request))
    text = request.GET.get("page", "1")
    number = max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1
    rows, count = whose.event_costs(month=found, page=number)
    pages = max(1, -(-count // whose.PAGE))
    return _page(request, "events", "events", {"month": found, "rows": rows, "count": count, "number": number, "pages": pages})


@staff_only
def event(request: HttpRequest, pk: int) -> HttpResponseBase:
    there = Event.objects.filter(pk=pk).select_related("organiser").only("name", "slug", "organiser__name").first()
    if there is None:
        raise Http404
    found = month(now=clock.now(), book_key=_book_asked(request))
    rows, _ = whose.event_costs(month=found, only=pk)
    lines = [line for line in found.bill.lines if line.usage.event_id == pk]
    paid = fees.fee_lines(since=found.since, until=found.until, event_id=pk)
    facts = {"month": found, "event": None, "subject": there, "cost": rows[0], "lines": lines, "fees": paid}
    return _page(request, "event", "events", facts)


@staff_only
def order(request: HttpRequest) -> HttpResponseBase:
    code = request.GET.get("code", "").strip().upper()
    there = Order.objects.filter(code=code).select_related("event").first()
    if there is None:
        return _page(request, "order", "events", {"code": code}, status=404 if code else 200)
    now = clock.now()
    _, until = used.month_of(moment=there.confirmed_at or there.placed_at)
    found = month(now=min(now, until - timedelta(microseconds=1)))
    rows, _ = whose.event_costs(month=found, only=there.event_id)
    paid = fees.fee_lines(since=there.placed_at, until=now, order_id=there.pk)
    facts = {"code": code, "order": there, "cost": rows[0], "fees": paid, "month": found, "tickets": there.tickets.count()}
    return _page(request, "order", "events", facts)


@staff_only
def fees_page(request: HttpRequest) -> HttpResponseBase:
    since, _ = used.month_of(moment=clock.now())
    paid = fees.fee_lines(since=since, until=clock.now())
    facts = {"lines": paid, "schedules": fee_schedules().values(), "plan": plan.plan_fees(), "written": plan.WRITTEN_STRIPE_INR}
    return _page(request, "fees", "fees", facts | {"written_usd": plan.WRITTEN_STRIPE_USD, "rate": plan.INR_PER_USD, "since": since})


@staff_only
def scale_page(request: HttpRequest) -> HttpResponseBase:
    form = what_if.bound_form(query=request.GET)
    if not form.is_valid():
        return _page(request, "scale", "scale", {"form": form}, status=422)
    return _page(request, "scale", "scale", show.scale_page(form=form))


@staff_only
def findings_page(request: HttpRequest) -> HttpResponseBase:
    return _page(request, "findings", "findings", show.findings_page(month=month(now=clock.now())))


@staff_only
def prices(request: HttpRequest) -> HttpResponseBase:
    key = request.GET.get("book", "aws-us-east-1")
    if key not in BOOKS:
        raise Http404
    return _page(request, "prices", "prices", {"book": price_book(key=key), "books": books()})


@staff_only
def lines_csv(request: HttpRequest) -> HttpResponseBase:
    found = month(now=clock.now(), book_key=_book_asked(request))
    answer = StreamingHttpResponse(
        export.as_csv(bill=found.bill, since=found.since, until=found.until), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="costs-{found.since:%Y-%m}.csv"'
    return answer


@staff_only
def analysis(request: HttpRequest) -> HttpResponseBase:
    pdf = document.as_pdf(month=month(now=clock.now()))
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="cost-analysis.pdf"'
    return answer
