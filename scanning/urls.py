"""Addresses of the gate."""

from django.urls import path

from scanning import views

app_name = "scanning"
urlpatterns = [
    path("gate/", views.home, name="home"),
    path("gate/<slug:slug>/", views.gate_page, name="gate"),
    path("gate/<slug:slug>/scans/", views.scan_new, name="scan-new"),
    path("gate/<slug:slug>/entries/<int:serial>/", views.entry_new, name="entry-new"),
    path("gate/<slug:slug>/counts/", views.counts, name="counts"),
    path("gate/<slug:slug>/gates/", views.gate_new, name="gate-new"),
]
