"""Addresses of registrations: the buyer's way, the order, and the organiser's lists."""

from django.urls import path

from registrations import views_checkout, views_manage, views_order

app_name = "registrations"
urlpatterns = [
    path("events/<slug:slug>/holds/", views_checkout.hold_new, name="hold-new"),
    path("checkout/<str:token>/", views_checkout.details, name="details"),
    path("checkout/<str:token>/review/", views_checkout.review, name="review"),
    path("checkout/<str:token>/order/", views_checkout.order_new, name="order-new"),
    path("checkout/<str:token>/extension/", views_checkout.extension_new, name="extension-new"),
    path("checkout/<str:token>/release/", views_checkout.release_new, name="release-new"),
    path("checkout/<str:token>/renewal/", views_checkout.renewal_new, name="renewal-new"),
    path("orders/<str:code>/<str:secret>/", views_order.order, name="order"),
    path("orders/<str:code>/<str:secret>/renewal/", views_order.order_again, name="order-again"),
    path("orders/<str:code>/<str:secret>/tickets.pdf", views_order.order_pdf, name="order-pdf"),
    path("orders/<str:code>/<str:secret>/calendar.ics", views_order.order_calendar, name="order-calendar"),
    path("orders/<str:code>/<str:secret>/tickets/<int:position>/", views_order.ticket_edit, name="ticket-edit"),
    path("tickets/find/", views_order.find_tickets, name="find-tickets"),
    path("manage/events/<slug:slug>/orders/", views_manage.order_list, name="order-list"),
    path("manage/events/<slug:slug>/orders.csv", views_manage.order_export, name="order-export"),
    path("manage/events/<slug:slug>/orders/<str:code>/", views_manage.order_manage, name="order-manage"),
    path("manage/events/<slug:slug>/orders/<str:code>/cancellation/", views_manage.order_cancellation, name="order-cancellation"),
    path("manage/events/<slug:slug>/orders/<str:code>/mail/", views_manage.order_mail, name="order-mail"),
    path("manage/events/<slug:slug>/attendees/", views_manage.attendee_list, name="attendee-list"),
    path("manage/events/<slug:slug>/attendees.csv", views_manage.attendee_export, name="attendee-export"),
]
