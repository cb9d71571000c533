from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0009_dates_of_series'),
    ]

    operations = [
        migrations.AlterField(
            model_name='serieswork',
            name='kind',
            field=models.CharField(
                choices=[
                    ('dates', 'Dates are made'),
                    ('details', 'Details are changed'),
                    ('tickets', 'Ticket types are changed'),
                    ('parts', 'Prices, codes and questions are changed'),
                    ('public', 'Dates are published or taken back'),
                ],
                max_length=8,
            ),
        ),
    ]
