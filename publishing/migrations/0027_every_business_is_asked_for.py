from django.db import migrations

from dext_sync.businesses.row_security import NOT_FOR_EVERYBODY, definer_function


class Migration(migrations.Migration):
    """What was lost may be the first items that a business had."""

    dependencies = [
        ('publishing', '0026_restorecheck_failing_since'),
    ]

    operations = [
        definer_function(
            "businesses_put_back",
            "most integer",
            "TABLE (business_id bigint, id bigint)",
            "SELECT id, id FROM businesses_business LIMIT most",
        ),
        migrations.RunSQL(
            "DROP FUNCTION businesses_with_items(integer);",
            f"""
            CREATE FUNCTION businesses_with_items(most integer)
            RETURNS TABLE (business_id bigint, id bigint)
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
            AS $body$
                SELECT DISTINCT business_id, business_id FROM publishing_item LIMIT most
            $body$;
            {NOT_FOR_EVERYBODY}
            """,
        ),
    ]
