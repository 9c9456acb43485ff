from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Looks at every item, and nobody waits for it."""

    atomic = False

    dependencies = [
        ('publishing', '0028_restored_across_businesses'),
    ]

    operations = [
        # What an earlier run has left half built, if it was broken off.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS items_as_they_came",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name='item',
            index=models.Index(fields=['business', '-created_at', '-id'], name='items_as_they_came'),
        ),
    ]
