from django.db import migrations

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [("publishing", "0003_sales")]

    operations = [
        # Sums for the metrics; `oldest`: seconds that the first of those has been due
        # which a worker could go on with now.
        definer_function(
            "publications_waiting",
            "",
            "TABLE (reason text, publications bigint, due bigint, oldest double precision)",
            """
            SELECT waiting_reason, count(*), count(*) FILTER (WHERE is_due),
                coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE is_due)), 0)
            FROM (
                SELECT waiting_reason, due_at, due_at <= now()
                    AND (leased_until IS NULL OR leased_until < now()) AS is_due
                FROM publishing_publication WHERE finished_at IS NULL
            ) open
            GROUP BY waiting_reason
            """,
        ),
    ]
