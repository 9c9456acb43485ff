from django.db import migrations

from dext_sync.businesses.row_security import definer_function


class Migration(migrations.Migration):
    dependencies = [("connections", "0005_newest_pages")]

    operations = [
        # Sums for the metrics; `oldest`: seconds since the lists were last read, of the
        # connection where that is longest ago.
        definer_function(
            "connections_by_state",
            "",
            "TABLE (state text, connections bigint, oldest double precision)",
            """
            SELECT c.state, count(*), coalesce(extract(epoch FROM now() - min(
                coalesce(r.finished_at, c.connected_at)
            ) FILTER (WHERE c.state = 'connected')), 0)
            FROM connections_connection c
            LEFT JOIN LATERAL (
                SELECT finished_at FROM connections_refreshrun
                WHERE connection_id = c.id AND organisation_id = c.organisation_id
                AND finished_at IS NOT NULL AND problem = ''
                ORDER BY id DESC LIMIT 1
            ) r ON c.state = 'connected'
            GROUP BY c.state
            """,
        ),
    ]
