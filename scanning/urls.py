"""Addresses of the gate."""

from django.urls import include, path

from scanning import views, views_device, views_scanner

app_name = "scanning"
DEVICE = [
    path("scans/", views_device.scans, name="device-scans"),
    path("snapshot/", views_device.copy, name="device-copy"),
    path("claims/", views_device.claim_new, name="device-claim-new"),
    path("setup/", views_device.setup, name="device-setup"),
    path("undos/", views_device.undo_new, name="device-undo-new"),
    path("shifts/", views_device.shift_new, name="device-shift-new"),
    path("end/", views_device.end, name="device-end"),
    path("tickets/", views_device.tickets, name="device-tickets"),
]
urlpatterns = [
    path("device/", include(DEVICE)),
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
