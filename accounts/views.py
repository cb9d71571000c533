"""Organisers and their teams."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts import team
from accounts.access import organiser_for_member
from accounts.forms import InvitationForm, InvoiceFactsForm, OrganiserForm, RoleForm
from accounts.models import Invitation, Membership, Role, User
from ticketing.lib import clock


@login_required
def organiser_new(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    form = OrganiserForm(request.POST or None, initial={"email": request.user.email, "currency": "EUR"})
    if request.method == "POST" and form.is_valid():
        team.create_organiser(owner=request.user, **form.cleaned_data)
        return redirect("workspace:home")
    return render(request, "accounts/organiser_form.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def team_page(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="own")
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        try:
            team.invite(organiser=organiser, by=request.user, now=clock.now(), **form.cleaned_data)
            messages.info(request, f"The invitation is on its way to {form.cleaned_data['email']}.")
            return redirect("accounts:team", slug=slug)
        except team.TeamRefused as error:
            form.add_error("email", str(error))
    context = {
        "organiser": organiser,
        "form": form,
        "roles": Role.choices,
        "members": Membership.objects.filter(organiser=organiser).select_related("user").order_by("joined_at"),
        "invitations": Invitation.objects.filter(organiser=organiser, accepted_at=None, revoked_at=None).order_by("invited_at"),
    }
    return render(request, "accounts/team.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def member_role(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="own")
    membership = get_object_or_404(Membership, organiser=organiser, pk=pk)
    form = RoleForm(request.POST)
    try:
        if request.POST.get("act") == "remove":
            team.remove(membership=membership)
        elif form.is_valid():
            team.change_role(membership=membership, role=form.cleaned_data["role"])
    except team.TeamRefused as error:
        messages.warning(request, str(error))
    return redirect("accounts:team", slug=slug)


@login_required
@require_POST
def invitation_revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="own")
    team.revoke(invitation=get_object_or_404(Invitation, organiser=organiser, pk=pk), now=clock.now())
    return redirect("accounts:team", slug=slug)


@login_required
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    row = get_object_or_404(Invitation.objects.select_related("organiser"), token=token)
    refused = ""
    if request.method == "POST":
        assert isinstance(request.user, User)
        try:
            team.accept(invitation=row, user=request.user, now=clock.now())
            return redirect("workspace:home")
        except team.TeamRefused as error:
            refused = str(error)
    return render(request, "accounts/invitation.html", {"invitation": row, "refused": refused}, status=409 if refused else 200)


@login_required
def invoice_facts(request: HttpRequest, slug: str) -> HttpResponse:
    organiser, _ = organiser_for_member(user=request.user, slug=slug, to="finance")
    names = InvoiceFactsForm.base_fields
    form = InvoiceFactsForm(request.POST or None, initial={name: getattr(organiser, name) for name in names})
    if request.method == "POST" and form.is_valid():
        team.set_invoice_facts(organiser=organiser, facts=form.cleaned_data)
        messages.info(request, "Saved. Invoices from now on say this.")
        return redirect("accounts:invoice-facts", slug=slug)
    return render(request, "accounts/invoice_facts.html", {"organiser": organiser, "form": form}, status=422 if form.errors else 200)
