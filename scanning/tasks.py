"""Background work at the gate: ids in, one verb called."""

from celery import shared_task

from events.models import Event
from scanning import snapshot, undoing
from scanning.models import Device
from ticketing.lib import clock


@shared_task(name="scanning.refresh_copy")
def refresh_copy(event_id: int) -> None:
    snapshot.refresh(event=Event.objects.get(pk=event_id), now=clock.now())


@shared_task(name="scanning.refresh_copies")
def refresh_copies() -> None:
    """New tickets are sealed soon after they are sold, so that a phone never waits for thousands of signatures."""
    now = clock.now()
    open_devices = Device.objects.filter(revoked_at=None, ended_at=None, event__ends_at__gt=now).values("event")
    for event in Event.objects.filter(pk__in=open_devices):
        snapshot.refresh(event=event, now=now)


@shared_task(name="scanning.let_out_due")
def let_out_due() -> None:
    undoing.let_out_due(now=clock.now())
