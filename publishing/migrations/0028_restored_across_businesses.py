from django.db import migrations

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    """After a restore an organisation may come to a business that was not there before,
    and what is in it belong to another one."""

    dependencies = [("publishing", "0027_every_business_is_asked_for")]

    operations = [
        definer_function(
            "last_restore",
            "",
            "TABLE (since timestamptz, at timestamptz)",
            "SELECT since, at FROM publishing_restore ORDER BY id DESC LIMIT 1",
        ),
        definer_function(
            "record_is_known",
            "a_region text, an_organisation text, a_record text",
            "boolean",
            """
            SELECT EXISTS (
                SELECT FROM publishing_step
                WHERE region = a_region AND organisation_id = an_organisation
                    AND zoho_id = a_record AND zoho_id <> ''
            )
            """,
        ),
    ]
