"""The queue of payments whose fee is not known yet, indexed without stopping the sale."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("payments", "0006_refunds_and_payouts")]

    operations = [
        AddIndexConcurrently(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("fee_minor", None), ("succeeded_at__isnull", False)), fields=["succeeded_at"], name="payment_fee_unknown"
            ),
        ),
    ]
