from django.db import migrations

from dext_sync.businesses.row_security import session_function

# To plan these takes longer than to answer them, and a refresh asks them with each call
# and each list.

STANDING = """
    BEGIN RETURN QUERY
        SELECT
            allowance.blocked_until, allowance.blocked_by, given.blocked_until,
            allowance.day_limit, allowance.day_remaining, allowance.day_resets_at,
            allowance.last_call_at
        FROM connections_allowance allowance
        JOIN connections_connection connection
            ON connection.id = allowance.connection_id
        LEFT JOIN connections_grant given ON given.id = connection.grant_id
        WHERE allowance.connection_id = a_connection;
    END
"""
# Nobody's any more once the organisation is not connected.
HOLD = """
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
TAKE_UP = """
    BEGIN
        IF NOT hold_refresh(a_run, ours, until, NULL) THEN
            RETURN false;
        END IF;
        UPDATE connections_refreshedlist SET state = 'reading', rows = its_rows
        WHERE id = a_list;
        RETURN true;
    END
"""


class Migration(migrations.Migration):

    dependencies = [('connections', '0001_squashed_0014_lean_lists')]

    operations = [
        session_function(
            "standing_of",
            "a_connection bigint",
            """
            TABLE (
                blocked_until timestamptz, blocked_by varchar,
                user_blocked_until timestamptz, day_limit integer,
                day_remaining integer, day_resets_at timestamptz,
                last_call_at timestamptz
            )
            """,
            STANDING,
        ),
        session_function(
            "hold_refresh",
            "a_run bigint, ours timestamptz, until timestamptz, its_pauses integer",
            "boolean",
            HOLD,
            writes=True,
        ),
        session_function(
            "take_up_list",
            """
            a_run bigint, ours timestamptz, until timestamptz, a_list bigint,
            its_rows integer
            """,
            "boolean",
            TAKE_UP,
            writes=True,
        ),
    ]
