"""Meters as processes would write them, at a chosen moment, so that an hour passes in seconds."""

import json
import math

from operations.meters import live
from operations.watch.evaluation import keep_watch
from ticketing.lib import meters

OUTCOMES = {"ok": 100}


def forget():
    store = live.connect()
    for name in store.scan_iter(meters.key("*")):
        store.delete(name)
    meters.forget()


def tell(*, now, role="web", route="events:event", kind="page", milliseconds=20.0, outcomes=OUTCOMES, skew_ms=0, process="", **counts):
    """One process's bucket of the running minute."""
    place = math.ceil(math.log(milliseconds) / meters._GAMMA_LOG)
    routes = []
    for outcome, count in outcomes.items():
        fields = [0] * len(meters.FIELDS)
        fields[0], fields[1] = count, int(count * milliseconds * 1000)
        for name, amount in counts.items():
            fields[meters.INDEX[name]] = amount
        counts = {}
        routes.append([kind, route, outcome, fields, {place: count}])
    text = {"role": role, "at": now.timestamp(), "skew_ms": skew_ms, "lost": [], "routes": routes, "events": []}
    minute = live.minute_of(now)
    live.connect().hset(meters.key(minute), process or f"{role}:{route}:{kind}", json.dumps(text))
    live.connect().sadd(meters.key("open"), minute)


def well(now):
    """A small site on a normal day."""
    tell(now=now, outcomes={"ok": 30, "refused": 2})
    tell(now=now, route="registrations:hold-new", milliseconds=40, outcomes={"ok": 3})
    tell(now=now, role="worker", kind="task", route="registrations.fulfil", outcomes={"ok": 3})


def watch(start, *, seconds, each=well):
    """Watch for a while; returns the moment when it ended."""
    from datetime import timedelta

    now = start
    while now < start + timedelta(seconds=seconds):
        each(now)
        keep_watch(now=now)
        now += timedelta(seconds=20)
    return now
