from django.db import migrations, models

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [("publishing", "0012_what_holds_a_connection")]

    operations = [
        migrations.AddField(
            model_name="failuremail",
            name="owed",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="failuremail",
            name="tried_again_at",
            field=models.DateTimeField(null=True),
        ),
        # Businesses with something that failed, has not been told and still is so, or
        # with a letter that could not leave.
        definer_function(
            "failures_to_tell",
            "failed_before timestamptz",
            "TABLE (business_id bigint, id bigint)",
            """
            SELECT p.business_id, p.business_id
            FROM publishing_publication p
            JOIN publishing_item i ON i.id = p.item_id
            WHERE p.state = 'failed' AND p.told_at IS NULL
            AND p.finished_at < failed_before
            AND i.status IN ('failed', 'to_review')
            AND NOT EXISTS (
                SELECT FROM publishing_publication later
                WHERE later.item_id = p.item_id AND later.id > p.id
            )
            UNION
            SELECT m.business_id, m.business_id
            FROM publishing_failuremail m WHERE m.tried_again_at <= now()
            """,
            replaces=True,
        ),
    ]
