"""Rules judged on what was measured. The door: `keep_watch`, called every 20 seconds by whoever is alive.

The schedule calls it in the worker; a web process that finds it overdue calls it too, so that a stopped
worker or a stopped Redis does not also stop the alarms. The sample's primary key lets one of them pass.
"""

import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from redis.exceptions import RedisError

from operations import cloudwatch
from operations.meters import live, rollup
from operations.models import Alarm, Deploy, Missing, Rule, Sample, State
from operations.watch import defaults, measures, telling
from ticketing.lib import meters

metric_log = logging.getLogger("ticketing.metrics")
STEP_SECONDS = 20
FINE_FOR, KEPT_FOR = timedelta(days=2), timedelta(days=62)


def keep_watch(*, now: datetime, stands_in: bool = False) -> bool:
    """Roll up minutes, take a sample, judge every rule, tell whom it concerns. False when another did so just now.

    `stands_in`: for the worker, which is silent; then the next turn is due again in 20 seconds."""
    slot = datetime.fromtimestamp(now.timestamp() // STEP_SECONDS * STEP_SECONDS, tz=UTC)
    try:
        with transaction.atomic():
            Sample.objects.create(sampled_at=slot, values={})
    except IntegrityError:
        return False
    _roll_up(now)
    _mark_version(now)
    found = measures.take(now=now)
    Sample.objects.filter(sampled_at=slot).update(values=found)
    if settings.CLOUDWATCH_METRICS:
        metric_log.info(cloudwatch.embedded(measured=found, now=now))
    judge(measured=found, now=now)
    telling.tell_due(now=now)
    _remember_that_somebody_watches(for_seconds=STEP_SECONDS - 2 if stands_in else STEP_SECONDS * 2)
    _thin_out(now)
    return True


def _roll_up(now: datetime) -> None:
    with contextlib.suppress(RedisError, OSError):  # the minutes wait in Redis or in the processes
        rollup.roll_up_minutes(now=now)


def _mark_version(now: datetime) -> None:
    """A version that was not here before is a mark on the charts."""
    if settings.VERSION:
        Deploy.objects.get_or_create(version=settings.VERSION, defaults={"started_at": now})


def _remember_that_somebody_watches(*, for_seconds: int) -> None:
    with contextlib.suppress(RedisError, OSError):
        live.connect().set(meters.key("watched"), "1", ex=for_seconds)


def _thin_out(now: datetime) -> None:
    """One sample in five minutes is kept of what is older than two days."""
    if now.minute % 10 == 0:
        Sample.objects.filter(sampled_at__lt=now - KEPT_FOR).delete()
        fine = Sample.objects.filter(sampled_at__lt=now - FINE_FOR, sampled_at__gte=now - FINE_FOR - timedelta(hours=1))
        fine.exclude(sampled_at__minute__in=range(0, 60, 5), sampled_at__second=0).delete()


def judge(*, measured: measures.Measures, now: datetime) -> list[Alarm]:
    """Judge all enabled rules on one sample. Returns the alarms that fired or cleared."""
    defaults.ensure()
    changed = []
    rules = list(Rule.objects.filter(enabled=True))
    for rule in rules:
        value, samples = measured.get(rule.measure, (None, 0))
        judged = judged_on(rule, value, samples)
        rule.points, rule.state, rule.value, rule.evaluated_at = judged.points, judged.state, value, now
        alarm = _follow(rule, now)
        changed += [alarm] if alarm else []
    Rule.objects.bulk_update(rules, ["points", "state", "value", "evaluated_at"])
    return changed


@dataclass(frozen=True, kw_only=True)
class Judged:
    points: str
    state: str


def judged_on(rule: Rule, value: float | None, samples: int) -> Judged:
    """The rule's next state. Pure: the rule's own points and state, and the new measurement."""
    points = (rule.points + _point(rule, value, samples))[-max(rule.evaluations, rule.datapoints) :]
    last = points[-rule.datapoints :]
    if points.count("b") >= rule.datapoints:
        state = State.FIRING
    elif rule.state == State.FIRING:
        # Clears when M in a row are well; missing data clears nothing.
        state = State.OK if len(last) == rule.datapoints and set(last) == {"g"} else State.FIRING
    elif set(last) == {"m"} and len(last) == rule.datapoints:
        state = State.MISSING
    else:
        state = State.OK if "g" in last else State(rule.state)
    return Judged(points=points, state=state)


def _point(rule: Rule, value: float | None, samples: int) -> str:
    if value is None:
        kept = rule.points[-1:] or "g"
        return {Missing.FIRING: "b", Missing.OK: "g", Missing.KEEP: kept}.get(Missing(rule.missing), "m")
    if samples < rule.minimum_samples:
        return "g"  # too little to say anything of
    # While it fires, it must come back past the clearing threshold.
    limit = rule.clear_threshold if rule.state == State.FIRING else rule.threshold
    return "b" if (value > limit if rule.above else value < limit) else "g"


def _follow(rule: Rule, now: datetime) -> Alarm | None:
    """Open or close the rule's alarm, once, and owe the words of it."""
    if rule.state == State.FIRING:
        alarm, made = Alarm.objects.get_or_create(rule=rule, cleared_at=None, defaults={"fired_at": now, "value": rule.value})
    else:
        made = bool(Alarm.objects.filter(rule=rule, cleared_at=None).update(cleared_at=now))
        found = Alarm.objects.filter(rule=rule, cleared_at=now).first() if made else None
        if found is None:
            return None
        alarm = found
    if not made:
        return None
    alarm.rule = rule
    if rule.silenced_until is None or rule.silenced_until <= now:
        telling.owe(alarm=alarm, now=now)
    return alarm
