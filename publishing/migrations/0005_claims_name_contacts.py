from django.db import migrations

# A claim names the contact of either side: what was a bill's vendor_id.
RENAME = """
    UPDATE publishing_publication
    SET claim = (claim - '{old}') || jsonb_build_object('{new}', claim -> '{old}')
    WHERE claim ? '{old}'
"""


class Migration(migrations.Migration):
    dependencies = [("publishing", "0004_publications_waiting")]

    operations = [
        migrations.RunSQL(
            RENAME.format(old="vendor_id", new="contact_id"),
            RENAME.format(old="contact_id", new="vendor_id"),
        )
    ]
