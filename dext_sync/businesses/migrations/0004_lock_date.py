from django.db import migrations, models

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [("businesses", "0003_invitation_limits")]

    operations = [
        migrations.AddField(
            model_name="business",
            name="lock_date",
            field=models.DateField(blank=True, null=True, verbose_name="lock date"),
        ),
        migrations.AddField(
            model_name="business",
            name="review_due_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        definer_function(
            "businesses_to_review",
            "most integer",
            "TABLE (business_id bigint, id bigint)",
            """
            SELECT id, id FROM businesses_business
            WHERE review_due_at IS NOT NULL ORDER BY review_due_at LIMIT most
            """,
        ),
    ]
