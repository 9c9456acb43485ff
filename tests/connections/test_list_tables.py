"""The lists' tables keep one foreign key each: to a connection of their business."""

import pytest
from django.db import connection as database

from connections.kinds import LISTS

pytestmark = pytest.mark.django_db

FOREIGN = """
    SELECT array_agg(attname::text ORDER BY attname::text)
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
    WHERE contype = 'f' AND conrelid = %s::regclass AND convalidated
        AND confrelid = 'connections_connection'::regclass
    GROUP BY pg_constraint.oid
"""


TABLES = sorted(
    {kind.model._meta.db_table for kind in LISTS}  # noqa: SLF001  (Django's model API)
)


@pytest.mark.parametrize("table", TABLES)
def test_each_list_is_bound_to_a_connection_of_its_business(table: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(FOREIGN, [table])
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class"
            " WHERE oid = %s::regclass",
            [table],
        )
        (forced,) = cursor.fetchone()
    assert found == [["business_id", "connection_id"]]
    assert forced
