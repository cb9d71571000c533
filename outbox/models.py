"""Mail that is owed. The row is the job; it is written in the transaction of what it tells of."""

from django.db import models


class Mail(models.Model):
    """One mail. Of a kind that a higher room composes when it is sent (`composer`, by name, with
    `subject_id`), or stored whole (`message`)."""

    key = models.CharField(max_length=120, unique=True, help_text="Such as order_confirmation:7. Each once.")
    kind = models.CharField(max_length=40)
    to = models.EmailField()
    subject_id = models.BigIntegerField(null=True)
    message = models.BinaryField(null=True, help_text="A whole MIME message, of kinds that are stored.")
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="mail_due", condition=models.Q(sent_at=None, given_up_at=None))]

    def __str__(self) -> str:
        return self.key
