"""Guards on a table that may be large: the index is built beside its writers, the checks are added first and
validated afterwards, which does not lock rows out."""

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('registrations', '0011_waiting_and_approval'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='order',
            index=models.Index(condition=models.Q(('approved_at', None), ('cancelled_at', None), ('expired_at', None), ('requested_at__isnull', False)), fields=['event', 'requested_at'], name='order_to_decide'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_at', None), ('requested_at', None), ('approved_at__isnull', False), _connector='OR'), name='order_confirmed_after_approval'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('declined_at', None)), models.Q(('approved_at', None), ('cancelled_at__isnull', False), ('requested_at__isnull', False)), models.Q(('declined_at', None), ('requested_at__isnull', False)), _connector='OR'), name='order_request_decided_once'),
        ),
        ValidateConstraint(model_name='order', name='order_confirmed_after_approval'),
        ValidateConstraint(model_name='order', name='order_request_decided_once'),
    ]
