"""Who may enter where, measured: every address and every operation of the API × every role (docs/access.md)."""

import json
import re
from datetime import timedelta

from django.db import transaction
from django.urls import get_resolver

from accounts import team
from accounts.models import Membership
from api import document, tokens
from api.models import Scope
from api.webhooks import endpoints
from events import questions
from events.models import Event, EventSeries, Promotion, Question
from outbox.models import Mail
from payments import settlement
from payments.gateway import Status
from payments.journal import Difference, Payout, PayoutLine, Problem
from payments.models import Dispute, PracticeSession
from payments.practice import book
from registrations import codes, invoices
from registrations.models import Invoice, Order, Ticket, WaitingEntry
from scanning import devices, redemption
from scanning.gates import gates_of
from tests import cast
from ticketing.lib import clock
from workspace.models import ExportSchedule, Import, Job, Message

PEOPLE = ("nobody", "other owner", "viewer", "gate", "finance", "manager", "owner", "staff")
PROGRAMS = ("no token", "a session", "other organiser", *Scope.values)
NONE = 10**9  # an id that no row has, whatever ran before
FROM_FAR = {"REMOTE_ADDR": "203.0.113.9"}
# Django's own desk has six addresses for each of its models, alike in who may enter: the list stands for them.
OF_THE_DESK = re.compile(r"^admin/(\w+/\w+/.+|\^|r/|autocomplete|\(|jsi18n)")
BROKEN = []
# What is sent is looked at before the event is loaded, so what is asked here must be valid.
BODIES = {
    "POST ticket-types": {"name": "New", "capacity": 1, "pricing": "free"},
    "POST quotas": {"name": "New", "capacity": 5},
    "PUT {pk}": {"name": "New", "capacity": 500},
    "POST orders": {"buyer": {"name": "Dana", "email": "dana@example.com"}, "lines": [{"ticket_type": 1, "quantity": 1}]},
    "PUT attendee": {"name": "Eve"},
    "POST scans": {"code": "x"},
    "POST tiers": {"name": "New", "price_minor": 1, "quantity": 1},
    "POST codes": {"code": "NEW", "percent": 5},
    "POST questions": {"label": "New"},
    "POST waiting-list": {"ticket_type": 1, "email": "dana@example.com"},
    "POST staff-orders": {"kind": "comp", "buyer": {"name": "Dana"}, "lines": [{"ticket_type": 1, "quantity": 1}]},
    "POST gates": {"name": "New"},
    "POST undo": {"reason": "Wrong person"},
    "POST transfer": {"name": "Eve", "email": "eve@example.com"},
    "PUT buyer": {"name": "Eve", "email": "eve@example.com"},
}
ENDS_THE_SESSION = ("logout", "sessions")


def addresses(resolver=None, before=""):
    """Every address of pages, as Django writes it. The API's are operations of its document."""
    for pattern in (resolver or get_resolver()).url_patterns:
        text = before + str(pattern.pattern)
        if text.startswith(("api/v1/", "^api/v1/")) or OF_THE_DESK.search(text):
            continue
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern, text)
        else:
            yield text


def operations():
    """(method, path, scope or None for any token, public) of each operation."""
    for path, methods in document.whole()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation.get("x-scope"), "security" not in operation


