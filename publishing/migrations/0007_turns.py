from django.db import migrations, models

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [("publishing", "0006_columns")]

    operations = [
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                condition=models.Q(("finished_at", None)),
                fields=["business", "priority", "due_at", "id"],
                name="publications_in_turn",
            ),
        ),
        # Businesses with something to go on with, and for each the numbers of the turns
        # that may be taken there at once: no more than there is to do.
        definer_function(
            "turns_due",
            "lanes integer",
            "TABLE (business_id bigint, id bigint)",
            """
            SELECT business_id, lane FROM (
                SELECT business_id, min(due_at) AS first, count(*) AS publications
                FROM publishing_publication
                WHERE finished_at IS NULL AND due_at <= now()
                AND (leased_until IS NULL OR leased_until < now())
                GROUP BY business_id
            ) due, generate_series(1, least(publications, lanes)) AS lane
            ORDER BY lane, first LIMIT 1000
            """,
        ),
        migrations.RunSQL(
            "DROP FUNCTION publications_due(integer)", migrations.RunSQL.noop
        ),
    ]
