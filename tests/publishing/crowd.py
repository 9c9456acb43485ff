"""Many items that wait to be published, written by the database itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Model
from psycopg2 import sql

from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Item, Publication, Step, new_mark
from tests.publishing.factories import ready_item
from tests.publishing.steps import begun

COPY = """
    INSERT INTO {table} ({columns}) SELECT {values}
    FROM {table} AS pattern,
        unnest(%s::bigint[], %s::text[], %s::text[])
            WITH ORDINALITY AS new (owner, number, mark, place)
    WHERE pattern.{key} = %s ORDER BY new.place, pattern.id RETURNING id
"""


@dataclass(frozen=True)
class New:
    """What each of the copies has of its own."""

    owners: list[int]
    numbers: list[str]
    marks: list[str]


AUTOMATIC = Publication.Priority.AUTOMATIC
PERSON = Publication.Priority.PERSON


def waiting(
    business: Business,
    by: User,
    count: int,
    *,
    priority: Publication.Priority = PERSON,
    name: str = "Many",
) -> list[Publication]:
    """As after so many clicks, each a bill with a number of its own."""
    pattern = begun(ready_item(business, by, reference=f"{name}-0"), by)
    numbers = [f"{name}-{number}" for number in range(1, count)]
    marks = [new_mark() for _number in numbers]
    with acting_in(business.pk):
        mine = Publication.unscoped.select_related("item")
        mine.filter(pk=pattern.pk).update(priority=priority)
        items = _copies(
            Item,
            pattern.item_id,
            {"reference": "new.number"},
            new=New([0] * len(numbers), numbers, marks),
        )
        more = _copies(
            Publication,
            pattern.pk,
            {
                "item_id": "new.owner",
                "mark": "new.mark",
                "claim": "pattern.claim || jsonb_build_object('number', new.number)",
            },
            new=New(items, numbers, marks),
        )
        _copies(
            Step,
            pattern.pk,
            {"publication_id": "new.owner"},
            new=New(more, numbers, marks),
            key="publication_id",
        )
        return list(mine.filter(pk__in=[pattern.pk, *more]).order_by("pk"))


def _copies(
    model: type[Model],
    pattern: int,
    others: Mapping[str, str],
    *,
    new: "New",
    key: str = "id",
) -> list[int]:
    """Of each row whose key is the pattern's; answers their ids.

    others: what is not as in the pattern, as SQL.
    """
    about = model._meta  # noqa: SLF001
    columns = [
        str(field.column)
        for field in about.concrete_fields
        if not field.primary_key and not field.generated
    ]
    values = [
        sql.SQL(others[column])
        if column in others
        else sql.Identifier("pattern", column)
        for column in columns
    ]
    statement = sql.SQL(COPY).format(
        table=sql.Identifier(about.db_table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(values),
        key=sql.Identifier(key),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [new.owners, new.numbers, new.marks, pattern])
        return [number for (number,) in cursor.fetchall()]
