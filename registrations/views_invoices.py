"""Invoices and credit notes: the buyer's by their link, the organiser's in a list."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from events.access import event_for_member
from events.models import Event
from registrations import invoices
from registrations.access import order_for_link
from registrations.invoice_pdf import invoice_pdf
from registrations.models import Invoice, InvoiceKind
from registrations.views_order import private
from ticketing.lib import clock, money
from ticketing.lib.spreadsheets import csv_file

PAGE = 50


@private
@require_safe
def order_invoice(request: HttpRequest, code: str, secret: str, number: int) -> HttpResponse:
    """One of the order's documents; 0 is the invoice that fulfilment has not made yet."""
    order = order_for_link(code=code, secret=secret)
    if number == 0:
        made = invoices.issue(order=order, now=clock.now())
        if made is None:
            raise Http404
        return HttpResponseRedirect(reverse("registrations:order-invoice", args=[code, secret, made.number]))
    return _file(get_object_or_404(Invoice, order=order, number=number))


def _file(invoice: Invoice) -> HttpResponse:
    response = HttpResponse(invoice_pdf(invoice=invoice), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{invoice.kind.replace("_", "-")}-{invoice.label}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def invoice_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Newest first; kind, search and place in the list are in the address."""
    event = event_for_member(user=request.user, slug=slug, to="finance")
    rows, before = _documents(request, event), request.GET.get("before", "")
    if before.isascii() and before.isdigit() and int(before) < 2**31:
        rows = rows.filter(number__lt=int(before))
    found = list(rows[: PAGE + 1])
    context = {
        "event": event,
        "tab": "payments",
        "part": "invoices",
        "invoices": found[:PAGE],
        "more": found[PAGE - 1].number if len(found) > PAGE else None,
        "kind": request.GET.get("kind", ""),
        "q": request.GET.get("q", "")[:40],
        "kinds": InvoiceKind.choices,
    }
    return render(request, "registrations/invoice_list.html", context)


def _documents(request: HttpRequest, event: Event) -> QuerySet[Invoice]:
    rows = Invoice.objects.filter(organiser=event.organiser, order__event=event).select_related("order", "answers").order_by("-number")
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").strip()[:40]
    if kind in InvoiceKind.values:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(label=text) | rows.filter(order__code=text.upper())
    return rows


@login_required
@require_safe
def invoice_file(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="finance")
    return _file(get_object_or_404(Invoice, organiser=event.organiser, order__event=event, number=number))


@login_required
@require_safe
def invoice_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="finance")
    head = ["Number", "Kind", "Answers", "Order", "Buyer", "VAT number", "Date (UTC)", "Net", "Tax", "Total", "Currency"]
    rows = (
        [
            invoice.label,
            invoice.get_kind_display(),
            invoice.answers.label if invoice.answers else "",
            invoice.order.code,
            invoice.facts["buyer"]["name"],
            invoice.facts["buyer"]["vat_id"],
            f"{invoice.issued_at:%Y-%m-%d %H:%M:%S}",
            *(
                money.to_major(amount * (-1 if invoice.answers_id else 1), invoice.currency)
                for amount in (invoice.net_minor, invoice.tax_minor, invoice.total_minor)
            ),
            invoice.currency,
        ]
        for invoice in _documents(request, event).iterator(chunk_size=1000)
    )
    return csv_file(f"invoices-{event.slug}.csv", head, rows)
