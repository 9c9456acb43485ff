from django.db import migrations

from dext_sync.businesses.row_security import (
    definer_function,
    protect,
    referable,
    same_business,
)

TABLES = [
    "document",
    "paymentmode",
    "paymentmethod",
    "supplier",
    "item",
    "publication",
    "step",
    "publishattempt",
]


class Migration(migrations.Migration):
    dependencies = [
        ("publishing", "0001_initial"),
        ("connections", "0002_row_security"),
    ]

    operations = [
        *[protect(f"publishing_{name}") for name in TABLES],
        referable(*[f"publishing_{name}" for name in TABLES]),
        same_business(
            "publishing_paymentmethod",
            account_id="connections_bankaccount",
            mode_id="publishing_paymentmode",
        ),
        same_business("publishing_supplier", contact_id="connections_contact"),
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
        ),
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
        definer_function(
            "publications_due",
            "most integer",
            "TABLE (business_id bigint, id bigint)",
            # Row numbers within a business: one with much to send starves nobody.
            """
            SELECT business_id, id FROM (
                SELECT business_id, id, priority, due_at, row_number() OVER (
                    PARTITION BY business_id ORDER BY priority, due_at, id
                ) AS place
                FROM publishing_publication
                WHERE finished_at IS NULL AND due_at <= now()
                AND (leased_until IS NULL OR leased_until < now())
            ) due
            ORDER BY place, priority, due_at LIMIT most
            """,
        ),
        definer_function(
            "connection_is_held",
            "a_connection bigint",
            "boolean",
            """
            SELECT EXISTS (
                SELECT FROM publishing_step s
                JOIN publishing_publication p ON p.id = s.publication_id
                WHERE p.connection_id = a_connection AND p.finished_at IS NULL
                AND s.state IN ('sending', 'uncertain')
            )
            """,
            replaces=True,
        ),
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
            AND c.state = 'connected' AND c.organisation_id = s.organisation_id
            AND c.region = s.region
            """,
        ),
    ]
