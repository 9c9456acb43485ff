from django.db import migrations

from dext_sync.businesses.row_security import definer_function


# Under row-level security PostgreSQL does not look at its statistics for LIKE, which is
# not leakproof, and takes every word for a rare one. The index would then gather each of
# hundreds of thousands of items that mention "paper". So the newest items are looked at
# first: what one in twenty of them mentions is found at once without the index, and NULL
# says so. As before it looks in the session's own business and no other.
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


class Migration(migrations.Migration):

    dependencies = [('publishing', '0016_restores_read_twice')]

    operations = [
        definer_function(
            "items_mentioning",
            "given text[], amounts numeric[], most integer",
            "SETOF bigint",
            MENTIONING,
            language="plpgsql",
            replaces=True,
        ),
    ]
