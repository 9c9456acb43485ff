from django.db import migrations

from dext_sync.businesses.row_security import session_function

# What is stored of a list is on the disk some moments later, while the next one is asked
# for. A Postgres that fails before takes the newest of it back, in order: the refresh is
# taken up again. Each commit of anybody else, and the refresh's own end, waits for all
# that was written before it.

FORMER = """
    BEGIN
        UPDATE connections_refreshrun run
        SET leased_until = until, pauses = coalesce(its_pauses, pauses)
        FROM connections_connection connection
        WHERE run.id = a_run AND run.finished_at IS NULL
            AND run.leased_until = ours AND connection.id = run.connection_id
            AND connection.state = 'connected'
            AND connection.organisation_id = run.organisation_id;
        RETURN FOUND;
    END
"""
HOLD = """
    BEGIN
        PERFORM set_config('synchronous_commit', 'off', true);
        UPDATE connections_refreshrun run
        SET leased_until = until, pauses = coalesce(its_pauses, pauses)
        FROM connections_connection connection
        WHERE run.id = a_run AND run.finished_at IS NULL
            AND run.leased_until = ours AND connection.id = run.connection_id
            AND connection.state = 'connected'
            AND connection.organisation_id = run.organisation_id;
        RETURN FOUND;
    END
"""


class Migration(migrations.Migration):

    dependencies = [('connections', '0017_locations_for_lines')]

    operations = [
        session_function(
            "hold_refresh",
            "a_run bigint, ours timestamptz, until timestamptz, its_pauses integer",
            "boolean",
            HOLD,
            writes=True,
            former=FORMER,
        ),
    ]
