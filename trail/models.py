"""Who changed what, when. Rows are written beside the change they tell of, in its transaction, and never changed."""

from django.db import models
from django.db.models.functions import Now


class Change(models.Model):
    """One act on one row. The trail knows no other room, so it keeps plain ids: of what the act was
    about (`about`, such as "order", with `about_id`), of the event and of the organiser it belongs to."""

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor_id = models.BigIntegerField(null=True, help_text="The user; None for a buyer or the system.")
    actor = models.CharField(max_length=150, help_text="Their name at that time.")
    act = models.CharField(max_length=40, help_text="Such as order_cancelled.")
    about = models.CharField(max_length=20)
    about_id = models.BigIntegerField()
    event_id = models.BigIntegerField(null=True)
    organiser_id = models.BigIntegerField(null=True)
    changed = models.JSONField(default=dict, help_text="{field: [from, to]}, in words.")
    words = models.CharField(max_length=300, blank=True, help_text="What else there is to say, such as a reason.")

    class Meta:
        indexes = [
            models.Index(fields=["about", "about_id", "-id"], name="change_of_row"),
            models.Index(fields=["event_id", "-id"], name="change_of_event", condition=models.Q(event_id__isnull=False)),
            models.Index(fields=["organiser_id", "-id"], name="change_of_organiser", condition=models.Q(organiser_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.act} · {self.about} {self.about_id}"
