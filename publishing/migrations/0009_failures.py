import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

from dext_sync.businesses.row_security import definer_function, protect, referable


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0004_lock_date"),
        ("publishing", "0008_cleared_documents"),
    ]

    operations = [
        migrations.AddField(
            model_name="publication",
            name="cause",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="publication",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
        # What failed before there were mails has been seen on the pages.
        migrations.RunSQL(
            """
            UPDATE publishing_publication
            SET cause = replace(problem_code, ':', '.'), told_at = now()
            WHERE state = 'failed'
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                fields=["finished_at"],
                condition=models.Q(state="failed", told_at=None),
                name="publications_to_tell",
            ),
        ),
        migrations.CreateModel(
            name="FailureMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("sent_at", models.DateTimeField()),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="businesses.business",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "default_manager_name": "unscoped",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business",), name="one_line_of_mails"
                    )
                ],
            },
            managers=[("unscoped", django.db.models.manager.Manager())],
        ),
        protect("publishing_failuremail"),
        referable("publishing_failuremail"),
        # Businesses with something that failed, has not been told and still is so.
        definer_function(
            "failures_to_tell",
            "failed_before timestamptz",
            "TABLE (business_id bigint, id bigint)",
            """
            SELECT DISTINCT p.business_id, p.business_id
            FROM publishing_publication p
            JOIN publishing_item i ON i.id = p.item_id
            WHERE p.state = 'failed' AND p.told_at IS NULL
            AND p.finished_at < failed_before
            AND i.status IN ('failed', 'to_review')
            AND NOT EXISTS (
                SELECT FROM publishing_publication later
                WHERE later.item_id = p.item_id AND later.id > p.id
            )
            """,
        ),
    ]
