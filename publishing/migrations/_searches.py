"""What two of the functions do, each longer than all that is around it."""

# LIKE is not leakproof, so under row-level security no index answers it. This function
# looks with the owner's rights, in the session's own business and no other, and tells
# ids; what their rows hold is shown or not by row-level security as ever.
# It is planned anew for each search, because rare words want the index and common ones
# are found at once without. PostgreSQL looks at no statistics either and takes every word
# for a rare one: the index would gather each of hundreds of thousands of items that
# mention "paper". So the newest items are looked at first: what one in twenty of them
# mentions is found at once without the index, and NULL says so.
MENTIONING = r"""
    DECLARE
        sample constant integer := 2000;
        common constant integer := 100;
        own bigint := nullif(current_setting('app.business', true), '')::bigint;
        mentions text := 'true';
        looked_at integer;
        mentioned integer;
        pattern text;
    BEGIN
        FOR place IN 1 .. cardinality(given) LOOP
            pattern := '%' || regexp_replace(given[place], '([\\%_])', '\\\1', 'g') || '%';
            mentions := mentions || format(
                ' AND (words LIKE %L OR total_in_thousandths = %L::bigint'
                ' OR supplier_id = ANY (%L::bigint[]) OR category_id = ANY (%L::bigint[]))',
                pattern,
                (amounts[place] * 1000)::bigint,
                ARRAY(
                    SELECT id FROM publishing_supplier
                    WHERE business_id = own AND lower(name) LIKE pattern
                ),
                ARRAY(
                    SELECT id FROM connections_account
                    WHERE business_id = own AND lower(name) LIKE pattern
                )
            );
        END LOOP;
        EXECUTE format(
            'SELECT count(*), count(*) FILTER (WHERE %s) FROM (SELECT * FROM'
            ' publishing_item WHERE business_id = %L ORDER BY id DESC LIMIT %L) newest',
            mentions, own, sample
        ) INTO looked_at, mentioned;
        IF looked_at = sample AND mentioned >= common THEN
            RETURN NEXT NULL;
            RETURN;
        END IF;
        RETURN QUERY EXECUTE format(
            'SELECT id FROM publishing_item WHERE business_id = %L AND %s LIMIT %L',
            own, mentions, most
        );
    END
"""

