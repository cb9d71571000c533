"""The buyer's own answers to the event's questions: seen and changed by whoever holds the order's link."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from events import questions
from registrations import answer_files
from registrations import answers as answered
from registrations.access import order_for_link
from registrations.questionnaire import check, lay_out
from registrations.refusals import Refused
from registrations.views_order import private
from ticketing.lib import clock


@private
@require_http_methods(["GET", "HEAD", "POST"])
def answers(request: HttpRequest, code: str, secret: str) -> HttpResponse:
    order, now = order_for_link(code=code, secret=secret), clock.now()
    asked = questions.asked(event_id=order.event_id)
    if not asked or order.cancelled_at or order.event.ends_at <= now:
        raise Http404
    places, sent = answered.places_of(order=order), request.method == "POST"
    lay_out(questions=asked, places=places, typed=request.POST if sent else None, files=request.FILES if sent else None)
    errors = []
    if sent:
        answer_files.keep_uploads(event_id=order.event_id, places=places, now=now)
        errors = check(places=places)
        try:
            if not errors:
                answered.change(order=order, places=places, now=now)
                return HttpResponseRedirect(order.get_absolute_url(), status=303)
        except Refused as refusal:
            errors = [("main", str(refusal))]
    context = {"order": order, "event": order.event, "places": places, "errors": errors}
    return render(request, "registrations/answers.html", context, status=422 if errors else 200)


@require_safe
def answer_file(request: HttpRequest, code: str, secret: str, token: str) -> HttpResponseBase:
    return answer_files.download(order=order_for_link(code=code, secret=secret), token=token)
