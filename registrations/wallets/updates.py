"""Which phones carry which pass, and what has changed since they asked last (Apple's web service).

Nothing below has to tell that an event was moved or a name changed: a sweep compares what each pass says with what
it said, and gives the changed ones the moment."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta

from registrations.models import PassOnPhone
from registrations.wallets import apple
from registrations.wallets.facts import PassFacts, find, token_of

AFTER_THE_END = timedelta(days=2)  # then nobody looks at the pass any more
CHUNK = 500


def is_allowed(*, number: str, authorization: str) -> bool:
    """The phone shows the token that stands in its pass: `ApplePass <token>`."""
    return hmac.compare_digest(authorization.encode(), f"ApplePass {token_of(number=number)}".encode())


def says(*, facts: PassFacts) -> str:
    """A fingerprint of what the pass says."""
    return hashlib.sha256(json.dumps(apple.described(facts=facts), sort_keys=True).encode()).hexdigest()[:32]


def register(*, phone: str, push_token: str, facts: PassFacts, ticket_id: int, now: datetime) -> bool:
    """The phone carries this pass. False when that was known."""
    values = {"push_token": push_token, "ticket_id": ticket_id, "says": says(facts=facts), "changed_at": now}
    row, made = PassOnPhone.objects.get_or_create(phone=phone, number=facts.number, defaults=values)
    if not made and row.push_token != push_token:
        PassOnPhone.objects.filter(pk=row.pk).update(push_token=push_token)
    return made


def unregister(*, phone: str, number: str) -> None:
    PassOnPhone.objects.filter(phone=phone, number=number).delete()


def changed_since(*, phone: str, tag: str) -> tuple[list[str], str]:
    """The numbers of the phone's passes that changed after the tag, and the next tag (microseconds since 1970)."""
    rows = list(PassOnPhone.objects.filter(phone=phone).order_by("changed_at"))
    since = int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 20 else -1
    newer = [row for row in rows if _tag(row.changed_at) > since]
    return [row.number for row in newer], str(max([since, *(_tag(row.changed_at) for row in rows)]))


def _tag(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def sweep(*, now: datetime) -> int:
    """Find passes that say something else than they did. Returns how many."""
    rows = PassOnPhone.objects.filter(ticket__event__ends_at__gt=now - AFTER_THE_END).order_by("pk")
    changed, last = 0, 0
    while some := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = some[-1].pk
        for row in some:
            facts = find(number=row.number)
            told = says(facts=facts) if facts else ""
            if told != row.says:
                changed += PassOnPhone.objects.filter(pk=row.pk, says=row.says).update(says=told, changed_at=now)
    return changed
