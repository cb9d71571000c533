"""Addresses of the watch; costs have their own."""

from django.urls import path

from operations import views
from operations.traces import views as traces

app_name = "operations"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("charts/", views.charts, name="charts"),
    path("alarms/", views.alarms, name="alarms"),
    path("alarms/<slug:name>/", views.alarm, name="alarm"),
    path("alarms/<slug:name>/acknowledgement/", views.acknowledgement_new, name="acknowledgement-new"),
    path("alarms/<slug:name>/silence/", views.silence_new, name="silence-new"),
    path("tasks/", views.task_new, name="task-new"),
    path("traces/", traces.trace_list, name="traces"),
    path("traces/order/<int:pk>/", traces.order_trace, name="order-trace"),
    path("traces/<slug:trace>/", traces.trace, name="trace"),
    path("health/", views.health, name="health"),
]
