from django.db import migrations

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0007_locks"),
        ("businesses", "0002_row_security"),
    ]

    operations = [
        # Of whoever is still here: who has left revives nothing by a consent elsewhere.
        definer_function(
            "connections_to_mend",
            "most integer",
            "TABLE (business_id bigint, id bigint)",
            """
            SELECT c.business_id, c.id FROM connections_connection c
            JOIN connections_grant g ON g.id = c.grant_id
            JOIN businesses_membership m
                ON m.business_id = c.business_id AND m.user_id = c.connected_by_id
            JOIN businesses_user u ON u.id = m.user_id
            WHERE c.state = 'needs_reconnecting'
            AND c.needs_reason = 'permission_gone'
            AND g.died_at IS NULL AND u.is_active LIMIT most
            """,
            replaces=True,
        ),
        # Broken ones too, as long as they have a permission to let go of.
        definer_function(
            "connections_to_mind",
            "most integer",
            "TABLE (business_id bigint, id bigint)",
            """
            SELECT c.business_id, c.id FROM connections_connection c
            LEFT JOIN businesses_membership m
                ON m.business_id = c.business_id AND m.user_id = c.connected_by_id
            LEFT JOIN businesses_user u ON u.id = m.user_id
            WHERE c.state <> 'disconnected' AND c.grant_id IS NOT NULL AND (
                coalesce(u.is_active, false) <> (c.permission_ends_at IS NULL)
                OR c.permission_ends_at <= now()
            ) LIMIT most
            """,
            replaces=True,
        ),
    ]
