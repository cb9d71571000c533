"""Addresses of events: the public pages and the organiser's."""

from django.urls import path

from events import views_manage, views_prices, views_promotions, views_public, views_terms, views_tickets

app_name = "events"
urlpatterns = [
    path("", views_public.event_list, name="event-list"),
    path("events/", views_public.event_list),
    path("events/<slug:slug>/", views_public.event_page, name="event"),
    path("events/<slug:slug>/calendar.ics", views_public.calendar, name="calendar"),
    path("media/covers/<str:name>", views_public.cover_file, name="cover-file"),
    path("manage/<slug:organiser>/events/new/", views_manage.event_new, name="event-new"),
    path("manage/events/<slug:slug>/details/", views_manage.event_edit, name="event-edit"),
    path("manage/events/<slug:slug>/preview/", views_manage.preview, name="preview"),
    path("manage/events/<slug:slug>/publication/", views_manage.publication, name="publication"),
    path("manage/events/<slug:slug>/unpublication/", views_manage.unpublication, name="unpublication"),
    path("manage/events/<slug:slug>/cancellation/", views_manage.cancellation, name="cancellation"),
    path("manage/events/<slug:slug>/copies/", views_manage.copies, name="copies"),
    path("manage/events/<slug:slug>/tickets/", views_tickets.ticket_types, name="ticket-types"),
    path("manage/events/<slug:slug>/tickets/new/", views_tickets.ticket_type_new, name="ticket-type-new"),
    path("manage/events/<slug:slug>/tickets/<int:pk>/", views_tickets.ticket_type_edit, name="ticket-type-edit"),
    path("manage/events/<slug:slug>/tickets/<int:pk>/archive/", views_tickets.ticket_type_archive, name="ticket-type-archive"),
    path("manage/events/<slug:slug>/codes/", views_promotions.promotion_list, name="promotion-list"),
    path("manage/events/<slug:slug>/codes/new/", views_promotions.promotion_new, name="promotion-new"),
    path("manage/events/<slug:slug>/codes/<int:pk>/", views_promotions.promotion_edit, name="promotion-edit"),
    path("manage/events/<slug:slug>/codes/<int:pk>/archive/", views_promotions.promotion_archive, name="promotion-archive"),
    path("manage/events/<slug:slug>/terms/", views_terms.terms_edit, name="terms-edit"),
    path("manage/events/<slug:slug>/tickets/<int:kind>/prices/", views_prices.tier_list, name="tier-list"),
    path("manage/events/<slug:slug>/tickets/<int:kind>/prices/new/", views_prices.tier_new, name="tier-new"),
    path("manage/events/<slug:slug>/tickets/<int:kind>/prices/<int:pk>/", views_prices.tier_edit, name="tier-edit"),
    path("manage/events/<slug:slug>/tickets/<int:kind>/prices/<int:pk>/archive/", views_prices.tier_archive, name="tier-archive"),
    path("manage/events/<slug:slug>/discounts/new/", views_prices.discount_new, name="discount-new"),
    path("manage/events/<slug:slug>/discounts/<int:pk>/", views_prices.discount_edit, name="discount-edit"),
    path("manage/events/<slug:slug>/discounts/<int:pk>/archive/", views_prices.discount_archive, name="discount-archive"),
    path("manage/events/<slug:slug>/categories/new/", views_prices.category_new, name="category-new"),
    path("manage/events/<slug:slug>/categories/<int:pk>/", views_prices.category_edit, name="category-edit"),
    path("manage/events/<slug:slug>/categories/<int:pk>/removal/", views_prices.category_removal, name="category-removal"),
    path("manage/events/<slug:slug>/quotas/new/", views_tickets.quota_new, name="quota-new"),
    path("manage/events/<slug:slug>/quotas/<int:pk>/", views_tickets.quota_edit, name="quota-edit"),
]
