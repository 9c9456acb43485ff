from django.db import migrations

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0011_documents_taken_back"),
        ("connections", "0002_row_security"),
    ]

    operations = [
        # Only what was sent to the organisation that is connected now, and of that not
        # what waits until somebody acts: it would hold the connection for ever, and is
        # settled by hand once that has ended.
        definer_function(
            "connection_is_held",
            "a_connection bigint",
            "boolean",
            """
            SELECT EXISTS (
                SELECT FROM publishing_step s
                JOIN publishing_publication p ON p.id = s.publication_id
                JOIN connections_connection c ON c.id = p.connection_id
                WHERE c.id = a_connection AND p.finished_at IS NULL
                AND s.region = c.region AND s.organisation_id = c.organisation_id
                AND (s.state = 'sending' OR s.state = 'uncertain'
                    AND p.waiting_reason NOT IN
                        ('organisation', 'long_list', 'right', 'scope'))
            )
            """,
            replaces=True,
        ),
    ]
