"""Addresses of the gate."""

from django.urls import path

from scanning import views, views_scanner

app_name = "scanning"
urlpatterns = [
    path("", views.home, name="home"),
    path("scanner/", views_scanner.scanner, name="scanner"),
    path("scanner/worker.js", views_scanner.scanner_worker, name="scanner-worker"),
    path("scanner/manifest.webmanifest", views_scanner.scanner_manifest, name="scanner-manifest"),
    path("open/<str:code>/", views_scanner.open_page, name="open"),
    path("<slug:slug>/", views.gate_page, name="gate"),
    path("<slug:slug>/scans/", views.scan_new, name="scan-new"),
    path("<slug:slug>/entries/<int:serial>/", views.entry_new, name="entry-new"),
    path("<slug:slug>/counts/", views.counts, name="counts"),
    path("<slug:slug>/gates/", views.gate_new, name="gate-new"),
]
