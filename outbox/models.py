"""Mail that is owed. The row is the job; it is written in the transaction of what it tells of."""

from django.db import models


class Mail(models.Model):
    """One mail. Of a kind that a higher room composes when it is sent (`composer`, by name, with
    `subject_id`), or stored whole (`message`)."""

    key = models.CharField(max_length=120, unique=True, help_text="Such as order_confirmation:7. Each once.")
    kind = models.CharField(max_length=40)
    to = models.EmailField()
    subject_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True, help_text="A plain id: the outbox knows no event. For its organiser's page.")
    bulk = models.BooleanField(default=False, db_default=False, help_text="To many at once: waits behind mail that one person waits for.")
    message = models.BinaryField(null=True, help_text="A whole MIME message, of kinds that are stored.")
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["bulk", "due_at"], name="mail_due_in_turn", condition=models.Q(sent_at=None, given_up_at=None)),
            models.Index(fields=["event_id", "-id"], name="mail_of_event", condition=models.Q(event_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.key
