"""The organiser's pages about what changes a price: steps and discounts; and about headings."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from events import categories, discounts, series_changes, tier_steps, tiers
from events.access import event_for_member
from events.models import Category, Discount, Event, PriceTier, TicketType
from events.price_forms import CategoryForm, DiscountForm, TierForm
from events.views_series import for_other_dates
from ticketing.lib import clock


def _kind(request: HttpRequest, slug: str, pk: int) -> TicketType:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    kind = get_object_or_404(TicketType, event=event, pk=pk, archived_at=None)
    kind.event = event
    return kind


def _part_page(request: HttpRequest, event: Event, form: Any, **context: Any) -> HttpResponse:
    context |= {"event": event, "tab": "tickets", "form": form}
    return render(request, "events/part_form.html", context, status=422 if form.errors else 200)


@login_required
def tier_list(request: HttpRequest, slug: str, kind: int) -> HttpResponse:
    of, now = _kind(request, slug, kind), clock.now()
    ladder = list(of.tiers.filter(archived_at=None))
    selling = tiers.open_steps(ladder=ladder, now=now)
    context = {"event": of.event, "tab": "tickets", "kind": of, "ladder": ladder, "selling": selling[0] if selling else None, "now": now}
    return render(request, "events/tiers.html", context)


@login_required
def tier_new(request: HttpRequest, slug: str, kind: int) -> HttpResponse:
    of = _kind(request, slug, kind)
    return _tier_page(request, of, PriceTier(ticket_type=of), f"New price step of {of.name}")


@login_required
def tier_edit(request: HttpRequest, slug: str, kind: int, pk: int) -> HttpResponse:
    of = _kind(request, slug, kind)
    tier = get_object_or_404(PriceTier, ticket_type=of, pk=pk, archived_at=None)
    return _tier_page(request, of, tier, f"{of.name}, {tier.name}")


def _tier_page(request: HttpRequest, kind: TicketType, tier: PriceTier, heading: str) -> HttpResponse:
    form = TierForm(request.POST or None, kind=kind, tier=tier)
    back = reverse("events:tier-list", args=[kind.event.slug, kind.pk])
    if request.method == "POST" and form.is_valid():
        try:
            was = series_changes.name_of(tier)
            saved = tier_steps.save(kind=kind, tier=tier, fields=form.fields_for_verb(), now=clock.now())
            for_other_dates(request, event=kind.event, part=saved, was=was, scope=form.cleaned_data.get("scope"))
            return redirect(back)
        except tier_steps.BelowSold as error:
            form.add_error("quantity", str(error))
    end = reverse("events:tier-archive", args=[kind.event.slug, kind.pk, tier.pk]) if tier.pk else ""
    return _part_page(request, kind.event, form, heading=heading, back=back, end=end, end_label="End this price", end_dates=True)


@login_required
@require_POST
def tier_archive(request: HttpRequest, slug: str, kind: int, pk: int) -> HttpResponse:
    of = _kind(request, slug, kind)
    tier = get_object_or_404(PriceTier, ticket_type=of, pk=pk)
    tier.ticket_type = of
    tier_steps.archive(tier=tier, now=clock.now())
    for_other_dates(request, event=of.event, part=tier, was=tier.name, scope=request.POST.get("scope"))
    return redirect("events:tier-list", slug, kind)


@login_required
def discount_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    return _discount_page(request, event, Discount(event=event), "New discount")


@login_required
def discount_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    discount = get_object_or_404(Discount, event=event, pk=pk, archived_at=None)
    return _discount_page(request, event, discount, discount.name)


def _discount_page(request: HttpRequest, event: Event, discount: Discount, heading: str) -> HttpResponse:
    form = DiscountForm(request.POST or None, event=event, discount=discount)
    if request.method == "POST" and form.is_valid():
        kinds = list(form.cleaned_data["ticket_types"])
        was = series_changes.name_of(discount)
        saved = discounts.save(event=event, discount=discount, fields=form.fields_for_verb(), kinds=kinds)
        for_other_dates(request, event=event, part=saved, was=was, scope=form.cleaned_data.get("scope"))
        return redirect("events:ticket-types", slug=event.slug)
    end = reverse("events:discount-archive", args=[event.slug, discount.pk]) if discount.pk else ""
    back = reverse("events:ticket-types", args=[event.slug])
    return _part_page(request, event, form, heading=heading, back=back, end=end, end_label="End this discount", end_dates=True)


@login_required
@require_POST
def discount_archive(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    discount = get_object_or_404(Discount.objects.select_related("event"), event=event, pk=pk)
    discounts.archive(discount=discount, now=clock.now())
    for_other_dates(request, event=event, part=discount, was=discount.name, scope=request.POST.get("scope"))
    return redirect("events:ticket-types", slug=slug)


@login_required
def category_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    return _category_page(request, event, Category(event=event), "New category")


@login_required
def category_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    category = get_object_or_404(Category, event=event, pk=pk)
    return _category_page(request, event, category, category.name)


def _category_page(request: HttpRequest, event: Event, category: Category, heading: str) -> HttpResponse:
    form = CategoryForm(request.POST or None, event=event, category=category)
    if request.method == "POST" and form.is_valid():
        categories.save(event=event, category=category, fields=form.fields_for_verb())
        return redirect("events:ticket-types", slug=event.slug)
    end = reverse("events:category-removal", args=[event.slug, category.pk]) if category.pk else ""
    back = reverse("events:ticket-types", args=[event.slug])
    return _part_page(request, event, form, heading=heading, back=back, end=end, end_label="Remove this category")


@login_required
@require_POST
def category_removal(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    categories.remove(category=get_object_or_404(Category.objects.select_related("event"), event=event, pk=pk))
    return redirect("events:ticket-types", slug=slug)
