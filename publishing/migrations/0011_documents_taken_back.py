from django.db import migrations

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [("publishing", "0010_restores")]

    operations = [
        # As before, and also for items that were taken back from the archive: what they
        # became in Zoho stands until it is cleared.
        definer_function(
            "verifications_due",
            "sent_before timestamptz",
            "TABLE (business_id bigint, id bigint)",
            """
            SELECT DISTINCT p.business_id, p.connection_id
            FROM publishing_step s
            JOIN publishing_publication p ON p.id = s.publication_id
            JOIN connections_connection c ON c.id = p.connection_id
            WHERE s.kind = 'document' AND s.state = 'done'
            AND s.verified_at IS NULL AND s.settled_at < sent_before
            AND (s.looked_at IS NULL OR s.looked_at < now() - interval '60 seconds')
            AND p.cleared_at IS NULL AND p.state = 'published'
            AND c.state = 'connected' AND c.organisation_id = s.organisation_id
            AND c.region = s.region
            """,
            replaces=True,
        ),
    ]
