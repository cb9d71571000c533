"""The staff's desk opens on every model, with few queries, and calls verbs."""

import pytest
from django.contrib import admin

from registrations.models import Order
from tests import cast

pytestmark = pytest.mark.django_db
OURS = ("accounts", "api", "events", "registrations", "payments", "scanning", "outbox", "trail", "workspace")


@pytest.fixture
def desk(client, db):
    client.force_login(cast.person("Staff", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize(
    "model", [model for model in admin.site._registry if model._meta.app_label in OURS], ids=lambda model: model.__name__
)
def test_each_list_and_row_opens(desk, concert, model, django_assert_max_num_queries):
    cast.ordered(cast.ticket_type(concert), 2)
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    with django_assert_max_num_queries(12):
        assert desk.get(address).status_code == 200
    row = model.objects.first()
    if row:
        assert desk.get(f"{address}{row.pk}/change/").status_code == 200


def test_every_model_is_on_the_desk():
    from django.apps import apps

    missing = [m for m in apps.get_models() if m._meta.app_label in OURS and m not in admin.site._registry and not m._meta.auto_created]
    assert missing == []


def test_an_order_is_cancelled_by_the_verb(desk, concert):
    kind = cast.ticket_type(concert)
    order = cast.ordered(kind, 2)
    desk.post("/admin/registrations/order/", {"action": "cancel", "_selected_action": [order.pk]})
    assert Order.objects.get().cancelled_at
    assert kind.quotas.get().claimed == 0
