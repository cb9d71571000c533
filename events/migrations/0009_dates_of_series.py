"""Indexes of a table that may be large, built beside its writers. The unique one stands for the constraint of
the same name, which Django can't build like that."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

UNIQUE = (
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS date_of_series_once ON events_event (series_id, planned_at) WHERE series_id IS NOT NULL"
)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('events', '0008_series'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(condition=models.Q(('series__isnull', False)), fields=['series', 'starts_at', 'id'], name='event_of_series'),
        ),
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(condition=models.Q(('series', None)), fields=['organiser', 'starts_at'], name='event_single'),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(UNIQUE, "DROP INDEX CONCURRENTLY IF EXISTS date_of_series_once"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='event',
                    constraint=models.UniqueConstraint(condition=models.Q(('series__isnull', False)), fields=('series', 'planned_at'), name='date_of_series_once'),
                ),
            ],
        ),
    ]
