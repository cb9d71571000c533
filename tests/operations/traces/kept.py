"""What was recorded, as staff would find it."""

import json

from operations.meters import live
from operations.traces import keeping
from ticketing.lib import meters, traces


def forget():
    store = live.connect()
    for name in store.scan_iter(meters.key("*")):
        store.delete(name)
    meters.forget()


def handed_over():
    """What processes would have written to Redis by now, as they write it; it stays there."""
    assert meters.Writer(role="web", name="web:test").flush()
    return [json.loads(text) for text in live.connect().lrange(meters.key(traces.LISTS[0]), 0, -1)]


def named(name):
    return [told for told in handed_over() if told["name"] == name]


def taken_in(now):
    meters.Writer(role="web", name="web:test").flush()
    return keeping.take_in(now=now)