# The supplier's root under all its names is `party`: its spellings, and whoever stands
# for the same contact in Zoho. `known` is what was asked already; `there` is Zoho Books.
# A thing that is NULL is like nothing.
# To plan this takes longer than to answer it, and no value makes another plan better:
# each part goes by its index. So the session's first plan is kept.
PAIRS = """
    #variable_conflict use_column
    BEGIN RETURN QUERY
        WITH own AS (
            SELECT bare_reference FROM publishing_item WHERE id = an_item
        ), party AS (
            SELECT id FROM publishing_supplier WHERE business_id = a_business
                AND (id = its_root OR merged_into_id = its_root OR contact_id = its_contact)
        ), known AS (
            SELECT id, item_id, answer, grounds, record_kind, record_id, organisation_id,
                CASE item_id WHEN an_item THEN other_id ELSE item_id END AS paired
            FROM publishing_suspicion
            WHERE business_id = a_business
                AND (item_id = an_item OR other_id = an_item)
        ), alike AS (
            SELECT id FROM publishing_item WHERE business_id = a_business
                AND supplier_id = ANY (ARRAY(SELECT id FROM party))
                AND bare_reference <> ''
                AND bare_reference = (SELECT bare_reference FROM own)
            UNION
            SELECT id FROM publishing_item WHERE business_id = a_business
                AND supplier_id = ANY (ARRAY(SELECT id FROM party)) AND currency = its_currency
                AND total_in_thousandths = its_total
                AND date BETWEEN since AND until
                AND (date = its_date OR kind <> its_kind)
            UNION
            SELECT id FROM publishing_item WHERE business_id = a_business
                AND document_id = its_document
        ), fresh AS (
            SELECT id FROM publishing_item other
            WHERE id = ANY (ARRAY(SELECT id FROM alike EXCEPT SELECT paired FROM known))
                AND id <> an_item AND workspace = its_workspace
                AND NOT (status = 'archived' AND EXISTS (
                    SELECT FROM publishing_suspicion was
                    WHERE was.item_id = other.id AND was.answer = 'same'
                ))
            ORDER BY id DESC LIMIT most
        ), alike_there AS (
            SELECT id FROM connections_purchaserecord WHERE business_id = a_business
                AND organisation_id = an_organisation AND vendor_id = its_vendor
                AND bare_reference <> ''
                AND bare_reference = (SELECT bare_reference FROM own)
            UNION
            SELECT id FROM connections_purchaserecord WHERE business_id = a_business
                AND organisation_id = an_organisation AND vendor_id = its_vendor
                AND currency_code = its_currency AND total_in_thousandths = its_total
                AND date BETWEEN since AND until
                AND (date = its_date OR (kind = 'bill') <> (its_kind = 'invoice'))
        ), fresh_there AS (
            SELECT id FROM connections_purchaserecord record
            WHERE id = ANY (ARRAY(SELECT id FROM alike_there))
                AND removed_at IS NULL AND is_active
                AND NOT EXISTS (
                    SELECT FROM known
                    WHERE record_id = zoho_id AND organisation_id = record.organisation_id
                )
                AND NOT EXISTS (
                    SELECT FROM publishing_step step
                    JOIN publishing_publication ours ON ours.id = publication_id
                    WHERE step.organisation_id = record.organisation_id
                        AND zoho_id = record.zoho_id
                        AND (item_id = an_item AND NOT attaches OR cleared_at IS NULL)
                )
                AND NOT EXISTS (
                    SELECT FROM publishing_publication ours
                    WHERE mark = right(remark, mark_length) AND item_id = an_item
                )
            ORDER BY id DESC LIMIT most
        )
        SELECT other.id, NULL AS record_kind, NULL AS record_id, NULL AS organisation_id,
            kind, CASE WHEN supplier_id IN (SELECT id FROM party)
                THEN its_supplier ELSE supplier_id END,
            reference, date, total, currency, document_id, created_at,
            status = ANY (still_open) AND NOT EXISTS (
                SELECT FROM publishing_publication
                WHERE item_id = other.id AND state = 'published' AND cleared_at IS NULL
            ),
            known.id, known.item_id, known.answer, known.grounds
        FROM publishing_item other LEFT JOIN known ON paired = other.id
        WHERE other.id = ANY (ARRAY(SELECT paired FROM known UNION SELECT id FROM fresh))
            AND answer IS DISTINCT FROM 'different'
        UNION ALL
        SELECT NULL, coalesce(kind, record_kind), coalesce(zoho_id, record_id),
            coalesce(record.organisation_id, known.organisation_id),
            CASE kind WHEN 'bill' THEN 'invoice' ELSE 'receipt' END,
            CASE vendor_id WHEN its_vendor THEN its_supplier END,
            reference, date, total, currency_code, NULL, NULL, false,
            known.id, known.item_id, known.answer, known.grounds
        FROM (SELECT * FROM known WHERE record_id <> '') known
        FULL JOIN (
            SELECT * FROM connections_purchaserecord
            WHERE removed_at IS NULL AND is_active AND id = ANY (ARRAY(
                SELECT id FROM fresh_there UNION SELECT there.id FROM known
                JOIN connections_purchaserecord there ON zoho_id = record_id
                    AND there.organisation_id = known.organisation_id
                    AND there.business_id = a_business
            ))
        ) record ON zoho_id = record_id AND record.organisation_id = known.organisation_id
        WHERE answer IS DISTINCT FROM 'different'
        ORDER BY 1, 3;
    END
"""
