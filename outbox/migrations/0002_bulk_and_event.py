from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="mail",
            name="bulk",
            field=models.BooleanField(
                db_default=False, default=False, help_text="To many at once: waits behind mail that one person waits for."
            ),
        ),
        migrations.AddField(
            model_name="mail",
            name="event_id",
            field=models.BigIntegerField(help_text="A plain id: the outbox knows no event. For its organiser's page.", null=True),
        ),
    ]
