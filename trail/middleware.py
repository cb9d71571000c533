"""The edge says who acts."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from trail.record import acting


class ActorMiddleware:
    """What is changed in a request is noted as done by its user, or by the buyer when nobody is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(request):
            return self.get_response(request)
