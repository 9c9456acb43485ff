"""The Inbox of Costs with few and with many items: searched, narrowed, turned over; and
what else looks at all items."""

import logging
import os
import sys
import time
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection as database
from django.test import Client

from connections.models import Account
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local import roles
from dext_sync.local.benchmark import Row
from publishing.models import Item, Supplier
from tests.benchmarks import stage
from tests.factories import make_member, make_user
from tests.publishing.factories import ready_item

FEW, MANY = 1_000, 200_000
ROUNDS = 5
MOST_SLOWER = 1.5
STATUSES = "(ARRAY['to_review','to_review','ready','ready','ready','failed'])"
# Words of the descriptions: one in each, one in a few hundred, one in a single item.
FILL = """
    INSERT INTO publishing_item ({columns})
    SELECT {values}
    FROM publishing_item pattern, generate_series(1, %(count)s) place
    WHERE pattern.id = %(pattern)s
"""
CHANGED = {
    "reference": "'INV-' || place",
    "description": "'Paper and card ' || md5(place::text)"
    " || CASE WHEN place %% 300 = 0 THEN ' saffron' ELSE '' END"
    " || CASE WHEN place = 100 THEN ' quicklime' ELSE '' END",
    "total": "(place %% 5000) + 0.99",
    "date": "date '2026-11-20' - (place %% 700)::integer",
    "created_at": "now() - place * interval '1 minute'",
    "status": f"{STATUSES}[1 + place %% 6]",
    "supplier_id": "(%(suppliers)s::bigint[])[1 + place %% %(supplier_count)s]",
    "category_id": "(%(categories)s::bigint[])[1 + place %% %(category_count)s]",
    "owner_id": "(%(owners)s::bigint[])[1 + place %% 20 / 19]",
}


@dataclass(frozen=True)
class View:
    name: str
    address: str
    query: dict[str, Any]


@dataclass(frozen=True)
class Timed:
    seconds: list[float]
    queries: int


def measure(small: bool) -> list[Row]:  # noqa: FBT001
    stage.without_our_limits()
    settings.ALLOWED_HOSTS = ["testserver"]
    logging.disable(logging.INFO)  # a line for each request
    tenant = stage.tenant(stage.stand_in())
    standard = make_user("Vera")
    make_member(tenant.business, standard, Role.STANDARD)
    timed: dict[int, dict[str, Timed]] = {}
    for size in (10, 100) if small else (FEW, MANY):
        _fill(tenant, standard, size)
        views = _views(tenant.business)
        timed[size] = {
            f"{view.name}, {who}": _timed(person, view)
            for who, person in (("Owner", tenant.owner), ("Standard", standard))
            for view in views
        }
    if "DEXT_BENCHMARK_DETAILS" in os.environ:
        _print_details(timed)
    return _rows(*timed.values())


def _print_details(timed: dict[int, dict[str, Timed]]) -> None:
    """For whoever looks for what is slow."""
    few, many = timed.values()
    for name, each in few.items():
        of_few, of_many = median(each.seconds) * 1000, median(many[name].seconds) * 1000
        counts = f"{each.queries}/{many[name].queries} queries"
        sys.stderr.write(f"{of_few:7.0f} {of_many:7.0f} ms  {counts}  {name}\n")


def _rows(few: dict[str, Timed], many: dict[str, Timed]) -> list[Row]:
    most_few, most_many = _most(few), _most(many)
    ratio = _p95(many) / _p95(few)
    slowest = max(few, key=lambda name: median(many[name].seconds))
    took = median(many[slowest].seconds)
    return [
        Row(
            "inbox",
            f"{len(few)} views: most queries with few items, and with many",
            f"{most_few}, {most_many}",
            "the same",
            most_few == most_many,
        ),
        Row(
            "inbox",
            f"{len(few)} views: p95 with many ÷ with few items",
            f"{ratio:.2f} ({_p95(many) * 1000:.0f} ÷ {_p95(few) * 1000:.0f} ms;"
            f" slowest: {slowest}, {took * 1000:.0f} ms)",
            f"≤ {MOST_SLOWER}",
            ratio <= MOST_SLOWER,
        ),
    ]


