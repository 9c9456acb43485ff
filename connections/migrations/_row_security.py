"""What Django does not write itself: row-level security and the questions past it."""

from dext_sync.businesses.row_security import (
    definer_function,
    protect,
    referable,
    same_business,
)

LISTS = [
    "account",
    "bankaccount",
    "contact",
    "currency",
    "location",
    "product",
    "project",
    "purchaserecord",
    "taxexemption",
    "taxrate",
]
PARENTS = [
    "connections_connection",
    "connections_refreshrun",
    "connections_refreshedlist",
]
OTHERS = [
    "connections_allowance",
    "connections_consent",
    "connections_refreshedpage",
    "connections_connectionevent",
]
OF_A_CONNECTION = [
    "connections_allowance",
    "connections_refreshrun",
    "connections_connectionevent",
    *[f"connections_{name}" for name in LISTS],
]

OPERATIONS = [
    *[protect(table) for table in PARENTS],
    *[protect(table) for table in OTHERS],
    *[protect(f"connections_{name}") for name in LISTS],
    referable(*PARENTS, *[f"connections_{name}" for name in LISTS]),
    *[
        same_business(table, connection_id="connections_connection")
        for table in OF_A_CONNECTION
    ],
    same_business(
        "connections_connection",
        cost_tax_id="connections_taxrate",
        sales_tax_id="connections_taxrate",
    ),
    same_business("connections_refreshedlist", run_id="connections_refreshrun"),
    same_business("connections_refreshedpage", line_id="connections_refreshedlist"),
    definer_function(
        "organisation_is_taken",
        "a_region text, an_organisation text, by_other_than bigint",
        "boolean",
        """
        SELECT EXISTS (
            SELECT FROM connections_connection
            WHERE region = a_region AND organisation_id = an_organisation
            AND state <> 'disconnected' AND business_id <> by_other_than
        )
        """,
    ),
    definer_function(
        "connections_of_grant",
        "a_grant bigint",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, id FROM connections_connection
        WHERE grant_id = a_grant AND state <> 'disconnected'
        """,
    ),
    definer_function(
        "connections_of_dead_grants",
        "most integer",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT c.business_id, c.id FROM connections_connection c
        JOIN connections_grant g ON g.id = c.grant_id
        WHERE c.state = 'connected' AND g.died_at IS NOT NULL LIMIT most
        """,
    ),
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
    ),
    # A question of this app that publishing answers (its migration replaces the
    # function): is something under way whose end this connection must see?
    definer_function(
        "connection_is_held", "a_connection bigint", "boolean", "SELECT false"
    ),
    definer_function(
        "refreshes_due",
        "most integer",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT c.business_id, c.id FROM connections_connection c
        LEFT JOIN connections_refreshrun r
            ON r.connection_id = c.id AND r.finished_at IS NULL
        WHERE c.state = 'connected' AND (
            (r.id IS NULL AND c.refresh_due_at <= now())
            OR (r.due_at <= now()
                AND (r.leased_until IS NULL OR r.leased_until < now()))
        )
        ORDER BY c.refresh_due_at NULLS FIRST LIMIT most
        """,
    ),
    definer_function(
        "consents_to_end",
        "before timestamptz",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, id FROM connections_consent
        WHERE ended_at IS NULL AND started_at < before
        """,
    ),
    definer_function(
        "connection_events_open",
        "most integer",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, id FROM connections_connectionevent
        WHERE heeded_at IS NULL ORDER BY at LIMIT most
        """,
    ),
    definer_function(
        "connection_of_organisation",
        "a_region text, an_organisation text",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, id FROM connections_connection
        WHERE region = a_region AND organisation_id = an_organisation
        AND state <> 'disconnected'
        """,
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
    ),
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
