"""Addresses of the API and of its pages. api/door.py resolves /api/v1/ here by itself."""

from django.urls import include, path, re_path

from api import (
    document,
    routes_changes,
    routes_events,
    routes_gate,
    routes_money,
    routes_orders,
    routes_prices,
    routes_public,
    routes_questions,
    routes_staff,
    routes_types,
    routes_waiting,
    views,
)
from api.door import not_found
from api.reference import api
from api.webhooks import views as views_webhooks

OWN = "/manage/events"
api.add_router("", routes_public.router)
FOR_ORGANISERS = (
    routes_events,
    routes_types,
    routes_prices,
    routes_questions,
    routes_orders,
    routes_changes,
    routes_staff,
    routes_money,
    routes_waiting,
    routes_gate,
)
for routes in FOR_ORGANISERS:
    api.add_router(OWN, routes.router)

app_name = "api"
MANAGE = [
    path("tokens/", views.token_list, name="token-list"),
    path("tokens/<int:pk>/revocation/", views.token_revoke, name="token-revoke"),
    path("webhooks/", views_webhooks.endpoint_list, name="endpoint-list"),
    path("webhooks/<int:pk>/", views_webhooks.endpoint, name="endpoint"),
    path("webhooks/<int:pk>/<slug:act>/", views_webhooks.endpoint_act, name="endpoint-act"),
    path("webhooks/<int:pk>/messages/<int:message>/", views_webhooks.message_again, name="message-again"),
]
urlpatterns = [
    path("api/v1/openapi.json", document.served),
    path("api/v1/", api.urls),
    re_path(r"^api/v1/(?P<path>.*)$", not_found),
    path("api/", views.reference, name="reference"),
    path("manage/<slug:slug>/", include(MANAGE)),
]
