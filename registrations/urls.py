"""Addresses of registrations: the buyer's way and the order."""

from django.urls import include, path

from registrations import views_checkout, views_choices, views_invoices, views_order

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
]
MANAGE = [
    path("invoices/", views_invoices.invoice_list, name="invoice-list"),
    path("invoices.csv", views_invoices.invoice_export, name="invoice-export"),
    path("invoices/<int:number>.pdf", views_invoices.invoice_file, name="invoice-file"),
]
urlpatterns = [
    path("checkout/<str:token>/", include(CHECKOUT)),
    path("orders/<str:code>/<str:secret>/", include(ORDER)),
    path("manage/events/<slug:slug>/", include(MANAGE)),
    path("events/<slug:slug>/code/", views_choices.code, name="code"),
    path("events/<slug:slug>/holds/", views_checkout.hold_new, name="hold-new"),
    path("tickets/find/", views_order.find_tickets, name="find-tickets"),
]
