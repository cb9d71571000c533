"""F34: one organiser's session on every address of another, and guessed links. One uniform 404, nothing leaks."""

import re

import pytest
from django.urls import get_resolver

from events.models import EventSeries
from registrations import codes
from registrations.models import Ticket
from scanning import devices, redemption
from scanning.gates import gates_of
from tests import cast
from ticketing.lib import clock

# Everything else must be an organiser's or a buyer's; a new address in none of the three fails the test.
FOR_EVERYBODY = (
    r"^(events/)?$",
    r"^events/<slug:slug>/",
    r"^series/<slug:series>/$",
    r"^media/covers/",
    r"^static/",
    r"^tickets/find/$",
    r"^organisers/<slug:slug>/",
    r"^widget\.js$",
    r"^(orders|transfers)/worker\.js$",
    r"^wallet/v1/",  # Apple's phones, by the token in their pass (tests/registrations/test_wallets.py)
    r"^notices/<slug:gateway_name>/$",
    r"^(manage|gate)/$",
    r"^manage/organisers/new/$",
    r"^gate/(device|scanner|open)/",  # a device's own header says who it is (tests/scanning/test_devices.py)
    r"^(livez|readyz|styleguide/?)$",
)
OF_AN_ORGANISER = r"^(manage|gate)/(?!(device|scanner|open)/).*<"
BEHIND_A_SECRET = r"^(?!\w+/worker\.js$)(orders|checkout|practice|invitations|transfers|waiting|unsubscribe)/"
OTHER_ROOMS = (
    "admin/",
    "api/",
    "^api/",
    "account/",
    "allauth/",
    "operations/",
    "metrics",
)  # their own permissions, tested with them and in test_f34_access_table.py (operations: tests/operations/test_dashboard.py)


def addresses(resolver=None, before=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        text = before + str(pattern.pattern)
        if text.startswith(OTHER_ROOMS):
            continue
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern, text)
        else:
            yield text.replace("^", "")


ALL = list(dict.fromkeys(addresses()))
ORGANISERS = [text for text in ALL if re.search(OF_AN_ORGANISER, text)]
SECRETS = [text for text in ALL if re.search(BEHIND_A_SECRET, text)]


def filled(pattern, values):
    """The pattern with its parameters replaced; KeyError for one that this test does not know."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), pattern)


@pytest.fixture
def world(hall, charlie):
    cast.organiser("charlies-club", owner=charlie)
    event = cast.event(organiser=hall)
    repeated = EventSeries.objects.create(organiser=hall, name="Every week", slug="every-week", source=event, made_at=clock.now())
    kind = cast.ticket_type(event)
    order = cast.ordered(kind)
    gate = gates_of(event=event)[0]
    device = devices.make(event=event, gates=[gate], name="", now=clock.now(), made_by=None)
    scan = redemption.redeem(gate=gate, presented=codes.code_of(Ticket.objects.get()), now=clock.now()).scan
    there = {
        "slug": event.slug,
        "organiser": hall.slug,
        "name": repeated.slug,
        "series": repeated.slug,
        "pk": kind.pk,
        "kind": kind.pk,
        "code": order.code,
        "serial": Ticket.objects.get().serial,
        "secret": order.secret,
        "position": 1,
        "gate": gate.pk,
        "number": 1,
        "device": device.pk,
        "scan": scan.pk,
        "token": "x" * 22,
        "act": "test",
        "wallet": "apple",
        "message": 1,
    }
    nowhere = there | {
        "slug": "not-there",
        "organiser": "not-there",
        "name": "not-there",
        "series": "not-there",
        "pk": 10**9,
        "device": 10**9,
        "scan": 10**9,
        "gate": 10**9,
        "code": "ZZZZZZZZ",
        "serial": 1,
        "secret": "y" * 22,
    }
    return {"there": there, "nowhere": nowhere, "event": event, "hall": hall}


def answer(client, method, path):
    """Status and page without what differs between any two answers."""
    reply = getattr(client, method)(path)
    body = re.sub(rb'value="[A-Za-z0-9]{64}"', b"", reply.content)
    return reply.status_code, reply.headers.get("Location", "").split("?")[0], body


def of_alice(pattern, world):
    """Alice's values; a team's address names the organiser with the parameter that events use."""
    values = dict(world["there"])
    if pattern.startswith("manage/<slug:slug>/"):
        values["slug"] = world["hall"].slug
    return filled(pattern, values)


def test_every_address_is_known_to_this_test():
    unknown = [text for text in ALL if text not in ORGANISERS + SECRETS and not any(re.search(rule, text) for rule in FOR_EVERYBODY)]
    assert unknown == []
    assert len(ORGANISERS) > 20 and len(SECRETS) > 10


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", ORGANISERS)
@pytest.mark.parametrize("who", ["charlie", "anonymous"])
def test_what_is_not_yours_answers_as_what_is_not_there(client, charlie, world, pattern, who):
    if who == "charlie":
        client.force_login(charlie)
    seen = set()
    for method in ("get", "post"):
        found = answer(client, method, of_alice(pattern, world))
        assert found == answer(client, method, filled(pattern, world["nowhere"]))
        seen.add(found[0])
        assert world["event"].name.encode() not in found[2] and world["hall"].name.encode() not in found[2]
    assert seen <= ({404, 405} if who == "charlie" else {302, 404, 405})
    assert seen & {404, 302}


@pytest.mark.django_db
def test_control_the_owner_enters(client, alice, world):
    client.force_login(alice)
    opened = [pattern for pattern in ORGANISERS if client.get(of_alice(pattern, world)).status_code == 200]
    assert len(opened) > 12


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", SECRETS)
def test_a_guessed_link_answers_as_one_that_is_not_there(client, world, pattern):
    wrong = world["there"] | {"secret": "w" * 22}
    for method in ("get", "post"):
        found = answer(client, method, filled(pattern, wrong))
        assert found == answer(client, method, filled(pattern, world["nowhere"] | {"token": "v" * 22}))
        assert found[0] in (404, 405) or (pattern.startswith("invitations/") and found[:2] == (302, "/account/login/"))


@pytest.mark.django_db
def test_control_the_true_link_opens(client, world):
    assert client.get(filled("orders/<str:code>/<str:secret>/", world["there"])).status_code == 200
