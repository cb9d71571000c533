"""Addresses of payments."""

from django.urls import path

from payments import views, views_manage
from payments.practice import views as practice_views

app_name = "payments"
urlpatterns = [
    path("orders/<str:code>/<str:secret>/payment/", views.payment_start, name="payment-start"),
    path("orders/<str:code>/<str:secret>/payment/", views.payment_start, name="payment-new"),
    path("orders/<str:code>/<str:secret>/payment/return/", views.payment_return, name="payment-return"),
    path("notices/<slug:gateway_name>/", views.notice_new, name="notice-new"),
    path("practice/<str:token>/", practice_views.practice, name="practice"),
    path("manage/events/<slug:slug>/payments/", views_manage.payment_list, name="payment-list"),
    path("manage/events/<slug:slug>/orders/<str:code>/refund/", views_manage.refund_new, name="refund-new"),
]
