"""What Django does not write itself: row-level security and the questions past it."""

from django.db import migrations

from dext_sync.businesses.row_security import (
    definer_function,
    protect,
    referable,
    same_business,
    session_function,
)
from publishing.migrations._searches import MENTIONING, PAIRS

TABLES = [
    "document",
    "paymentmode",
    "paymentmethod",
    "supplier",
    "item",
    "publication",
    "step",
    "publishattempt",
    "failuremail",
    "restore",
    "restorecheck",
    "unknownrecord",
    "supplierrule",
    "methodrule",
    "categoryrule",
    "suspicion",
    "autodecision",
]

# Trusted extensions: the database's owner may make them. Theirs are the index of words
# and its part for the business.
BEFORE = [
    migrations.RunSQL(f"CREATE EXTENSION IF NOT EXISTS {name}", migrations.RunSQL.noop)
    for name in ("pg_trgm", "btree_gin")
]

AFTER = [
    *[protect(f"publishing_{name}") for name in TABLES],
    protect("publishing_columnchoice"),
    referable(*[f"publishing_{name}" for name in TABLES]),
    same_business(
        "publishing_paymentmethod",
        account_id="connections_bankaccount",
        mode_id="publishing_paymentmode",
    ),
    same_business(
        "publishing_supplier",
        contact_id="connections_contact",
        merged_into_id="publishing_supplier",
        paused_over_id="publishing_item",
    ),
    same_business(
        "publishing_item",
        document_id="publishing_document",
        supplier_id="publishing_supplier",
        category_id="connections_account",
        project_id="connections_project",
        location_id="connections_location",
        customer_id="connections_contact",
        tax_rate_id="connections_taxrate",
        payment_method_id="publishing_paymentmethod",
        spelled_as_id="publishing_supplier",
    ),
    same_business(
        "publishing_supplierrule",
        supplier_id="publishing_supplier",
        category_id="connections_account",
        tax_rate_id="connections_taxrate",
        payment_method_id="publishing_paymentmethod",
        project_id="connections_project",
        location_id="connections_location",
    ),
    same_business("publishing_methodrule", method_id="publishing_paymentmethod"),
    same_business("publishing_categoryrule", category_id="connections_account"),
    same_business(
        "publishing_suspicion",
        item_id="publishing_item",
        other_id="publishing_item",
    ),
    same_business("publishing_autodecision", item_id="publishing_item"),
    same_business(
        "publishing_publication",
        item_id="publishing_item",
        connection_id="connections_connection",
    ),
    same_business("publishing_step", publication_id="publishing_publication"),
    same_business(
        "publishing_publishattempt",
        publication_id="publishing_publication",
        step_id="publishing_step",
    ),
    same_business(
        "publishing_restorecheck",
        restore_id="publishing_restore",
        connection_id="connections_connection",
    ),
    same_business(
        "publishing_unknownrecord",
        found_by_id="publishing_restorecheck",
        item_id="publishing_item",
    ),
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
    # Also for items that were taken back from the archive: what they became in Zoho
    # stands until it is cleared.
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
    ),
    # Sums for the metrics; `oldest`: seconds that the first of those has been due
    # which a worker could go on with now.
    definer_function(
        "publications_waiting",
        "",
        "TABLE (reason text, publications bigint, due bigint, oldest double precision)",
        """
        SELECT waiting_reason, count(*), count(*) FILTER (WHERE is_due),
            coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE is_due)), 0)
        FROM (
            SELECT waiting_reason, due_at, due_at <= now()
                AND (leased_until IS NULL OR leased_until < now()) AS is_due
            FROM publishing_publication WHERE finished_at IS NULL
        ) open
        GROUP BY waiting_reason
        """,
    ),
    # Businesses with something to go on with, and for each the numbers of the turns
    # that may be taken there at once: no more than there is to do.
    definer_function(
        "turns_due",
        "lanes integer",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, lane FROM (
            SELECT business_id, min(due_at) AS first, count(*) AS publications
            FROM publishing_publication
            WHERE finished_at IS NULL AND due_at <= now()
            AND (leased_until IS NULL OR leased_until < now())
            GROUP BY business_id
        ) due, generate_series(1, least(publications, lanes)) AS lane
        ORDER BY lane, first LIMIT 1000
        """,
    ),
    # Businesses with something that failed, has not been told and still is so, or
    # with a letter that could not leave.
    definer_function(
        "failures_to_tell",
        "failed_before timestamptz",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT p.business_id, p.business_id
        FROM publishing_publication p
        JOIN publishing_item i ON i.id = p.item_id
        WHERE p.state = 'failed' AND p.told_at IS NULL
        AND p.finished_at < failed_before
        AND i.status IN ('failed', 'to_review')
        AND NOT EXISTS (
            SELECT FROM publishing_publication later
            WHERE later.item_id = p.item_id AND later.id > p.id
        )
        UNION
        SELECT m.business_id, m.business_id
        FROM publishing_failuremail m WHERE m.tried_again_at <= now()
        """,
    ),
    definer_function(
        "businesses_with_items",
        "most integer",
        "TABLE (business_id bigint, id bigint)",
        "SELECT DISTINCT business_id, business_id FROM publishing_item LIMIT most",
    ),
    definer_function(
        "restore_checks_to_make",
        "most integer",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, id FROM publishing_restorecheck
        WHERE finished_at IS NULL AND due_at <= now()
        AND (leased_until IS NULL OR leased_until < now())
        ORDER BY due_at LIMIT most
        """,
    ),
    definer_function(
        "items_mentioning",
        "given text[], amounts numeric[], most integer",
        "SETOF bigint",
        MENTIONING,
        language="plpgsql",
    ),
    definer_function(
        "businesses_to_decide_about",
        "most integer",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, business_id FROM publishing_item
        WHERE auto_due_at <= now()
        GROUP BY business_id ORDER BY min(auto_due_at) LIMIT most
        """,
    ),
    session_function(
        "pairs_of_item",
        """
        a_business bigint, its_workspace text, an_item bigint, its_kind text,
        its_supplier bigint, its_root bigint, its_contact bigint,
        its_currency text, its_total bigint, its_date date, since date, until date,
        its_document bigint, an_organisation text, its_vendor text,
        still_open text[], most integer, mark_length integer
        """,
        """
        TABLE (
            other_id bigint, record_kind varchar, record_id varchar,
            organisation_id varchar, kind varchar, supplier_id bigint,
            reference varchar, date date, total numeric, currency varchar,
            document_id bigint, created_at timestamptz, is_open boolean,
            known_id bigint, holds bigint, answer varchar, grounds jsonb
        )
        """,
        PAIRS,
    ),
]
