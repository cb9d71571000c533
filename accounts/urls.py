"""Addresses of organisers and their teams."""

from django.urls import path

from accounts import privacy, views

app_name = "accounts"
urlpatterns = [
    path("manage/organisers/new/", views.organiser_new, name="organiser-new"),
    path("manage/<slug:slug>/team/", views.team_page, name="team"),
    path("manage/<slug:slug>/invoice-details/", views.invoice_facts, name="invoice-facts"),
    path("manage/<slug:slug>/privacy/", privacy.privacy, name="privacy"),
    path("manage/<slug:slug>/team/<int:pk>/", views.member_role, name="member-role"),
    path("manage/<slug:slug>/invitations/<int:pk>/revocation/", views.invitation_revoke, name="invitation-revoke"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
]