class World:
    """Alice's organiser with one of everything, somebody for each role, and Charlie who owns another."""

    def __init__(self):
        now = clock.now()
        self.people = {"nobody": None, "other owner": cast.person("Charlie"), "staff": cast.person("Stella", is_staff=True)}
        self.people |= {role: cast.person(role.title()) for role in ("viewer", "gate", "finance", "manager", "owner")}
        self.hall = cast.organiser(**{role: self.people[role] for role in ("viewer", "gate", "finance", "manager", "owner")})
        self.club = cast.organiser("charlies-club", owner=self.people["other owner"])
        self.secrets = {scope: tokens.make(organiser=self.hall, name=scope, scopes=[scope], by=None, now=now)[1] for scope in Scope.values}
        self.secrets["other organiser"] = tokens.make(organiser=self.club, name="x", scopes=Scope.values, by=None, now=now)[1]
        self._sell(now)
        self._fill(now)

    def _sell(self, now):
        self.event = cast.event(organiser=self.hall, cover="")
        self.kind = cast.ticket_type(self.event, price_minor=1500)
        self.order = cast.ordered(self.kind, 2)
        self.held = cast.held(self.kind)
        payment = settlement.open_payment(order=self.order, now=now)
        self.session = PracticeSession.objects.get()
        book.decide(row=self.session, status=Status.SUCCEEDED, now=now)
        settlement.settle(payment=payment, now=now)
        invoices.issue(order=Order.objects.select_related("event__organiser").get(pk=self.order.pk), now=now)
        self.gate = gates_of(event=self.event)[0]
        self.device = devices.make(event=self.event, gates=[self.gate], name="", now=now, made_by=None)
        ticket = Ticket.objects.order_by("position").first()
        self.scan = redemption.redeem(gate=self.gate, presented=codes.code_of(ticket), now=now).scan
        self.serial, self.payment = ticket.serial, payment

    def _fill(self, now):
        event, owner = self.event, self.people["owner"]
        exported = {"what": "orders", "format": "csv"}
        job = {"event": event, "kind": "export", "arguments": exported, "asked_by": owner, "asked_at": now}
        schedule = ExportSchedule.objects.create(event=event, arguments=exported, every="day", asked_by=owner, created_at=now, next_at=now)
        upload = Import.objects.create(
            event=event,
            file_name="a.csv",
            content="name,email\nA,a@example.com\n",
            uploaded_by=owner,
            uploaded_at=now,
            mapping={"columns": {}, "types": {}},
        )
        mail = Mail.objects.create(key="x", kind="message", to="a@example.com", event_id=event.pk, queued_at=now, due_at=now)
        payout = Payout.objects.create(gateway="practice", provider_id="p", currency="EUR", amount_minor=1, paid_at=now)
        PayoutLine.objects.create(payout=payout, kind="payment", provider_id="l", payment=self.payment, gross_minor=1, fee_minor=0)
        self.series = EventSeries.objects.create(
            organiser=self.hall, name="Weekly", slug="weekly", source=event, made_at=now, published_at=now
        )
        Event.objects.filter(pk=event.pk).update(series=self.series, planned_at=event.starts_at)
        waits = {"ticket_type": self.kind, "email": "erin@example.com", "quantity": 1, "joined_at": now}
        self.entry = WaitingEntry.objects.create(event=event, token="w" * 22, **waits)
        self.pks = {
            r"manage/events/<slug:slug>/waiting/<int:pk>/": self.entry.pk,
            r"events/<slug:slug>/waiting/<int:pk>/": self.kind.pk,
            r"/tickets/<int:pk>/": self.kind.pk,
            r"/codes/<int:pk>/": Promotion.objects.create(event=event, code="EARLY", percent=10).pk,
            r"/quotas/<int:pk>/": self.kind.quotas.get().pk,
            r"/schedules/<int:pk>/": schedule.pk,
            r"/jobs/<int:pk>/": Job.objects.create(**job).pk,
            r"/imports/<int:pk>/": upload.pk,
            r"/outbox/<int:pk>/": mail.pk,
            r"/messages/<int:pk>/": Message.objects.create(event=event, subject="S", body="B", written_by=owner, written_at=now).pk,
            r"/lists/<int:pk>/": self.gate.check_in_list_id,
            r"/team/<int:pk>/": Membership.objects.get(user=self.people["viewer"]).pk,
            r"/costs/events/<int:pk>/": event.pk,
            r"/payouts/<int:pk>": payout.pk,
        }
        self.invitation = team.invite(organiser=self.hall, email="new@example.com", role="viewer", by=owner, now=now)
        self.pks[r"/invitations/<int:pk>/"] = self.invitation.pk
        told = {"payment": self.payment, "provider_id": "d", "amount_minor": 1, "opened_at": now, "asked_at": now, "evidence_key": "k"}
        self.pks[r"/disputes/<int:pk>/"] = Dispute.objects.create(**told, evidence_due_at=now + timedelta(days=5)).pk
        differs = {"key": "d", "problem": Problem.values[0], "gateway": "practice", "organiser": self.hall, "currency": "EUR"}
        self.pks[r"/differences/<int:pk>/"] = Difference.objects.create(**differs, ours_minor=1, theirs_minor=2, found_at=now).pk
        self.endpoint = endpoints.add(organiser=self.hall, url="http://127.0.0.1:9/", kinds=[], by=owner, now=now)
        self.message = endpoints.try_out(endpoint=self.endpoint, now=now)
        self.pks[r"/webhooks/<int:pk>/"] = self.endpoint.pk
        self.api_pks = {
            "ticket-types": self.kind.pk,
            "quotas": self.kind.quotas.get().pk,
            "codes": self.pks[r"/codes/<int:pk>/"],
            "questions": questions.save(event=event, question=Question(), fields={"label": "Meal?"}, kinds=[]).pk,
            "waiting-list": self.entry.pk,
            "scans": self.scan.pk,
        }
        self.tier = cast.tier(self.kind, 1000, quantity=5)
        self.pks[r"/tokens/<int:pk>/"] = tokens.make(organiser=self.hall, name="t", scopes=[], by=owner, now=now)[0].pk

    def path(self, pattern):
        """The address with Alice's own values in it."""
        values = {
            "slug": self.event.slug,
            "organiser": self.hall.slug,
            "code": self.order.code,
            "secret": self.order.secret,
            "token": self.held.token,
            "position": 1,
            "serial": self.serial,
            "kind": self.kind.pk,
            "gate": self.gate.pk,
            "device": self.device.pk,
            "scan": self.scan.pk,
            "message": self.message.pk,
            "tier": self.tier.pk,
            "act": "test",
            "series": self.series.slug,
            "gateway_name": "practice",
            "name": "error-rate" if "alarms" in pattern else self.series.slug if "series/" in pattern else "none.jpg",
            "number": getattr(Invoice.objects.first(), "number", 1),
            "pk": next((pk for part, pk in self.pks.items() if part in pattern), NONE),
        }
        if pattern.startswith("manage/<slug:slug>/"):
            values["slug"] = self.hall.slug
        if pattern.startswith("waiting/"):
            values["token"] = self.entry.token
        if pattern.startswith("invitations/"):
            values["token"] = self.invitation.token
        if pattern.startswith("practice/"):
            values["token"] = self.session.token
        plain = re.sub(r"\(\?P<\w+>[^)]*\)", "x", pattern)  # an address that is a regular expression
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>|{(\w+)}", lambda match: str(values.get(match[1] or match[2], 1)), plain).replace(
            "^", ""
        ).rstrip("$")


