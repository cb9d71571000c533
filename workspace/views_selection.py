"""An act on many orders: first what it would do, then the act."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from events.access import event_for_member
from ticketing.lib import clock
from workspace import exporting, jobs, messaging
from workspace.filters import Filter
from workspace.selection import preview, selected, touched

ACTS = {"cancel": "Cancel and refund", "resend": "Send the mail again"}
AT_ONCE = 30  # orders; more take a job that works behind the page


@login_required
@require_POST
def selection(request: HttpRequest, slug: str) -> HttpResponseBase:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    chosen, act = selected(request.POST), request.POST.get("act", "")
    if chosen is None:
        messages.warning(request, "Tick the orders first, or choose all that match.")
        return HttpResponseRedirect(f"{reverse('workspace:order-list', args=[slug])}?{Filter.of(request.POST).address}", status=303)
    if act == "export":
        return exporting.answer(event=event, what="orders", wanted=chosen, form="xlsx")
    if act == "message":
        draft = messaging.draft(event=event, audience={"to": "buyers"} | chosen.as_dict(), by=request.user, now=clock.now())
        return HttpResponseRedirect(reverse("workspace:message", args=[slug, draft.pk]), status=303)
    if act not in ACTS:
        return redirect("workspace:order-list", slug=slug)
    context = {"event": event, "tab": "orders", "wanted": chosen, "act": act, "button": ACTS[act]}
    return render(request, "workspace/selection.html", context | preview(event=event, wanted=chosen, act=act))


@login_required
@require_POST
def act(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    chosen, act, now = selected(request.POST), request.POST.get("act", ""), clock.now()
    if chosen is None or act not in ACTS:
        return redirect("workspace:order-list", slug=slug)
    count = touched(event=event, wanted=chosen, act=act).count()
    job = jobs.ask(event=event, kind=act, arguments=chosen.as_dict(), by=request.user, total=count, now=now)
    if count <= AT_ONCE:
        jobs.run(job_id=job.pk, now=now)
    return HttpResponseRedirect(reverse("workspace:job", args=[slug, job.pk]), status=303)
