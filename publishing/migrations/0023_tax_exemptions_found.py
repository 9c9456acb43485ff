from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

from dext_sync.businesses.row_security import rows_are_of_one_business


class Migration(migrations.Migration):
    """Looks at every item, and nobody waits for it."""

    atomic = False

    dependencies = [
        ('publishing', '0022_tax_exemptions'),
    ]

    operations = [
        rows_are_of_one_business("publishing_item", "tax_exemption_id"),
        ValidateConstraint(model_name='item', name='item_has_a_rate_or_an_exemption'),
        # What an earlier run has left half built, if it was broken off.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS items_by_tax_exemption",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name='item',
            index=models.Index(condition=models.Q(('tax_exemption', None), _negated=True), fields=['tax_exemption'], name='items_by_tax_exemption'),
        ),
    ]