def measured_pages(world, client):
    """{address: {role: may enter}}."""
    found = {}
    for role in PEOPLE:
        client.logout()
        if world.people[role] is not None:
            client.force_login(world.people[role])
        for pattern in addresses():
            found.setdefault(pattern, {})[role] = _enters(client, world.path(pattern))
    return found


def _enters(client, path):
    methods = ("get",) if any(word in path for word in ENDS_THE_SESSION) else ("get", "post")
    return any(_opens(_tried(client, method, path)) for method in methods)


def _tried(client, method, path):
    frame = transaction.atomic()
    frame._from_testcase = True  # a view that asks the provider is not inside a transaction of its own
    with frame:
        reply = getattr(client, method)(path, **FROM_FAR)
        transaction.set_rollback(True)
    if reply.status_code == 500:
        BROKEN.append(f"{method} {path}")
    return reply


def _opens(reply):
    """Not refused, not hidden, not sent to sign in: whatever else the answer says."""
    to_sign_in = reply.status_code == 302 and reply.url.startswith(("/account/login/", "/admin/login/"))
    return reply.status_code not in (401, 403, 404, 405) and not to_sign_in


def measured_operations(world, client):
    """{method and path: {program: may call}}."""
    found = {}
    client.logout()
    for who in PROGRAMS:
        if who == "a session":
            client.force_login(world.people["owner"])
        headers = {"Authorization": f"Bearer {world.secrets[who]}"} if who in world.secrets else {}
        for method, path, *_ in operations():
            pk = next((pk for part, pk in world.api_pks.items() if f"/{part}/" in path), NONE)
            address = world.path(path.lstrip("/").replace("{pk}", str(pk)))
            with transaction.atomic():
                body = json.dumps(BODIES.get(f"{method} {path.rsplit('/', 1)[-1]}", {}))
                reply = client.generic(method, address, body, content_type="application/json", headers=headers)
                transaction.set_rollback(True)
            found.setdefault(f"{method} {path}", {})[who] = reply.status_code not in (401, 403, 404, 405)
        client.logout()
    return found


def table(rows, columns, first):
    head = f"| {first} | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}\n"
    return head + "".join(f"| `{name}` | {' | '.join('✓' if row[column] else '' for column in columns)} |\n" for name, row in rows.items())


def read(text):
    """{address or operation: marks} of the document."""
    found = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            name, *cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            found[name.strip("` ")] = [cell.strip(" |") for cell in cells]
    return found
