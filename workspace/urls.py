"""Addresses of the organiser's desk."""

from typing import Any

from django.urls import include, path

from workspace import (
    views_exports,
    views_home,
    views_imports,
    views_lists,
    views_messages,
    views_orders,
    views_questions,
    views_selection,
    views_series,
    views_unsubscribe,
)

app_name = "workspace"
ORDER = [
    path("", views_orders.order_manage, name="order-manage"),
    path("cancellation/", views_orders.order_cancellation, name="order-cancellation"),
    path("mail/", views_orders.order_mail, name="order-mail"),
    path("answers/", views_questions.answers_edit, name="answers-edit"),
    path("answers/<str:token>/", views_questions.answer_file, name="answer-file"),
    path("buyer/", views_orders.buyer_edit, name="buyer-edit"),
    path("tickets/<int:position>/", views_orders.ticket_edit, name="ticket-edit"),
    path("tickets/<int:position>/void/", views_orders.ticket_void, name="ticket-void"),
]
EVENT: list[Any] = [
    path("", views_home.event_home, name="event-home"),
    path("figures/", views_home.figures, name="figures"),
    path("history/", views_home.history, name="history"),
    path("orders/", views_lists.order_list, name="order-list"),
    path("orders/new/", views_orders.order_new, name="order-new"),
    path("orders/selection/", views_selection.selection, name="selection"),
    path("orders/selection/act/", views_selection.act, name="selection-act"),
    path("orders/<str:code>/", include(ORDER)),
    path("questions/", views_questions.question_list, name="question-list"),
    path("questions/new/", views_questions.question_new, name="question-new"),
    path("questions/<int:pk>/", views_questions.question_edit, name="question-edit"),
    path("questions/<int:pk>/archive/", views_questions.question_archive, name="question-archive"),
    path("questions/<int:pk>/place/", views_questions.question_move, name="question-move"),
    path("attendees/", views_lists.attendee_list, name="attendee-list"),
    path("orders.csv", views_exports.order_csv, name="order-csv"),
    path("attendees.csv", views_exports.attendee_csv, name="attendee-csv"),
    path("exports/", views_exports.export_list, name="export-list"),
    path("exports/new/", views_exports.export_new, name="export-new"),
    path("exports/schedules/", views_exports.schedule_new, name="schedule-new"),
    path("exports/schedules/<int:pk>/end/", views_exports.schedule_end, name="schedule-end"),
    path("jobs/<int:pk>/", views_exports.job, name="job"),
    path("jobs/<int:pk>/file/", views_exports.job_file, name="job-file"),
    path("imports/new/", views_imports.import_new, name="import-new"),
    path("imports/<int:pk>/", views_imports.import_map, name="import-map"),
    path("messages/", views_messages.message_list, name="message-list"),
    path("messages/new/", views_messages.message_new, name="message-new"),
    path("messages/preview/", views_messages.preview, name="message-preview"),
    path("messages/outbox/", views_messages.outbox, name="outbox"),
    path("messages/outbox/<int:pk>/retry/", views_messages.outbox_retry, name="outbox-retry"),
    path("messages/<int:pk>/", views_messages.message_page, name="message"),
    path("messages/<int:pk>/test/", views_messages.message_test, name="message-test"),
    path("messages/<int:pk>/sending/", views_messages.message_send, name="message-send"),
    path("messages/<int:pk>/stop/", views_messages.message_stop, name="message-stop"),
]
urlpatterns = [
    path("manage/", views_home.home, name="home"),
    path("manage/series/<slug:name>/", views_series.series_home, name="series-home"),
    path("manage/events/<slug:slug>/", include(EVENT)),
    path("unsubscribe/<str:token>/", views_unsubscribe.unsubscribe, name="unsubscribe"),
]
