"""Addresses of the cost pages."""

from django.urls import path

from operations.costs import views

app_name = "costs"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("plan/", views.plan_page, name="plan"),
    path("events/", views.events, name="events"),
    path("events/<int:pk>/", views.event, name="event"),
    path("orders/", views.order, name="order"),
    path("fees/", views.fees_page, name="fees"),
    path("scale/", views.scale_page, name="scale"),
    path("findings/", views.findings_page, name="findings"),
    path("prices/", views.prices, name="prices"),
    path("lines.csv", views.lines_csv, name="lines"),
    path("analysis.pdf", views.analysis, name="analysis"),
]
