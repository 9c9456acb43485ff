"""What Django does not write itself: row-level security and the questions past it."""

from django.db import migrations

from dext_sync.businesses.row_security import (
    BUSINESS,
    PERSON,
    definer_function,
    owner_sees_all,
    protect,
    referable,
)

OPERATIONS = [
    # A business is seen from inside, and by its members from anywhere.
    migrations.RunSQL(
        f"""
        ALTER TABLE businesses_business ENABLE ROW LEVEL SECURITY;
        ALTER TABLE businesses_business FORCE ROW LEVEL SECURITY;
        CREATE POLICY own_business_read ON businesses_business FOR SELECT USING (
            id = {BUSINESS} OR id IN (
                SELECT business_id FROM businesses_membership
                WHERE user_id = {PERSON}
            )
        );
        CREATE POLICY own_business_write ON businesses_business FOR ALL
            USING (id = {BUSINESS}) WITH CHECK (id = {BUSINESS});
        {owner_sees_all("businesses_business")}
        """,
        migrations.RunSQL.noop,
    ),
    protect("businesses_membership", visible=f"user_id = {PERSON}"),
    protect("businesses_invitation"),
    protect("businesses_auditentry", append_only=True),
    referable("businesses_membership", "businesses_invitation"),
    definer_function(
        "invitation_by_token",
        "hash text",
        "TABLE (business_id bigint, id bigint)",
        "SELECT business_id, id FROM businesses_invitation WHERE token_hash = hash",
    ),
    # Capitals of ASCII alone count as small letters: no dotless i becomes an i.
    definer_function(
        "invitations_of_address",
        "address text",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT business_id, id FROM businesses_invitation
        WHERE lower(email COLLATE "C") = lower(address COLLATE "C")
        AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()
        """,
    ),
    # How many letters a person caused, from whichever business: numbers, no rows.
    definer_function(
        "invitations_sent_by",
        "inviter bigint, address text, since timestamptz",
        "TABLE (letters bigint, to_address bigint)",
        "SELECT count(*), count(*) FILTER (WHERE email = address)"
        " FROM businesses_invitation"
        " WHERE invited_by_id = inviter AND created_at > since",
    ),
    definer_function(
        "businesses_to_review",
        "most integer",
        "TABLE (business_id bigint, id bigint)",
        """
        SELECT id, id FROM businesses_business
        WHERE review_due_at IS NOT NULL ORDER BY review_due_at LIMIT most
        """,
    ),
]
