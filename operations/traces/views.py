"""Traces, for staff: the list, one as a waterfall, and the way to it from an order."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from operations.access import staff_only
from operations.traces import finding
from registrations.models import Order


@staff_only
@require_safe
def trace_list(request: HttpRequest) -> HttpResponse:
    """The newest, or straight to the one that was asked for."""
    shown, wanted = request.GET.get("shown", "trouble"), request.GET.get("find", "").strip()
    if shown not in finding.SHOWN:
        raise Http404
    if wanted and (found := finding.asked_for(text=wanted)):
        return redirect("operations:trace", trace=found.hex)
    context = {"rows": finding.newest(shown=shown), "shown": shown, "choices": finding.SHOWN, "wanted": wanted, "tab": "traces"}
    template = "operations/traces/_list.html" if request.headers.get("HX-Request") else "operations/traces/list.html"
    return render(request, template, context, status=404 if wanted else 200)


@staff_only
@require_safe
def trace(request: HttpRequest, trace: str) -> HttpResponse:
    """A trace as a waterfall; one of which nothing was kept says so."""
    try:
        number = UUID(hex=trace)
    except ValueError:
        raise Http404 from None
    recordings = finding.recordings(trace=number)
    context = {"trace": number, "recordings": recordings, "tab": "traces"}
    if recordings:
        context |= {"began": recordings[0].row.started_at, "ended": max(finding.end_of(each.row) for each in recordings)}
    template = "operations/traces/_waterfall.html" if request.headers.get("HX-Request") else "operations/traces/trace.html"
    return render(request, template, context)


@staff_only
@require_safe
def order_trace(request: HttpRequest, pk: int) -> HttpResponse:
    """From an order's page to all that its buyer's way has left."""
    return redirect("operations:trace", trace=finding.of_order(order=get_object_or_404(Order, pk=pk)).hex)
