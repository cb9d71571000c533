"""Addresses of the gate."""

from django.urls import include, path

from scanning import views, views_device, views_scanner, views_supervisor

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
    path("badges/", views_device.badge_link, name="device-badge-link"),
    path("badges/<str:word>/", views_device.badge_print, name="badge-print"),
    path("badges/<str:serial>.pdf", views_device.badge, name="device-badge"),
]
SUPERVISOR = [
    path("", views_supervisor.live, name="supervisor"),
    path("scans/<int:scan>/undo/", views_supervisor.undo_new, name="undo-new"),
    path("devices/", views_supervisor.device_list, name="devices"),
    path("devices/<int:device>/", views_supervisor.device, name="device"),
    path("devices/<int:device>/revocation/", views_supervisor.device_revocation, name="device-revocation"),
    path("devices/<int:device>/code/", views_supervisor.device_code, name="device-code"),
    path("lists/", views_supervisor.list_list, name="lists"),
    path("lists/new/", views_supervisor.list_edit, name="list-new"),
    path("lists/<int:pk>/", views_supervisor.list_edit, name="list"),
    path("lists/<int:pk>/exits/", views_supervisor.exits, name="exits"),
    path("gates/<int:gate>/list/", views_supervisor.gate_list, name="gate-list"),
    path("conflicts/", views_supervisor.conflict_list, name="conflicts"),
    path("conflicts.csv", views_supervisor.conflict_export, name="conflict-export"),
]
urlpatterns = [
    path("device/", include(DEVICE)),
    path("", views.home, name="home"),
    path("scanner/", views_scanner.scanner, name="scanner"),
    path("scanner/worker.js", views_scanner.scanner_worker, name="scanner-worker"),
    path("scanner/manifest.webmanifest", views_scanner.scanner_manifest, name="scanner-manifest"),
    path("open/<str:code>/", views_scanner.open_page, name="open"),
    path("<slug:slug>/supervisor/", include(SUPERVISOR)),
    path("<slug:slug>/", views.gate_page, name="gate"),
    path("<slug:slug>/scans/", views.scan_new, name="scan-new"),
    path("<slug:slug>/entries/<int:serial>/", views.entry_new, name="entry-new"),
    path("<slug:slug>/counts/", views.counts, name="counts"),
    path("<slug:slug>/gates/", views.gate_new, name="gate-new"),
]
