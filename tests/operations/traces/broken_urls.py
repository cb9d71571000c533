"""The product's addresses, and one that breaks."""

from django.urls import path

from ticketing import urls
from ticketing.urls import handler500  # noqa: F401


def broken(request, secret):
    raise ZeroDivisionError("dana@example.com")


urlpatterns = [path("broken/<str:secret>/", broken), *urls.urlpatterns]
