from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Indexes without a lock on the mail that is being owed meanwhile."""

    atomic = False
    dependencies = [("outbox", "0002_bulk_and_event")]

    operations = [
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(
                condition=models.Q(("given_up_at", None), ("sent_at", None)), fields=["bulk", "due_at"], name="mail_due_in_turn"
            ),
        ),
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(condition=models.Q(("event_id__isnull", False)), fields=["event_id", "-id"], name="mail_of_event"),
        ),
        RemoveIndexConcurrently(model_name="mail", name="mail_due"),
    ]
