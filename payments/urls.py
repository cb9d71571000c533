"""Addresses of payments."""

from django.urls import path

from payments import views, views_account, views_buyer, views_disputes, views_finance, views_manage
from payments.practice import views as practice_views

app_name = "payments"
urlpatterns = [
    path("orders/<str:code>/<str:secret>/payment/", views.payment_start, name="payment-start"),
    path("orders/<str:code>/<str:secret>/payment/", views.payment_start, name="payment-new"),
    path("orders/<str:code>/<str:secret>/payment/return/", views.payment_return, name="payment-return"),
    path("orders/<str:code>/<str:secret>/cancellation/", views_buyer.cancellation, name="buyer-cancellation"),
    path("orders/<str:code>/<str:secret>/receipt/", views_buyer.receipt, name="receipt"),
    path("notices/<slug:gateway_name>/", views.notice_new, name="notice-new"),
    path("practice/<str:token>/", practice_views.practice, name="practice"),
    path("manage/<slug:slug>/payout-account/", views_account.payout_account, name="payout-account"),
    path("manage/events/<slug:slug>/disputes/", views_disputes.dispute_list, name="dispute-list"),
    path("manage/events/<slug:slug>/disputes/<int:pk>/", views_disputes.dispute, name="dispute"),
    path("manage/events/<slug:slug>/payments/", views_manage.payment_list, name="payment-list"),
    path("manage/events/<slug:slug>/payments.csv", views_manage.payment_export, name="payment-export"),
    path("manage/events/<slug:slug>/orders/<str:code>/refund/", views_manage.refund_new, name="refund-new"),
    path("manage/events/<slug:slug>/payments/everybody/", views_manage.event_refund, name="event-refund"),
    path("manage/<slug:slug>/payouts/", views_finance.payouts, name="payouts"),
    path("manage/<slug:slug>/payouts/<int:pk>/", views_finance.payout, name="payout"),
    path("manage/<slug:slug>/payouts/<int:pk>.csv", views_finance.payout_export, name="payout-export"),
    path("manage/<slug:slug>/differences/", views_finance.differences, name="differences"),
    path("manage/<slug:slug>/differences/<int:pk>/decision/", views_finance.difference_decision, name="difference-decision"),
]
