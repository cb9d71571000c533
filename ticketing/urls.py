"""Every address of the product, by room. Nouns; what changes something is a POST.

Hot rooms come first, and their addresses in groups: Django tries them one after the other."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from operations import exports
from ticketing import health

urlpatterns = [
    path("gate/", include("scanning.urls")),
    path("", include("registrations.urls")),
    path("", include("events.urls")),
    path("", include("payments.urls")),
    path("", include("api.urls")),
    path("", include("workspace.urls")),
    path("", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("metrics", exports.metrics, name="metrics"),
    path("operations/costs/", include("operations.costs.urls")),
    path("operations/", include("operations.urls")),
    path("admin/", admin.site.urls),
    path("livez", health.livez),
    path("readyz", health.readyz),
]
if settings.DEBUG:
    from ticketing import styleguide

    urlpatterns.append(path("styleguide/", styleguide.page, name="styleguide"))

handler400 = "ticketing.trouble.bad_request"
handler404 = "ticketing.trouble.not_found"
handler500 = "ticketing.trouble.broken"
