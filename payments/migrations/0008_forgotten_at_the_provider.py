"""The queue of payments whose buyer is to be forgotten at the provider, indexed without stopping the sale."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0007_fee_unknown")]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="forgotten_at",
            field=models.DateTimeField(help_text="Who the buyer was is erased at the provider too (forgetting.py).", null=True),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(condition=models.Q(("asked", {}), ("forgotten_at", None)), fields=["asked_at"], name="payment_to_forget"),
        ),
    ]