def _most(timed: dict[str, Timed]) -> int:
    return max(view.queries for view in timed.values())


def _p95(timed: dict[str, Timed]) -> float:
    seconds = sorted(each for view in timed.values() for each in view.seconds)
    return seconds[ceil(len(seconds) * 0.95) - 1]


def _fill(tenant: stage.Tenant, standard: User, size: int) -> None:
    """One in twenty is the Standard user's own."""
    business = tenant.business
    with acting_in(business.pk):
        pattern = Item.unscoped.first()
        missing = size - Item.unscoped.count()
        suppliers = _suppliers(business)
        categories = list(Account.unscoped.values_list("pk", flat=True)[:40])
    if pattern is None:
        pattern, missing = ready_item(business, tenant.owner), missing - 1
    values: dict[str, Any] = {
        "count": missing,
        "pattern": pattern.pk,
        "suppliers": suppliers,
        "supplier_count": len(suppliers),
        "categories": categories,
        "category_count": len(categories),
        "owners": [tenant.owner.pk, standard.pk],
    }
    columns: list[str] = [
        str(each.column)
        for each in Item._meta.concrete_fields  # noqa: SLF001
        if each.column != "id" and not getattr(each, "generated", False)
    ]
    taken = ", ".join(CHANGED.get(name, f"pattern.{name}") for name in columns)
    with acting_in(business.pk), database.cursor() as cursor:
        cursor.execute(FILL.format(columns=", ".join(columns), values=taken), values)
    with roles.cursor_at(os.environ["DATABASE_OWNER_URL"]) as cursor:
        cursor.execute("VACUUM ANALYZE")


def _suppliers(business: Business) -> list[int]:
    names = [f"Supplier {number:03}" for number in range(200)]
    if Supplier.unscoped.count() < len(names):
        Supplier.unscoped.bulk_create(
            Supplier(business=business, name=name, key=name.lower()) for name in names
        )
    return list(Supplier.unscoped.values_list("pk", flat=True))


def _views(business: Business) -> list[View]:
    inbox, archive = f"/b/{business.slug}/costs/", f"/b/{business.slug}/costs/archive/"
    with acting_in(business.pk):
        ordered = Item.unscoped.order_by("-created_at").values_list("pk", flat=True)
        middle = ordered[ordered.count() // 2]
        supplier = Item.unscoped.exclude(supplier=None).values("supplier")[:1]
        (some,) = list(supplier)
        category = Account.unscoped.values_list("pk", flat=True)[3]
    asked: dict[str, dict[str, Any]] = {
        "first page": {},
        "page in the middle": {"after": middle},
        "ready": {"status": "ready"},
        "failed": {"status": "failed"},
        "word in every item": {"q": "paper"},
        "rare word": {"q": "saffron"},
        "word in one item": {"q": "quicklime"},
        "word in none": {"q": "xylophone"},
        "supplier's name": {"q": "supplier 017"},
        "reference": {"q": "INV-77"},
        "amount": {"q": "77.99"},
        "rare word, ready": {"q": "saffron", "status": "ready"},
        "supplier": {"supplier": some["supplier"]},
        "category": {"category": category},
        "dates": {"since": "2026-10-01", "until": "2026-10-31"},
        "totals": {"least": "10", "most": "12"},
        "currency": {"currency": "GBP"},
        "type": {"kind": "receipt"},
        "supplier and date": {"supplier": some["supplier"], "since": "2026-10-01"},
    }
    found = [View(name, inbox, query) for name, query in asked.items()]
    by_itself = View("auto-publish", f"/b/{business.slug}/auto-publish/", {})
    return [*found, View("archive", archive, {}), by_itself]


def _timed(person: User, view: View) -> Timed:
    client = Client()
    client.force_login(person)
    address = f"{view.address}?{urlencode(view.query)}"
    _get(client, address)  # everything is loaded and warm
    with stage.questions() as asked:
        _get(client, address)
    return Timed([_get(client, address) for _round in range(ROUNDS)], len(asked))


def _get(client: Client, address: str) -> float:
    began = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, address
    return seconds
