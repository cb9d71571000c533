"""What a phone is told of its event: gates, lists, rules, types, keys, policy (docs/gate-protocol.md, section 1)."""

import base64
import hashlib
import json
import time
from datetime import datetime
from typing import Any

from django.db.models import TextChoices

from events.models import Event, TicketType
from registrations import codes, rotating
from scanning import badges, rules
from scanning.devices import gates_of_device
from scanning.models import CheckInList, Device, EntryPolicy, Gate, Unlisted
from scanning.redemption import rule_of

DIGEST_SECONDS = 5.0
MOST_DIGESTS = 2000
_digests: dict[int, tuple[float, str]] = {}


def setup_of(*, device: Device, now: datetime) -> dict[str, Any]:
    """The set-up as the phone gets it."""
    said = _said(device)
    who = {"id": device.pk, "name": device.name, "steward": device.steward, "kiosk": device.kiosk}
    return {"setup": _remembered(device, said), "server_time": moment(now), "device": who, **said}


def digest_of(*, device: Device) -> str:
    """What tells a phone that its set-up is out of date; good to five seconds."""
    kept = _digests.get(device.pk)
    return kept[1] if kept and time.monotonic() < kept[0] else _remembered(device, _said(device))


def moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def policy_of(*, event: Event) -> str:
    """What a signed code means that is not in a phone's copy."""
    return EntryPolicy.objects.filter(event=event).values_list("unlisted", flat=True).first() or Unlisted.ASK


def set_policy(*, event: Event, unlisted: str) -> None:
    EntryPolicy.objects.update_or_create(event=event, defaults={"unlisted": Unlisted(unlisted)})


class CodesShown(TextChoices):
    """Whether the event's codes change every 30 seconds, and what enters then."""

    STILL = "still", "Stay the same"
    BOTH = "both", "Change every 30 seconds; printed tickets and old pictures enter too"
    LIVE = "live", "Change every 30 seconds; only the live code enters"


def codes_of(*, event: Event) -> str:
    changing = rotating.settings_of(event_id=event.pk)
    return CodesShown.STILL if changing is None else CodesShown.BOTH if changing.static_codes else CodesShown.LIVE


def set_codes(*, event: Event, shown: str, now: datetime) -> None:
    """What holds from now on at the gates, on buyers' pages and on PDFs drawn after this."""
    if CodesShown(shown) == CodesShown.STILL:
        rotating.stop(event=event)
    else:
        rotating.start(event=event, static_codes=shown == CodesShown.BOTH, now=now)


def _remembered(device: Device, said: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:8]
    if len(_digests) > MOST_DIGESTS:
        _digests.clear()
    _digests[device.pk] = (time.monotonic() + DIGEST_SECONDS, digest)
    return digest


def _said(device: Device) -> dict[str, Any]:
    event = device.event
    gates = list(gates_of_device(device=device).values())
    lists = {gate.check_in_list_id: gate.check_in_list for gate in gates}
    changing = rotating.settings_of(event_id=event.pk)
    return {
        "event": {
            "id": event.pk,
            "name": event.name,
            "slug": event.slug,
            "time_zone": event.time_zone,
            "starts_at": moment(event.starts_at),
            "ends_at": moment(event.ends_at),
        },
        "gates": [{"id": gate.pk, "name": gate.name, "list": gate.check_in_list_id} for gate in gates],
        "all_gates": {str(pk): name for pk, name in Gate.objects.filter(event=event).order_by("id").values_list("id", "name")},
        "lists": [_list(row) for row in lists.values()],
        "types": {str(pk): name for pk, name in TicketType.objects.filter(event=event).order_by("id").values_list("id", "name")},
        "keys": {str(key_id): base64.b64encode(key).decode() for key_id, key in codes.public_keys_of(event_id=event.pk).items()},
        "policy": {
            "unlisted": policy_of(event=event),
            "rotating": changing is not None,
            "static_codes": changing is None or changing.static_codes,
        },
        "badges": list(badges.SIZES),
    }


def _list(row: CheckInList) -> dict[str, Any]:
    types = sorted(row.ticket_types.values_list("id", flat=True))
    return {"id": row.pk, "name": row.name, "types": types or None, "rule": rules.written(rule_of(row))}
