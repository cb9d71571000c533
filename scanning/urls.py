"""Addresses of scanning."""

app_name = "scanning"
urlpatterns: list = []
