"""Addresses of registrations: the buyer's way and the order."""

from django.urls import include, path

from registrations import (
    views_answers,
    views_changes,
    views_checkout,
    views_choices,
    views_invoices,
    views_order,
    views_privacy,
    views_requests,
    views_transfer,
    views_waiting,
    views_waiting_manage,
    views_wallet,
)

app_name = "registrations"
CHECKOUT = [
    path("", views_checkout.details, name="details"),
    path("review/", views_checkout.review, name="review"),
    path("order/", views_checkout.order_new, name="order-new"),
    path("extension/", views_checkout.extension_new, name="extension-new"),
    path("release/", views_checkout.release_new, name="release-new"),
    path("renewal/", views_checkout.renewal_new, name="renewal-new"),
]
ORDER = [
    path("", views_order.order, name="order"),
    path("renewal/", views_order.order_again, name="order-again"),
    path("tickets.pdf", views_order.order_pdf, name="order-pdf"),
    path("invoices/<int:number>.pdf", views_invoices.order_invoice, name="order-invoice"),
    path("calendar.ics", views_order.order_calendar, name="order-calendar"),
    path("tickets/<int:position>/", views_order.ticket_edit, name="ticket-edit"),
    path("answers/", views_answers.answers, name="answers"),
    path("answers/<str:token>/", views_answers.answer_file, name="answer-file"),
    path("tickets/<int:position>/transfer/", views_transfer.ticket_transfer, name="ticket-transfer"),
    path("tickets/<int:position>/wallet/<slug:wallet>/", views_wallet.ticket_wallet, name="ticket-wallet"),
    path("changes/", views_changes.changes, name="order-changes"),
    path("mail/", views_changes.order_mail, name="order-mail"),
    path("data/", views_privacy.data, name="data"),
    path("data.json", views_privacy.data_file, name="data-file"),
    path("erasure/", views_privacy.erasure_new, name="erasure-new"),
    path("erasure/<str:token>/", views_privacy.erasure_confirm, name="erasure"),
]
WALLET = [  # the paths are Apple's own
    path("v1/devices/<str:phone>/registrations/<str:pass_type>/<str:number>", views_wallet.phone_pass),
    path("v1/devices/<str:phone>/registrations/<str:pass_type>", views_wallet.phone_changes),
    path("v1/passes/<str:pass_type>/<str:number>", views_wallet.newest_pass),
    path("v1/log", views_wallet.phone_log),
]
HELD = [
    path("", views_transfer.held_ticket, name="held-ticket"),
    path("ticket.pdf", views_transfer.held_pdf, name="held-pdf"),
    path("calendar.ics", views_transfer.held_calendar, name="held-calendar"),
    path("name/", views_transfer.held_edit, name="held-edit"),
    path("transfer/", views_transfer.held_transfer, name="held-transfer"),
    path("data/", views_privacy.held_erasure, name="held-erasure"),
    path("wallet/<slug:wallet>/", views_wallet.held_wallet, name="held-wallet"),
]
MANAGE = [
    path("invoices/", views_invoices.invoice_list, name="invoice-list"),
    path("invoices.csv", views_invoices.invoice_export, name="invoice-export"),
    path("invoices/<int:number>.pdf", views_invoices.invoice_file, name="invoice-file"),
    path("waiting/", views_waiting_manage.waiting_list, name="waiting-list"),
    path("waiting/terms/", views_waiting_manage.terms, name="waiting-terms"),
    path("waiting/<int:pk>/offer/", views_waiting_manage.offer_new, name="waiting-offer"),
    path("waiting/<int:pk>/place/", views_waiting_manage.place_new, name="waiting-place"),
    path("waiting/<int:pk>/removal/", views_waiting_manage.removal_new, name="waiting-removal"),
    path("requests/", views_requests.request_list, name="request-list"),
    path("requests/decisions/", views_requests.decisions, name="request-decisions"),
]
urlpatterns = [
    path("checkout/<str:token>/", include(CHECKOUT)),
    path("orders/<str:code>/<str:secret>/", include(ORDER)),
    path("orders/worker.js", views_order.page_worker, name="order-worker"),
    path("transfers/<str:secret>/", include(HELD)),
    path("wallet/", include(WALLET)),
    path("transfers/worker.js", views_order.page_worker, name="held-worker"),
    path("manage/events/<slug:slug>/", include(MANAGE)),
    path("events/<slug:slug>/code/", views_choices.code, name="code"),
    path("events/<slug:slug>/waiting/<int:pk>/", views_waiting.waiting_new, name="waiting-new"),
    path("waiting/<str:token>/", views_waiting.waiting_entry, name="waiting-entry"),
    path("waiting/<str:token>/departure/", views_waiting.departure_new, name="departure-new"),
    path("events/<slug:slug>/privacy/", views_privacy.notice, name="privacy-notice"),
    path("events/<slug:slug>/holds/", views_checkout.hold_new, name="hold-new"),
    path("tickets/find/", views_order.find_tickets, name="find-tickets"),
]
