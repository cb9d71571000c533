"""The organiser's pages about codes."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from events import inventory, promotions, reserving, series_changes
from events.access import event_for_member
from events.models import Event, Promotion
from events.promotion_form import PromotionForm
from events.views_series import for_other_dates
from ticketing.lib import clock


@login_required
def promotion_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    found = list(event.promotions.filter(archived_at=None).select_related("reserves").prefetch_related("ticket_types"))
    return render(request, "events/promotions.html", {"event": event, "tab": "tickets", "promotions": found, "now": clock.now()})


@login_required
def promotion_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    return _form_page(request, event, Promotion(event=event), "New code")


@login_required
def promotion_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    promotion = get_object_or_404(Promotion, event=event, pk=pk, archived_at=None)
    return _form_page(request, event, promotion, promotion.code)


def _form_page(request: HttpRequest, event: Event, promotion: Promotion, heading: str) -> HttpResponse:
    form = PromotionForm(request.POST or None, event=event, promotion=promotion)
    if request.method == "POST" and form.is_valid():
        try:
            was = series_changes.name_of(promotion)
            saved = _save(event, promotion, form)
            for_other_dates(request, event=event, part=saved, was=was, scope=form.cleaned_data.get("scope"))
            return redirect("events:promotion-list", slug=event.slug)
        except promotions.BelowUsed as error:
            form.add_error(error.field, str(error))
        except (reserving.ReserveInUse, inventory.SoldOut) as error:
            form.add_error("reserved", str(error))
    context = {"event": event, "tab": "tickets", "form": form, "heading": heading, "promotion": promotion}
    return render(request, "events/promotion_form.html", context, status=422 if form.errors else 200)


def _save(event: Event, promotion: Promotion, form: PromotionForm) -> Promotion:
    """The code and what it reserves, both or neither."""
    typed = form.cleaned_data
    with transaction.atomic():
        saved = promotions.save(event=event, promotion=promotion, fields=form.fields_for_verb(), kinds=list(typed["ticket_types"]))
        reserving.reserve(promotion=saved, kind=typed["reserves"], places=typed["reserved"] or 0)
    return saved


@login_required
@require_POST
def promotion_archive(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    promotion = get_object_or_404(Promotion.objects.select_related("event"), event=event, pk=pk)
    promotions.archive(promotion=promotion, now=clock.now())
    reserving.put_ended_on_sale(now=clock.now())
    for_other_dates(request, event=event, part=promotion, was=promotion.code, scope=request.POST.get("scope"))
    return redirect("events:promotion-list", slug=slug)
