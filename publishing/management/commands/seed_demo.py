"""`manage.py seed_demo`: the people, businesses and papers of the demo, once."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, Membership, User
from dext_sync.businesses.roles import Role
from dext_sync.businesses.signup import create_business
from dext_sync.businesses.tenancy import acting_as, acting_in
from publishing import coding, documents, methods, suppliers
from publishing.drawing import PDF, PNG, examined
from publishing.management.costs import BAKERY, GARAGE, Cost
from publishing.management.sales import BAKERY_SALES, GARAGE_SALES, Sale
from publishing.models import Document, Item, PaymentMethod

PASSWORD: Final = "bakery-demo-2026"  # noqa: S105  (printed by the demo)
PEOPLE: Final = {
    "alice": ("Alice", "alice@harbourbakery.example"),
    "bob": ("Bob", "bob@harbourbakery.example"),
    "vera": ("Vera", "vera@harbourbakery.example"),
    "charlie": ("Charlie", "charlie@garage.example"),
    "anna": ("Anna", "anna@ledgerly.example"),
    "sam": ("Sam", "sam@support.example"),
}
METHODS: Final = (("Company Card", "4242", "Credit Card"), ("Petty Cash", "", "Cash"))


class Command(BaseCommand):
    help = "Put the demo's people, businesses and items into an empty database."

    def handle(self, *args: Any, **options: Any) -> None:
        people = {who: _person(*PEOPLE[who]) for who in PEOPLE}
        bakery = _business(people["alice"], "Harbour Bakery Ltd", "harbour-bakery")
        _member(bakery, people["bob"], Role.STANDARD, publishes=True)
        _member(bakery, people["vera"], Role.STANDARD)
        _member(bakery, people["anna"], Role.ACCOUNTANT)
        garage = _business(people["charlie"], "Garage Charlie", "garage-charlie")
        _member(garage, people["anna"], Role.ACCOUNTANT)
        costs = _items(bakery, BAKERY, people) + _items(garage, GARAGE, people)
        sales = _items(bakery, BAKERY_SALES, people)
        sales += _items(garage, GARAGE_SALES, people)
        self.stdout.write(
            f"The demo has its people, {costs} new cost items and {sales} new sales items."
        )


def _person(name: str, email: str) -> User:
    if known := User.objects.filter(email=email).first():
        return known
    with transaction.atomic():
        user = User.objects.create(email=email, name=name, password=_hashed())
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@cache
def _hashed() -> str:
    """One for all: their password is printed, and each hash takes half a second."""
    return make_password(PASSWORD)


def _business(owner: User, name: str, slug: str) -> Business:
    with acting_as(owner.pk):
        known = Business.objects.filter(memberships__user=owner, name=name).first()
    if known is not None:
        return known
    business = create_business(
        owner,
        name=name,
        country="GB",
        currency="GBP",
        time_zone="Europe/London",
        tax_registered=True,
    )
    with acting_in(business.pk):
        business.slug = slug
        business.save(update_fields=["slug"])
    return business


def _member(
    business: Business, user: User, role: Role, *, publishes: bool = False
) -> None:
    """At the first start, before there are items: who was removed since stays so."""
    with acting_in(business.pk):
        if Item.objects.for_business(business).exists():
            return
        Membership.unscoped.get_or_create(
            business=business,
            user=user,
            defaults={"role": role, "publishes": publishes},
        )


def _items(business: Business, papers: Sequence[Cost], people: dict[str, User]) -> int:
    """All of a workspace's or, where it has some already, none."""
    workspace = _workspace(papers[0])
    with acting_in(business.pk), transaction.atomic():
        known = Item.objects.for_business(business).filter(workspace=workspace)
        if known.exists():
            return 0
        paid_with = {} if workspace == Item.Workspace.SALES else _methods(business)
        return len([_item(business, paper, people, paid_with) for paper in papers])


def _workspace(paper: Cost) -> Item.Workspace:
    sells = isinstance(paper, Sale)
    return Item.Workspace.SALES if sells else Item.Workspace.COSTS


def _methods(business: Business) -> dict[str, PaymentMethod]:
    modes = {mode.name: mode for mode in methods.modes_of(business)}
    owner = Membership.unscoped.get(business=business, role=Role.OWNER).user
    return {
        name: methods.add(
            business, name, by=owner, last_four=last_four, mode=modes[mode]
        )
        for name, last_four, mode in METHODS
    }


def _item(
    business: Business,
    cost: Cost,
    people: dict[str, User],
    paid_with: dict[str, PaymentMethod],
) -> Item:
    owner = people[cost.owner]
    document = _document(business, cost, owner)
    item = Item(
        business=business,
        workspace=_workspace(cost),
        owner=owner,
        document=document,
        file_name=cost.file_name,
    )
    values = _values(item, cost, paid_with)
    for field, value in values.items():
        setattr(item, field, value)
    at = timezone.now().isoformat()
    said = {"from": "person", "name": str(owner), "id": owner.pk, "at": at}
    item.sources = dict.fromkeys(values, said)
    item.save()
    audit.record(
        business,
        "item.uploaded",
        actor=owner,
        subject=item,
        subject_name=cost.file_name,
    )
    return coding.review(item)


def _document(business: Business, cost: Cost, owner: User) -> Document:
    content = cost.drawn(business.name, timezone.localdate())
    content_type = PNG if cost.receipt else PDF
    # Drawn by ourselves, so it may be opened here, without a process with limits.
    pages, _has_size = examined(content, content_type).split()
    return documents.keep(
        business, content, content_type=content_type, page_count=int(pages), by=owner
    )


def _values(
    item: Item, cost: Cost, paid_with: dict[str, PaymentMethod]
) -> dict[str, Any]:
    side = suppliers.side_of(item)
    today = timezone.localdate()
    values: dict[str, Any] = {
        "kind": Item.Kind.RECEIPT if cost.receipt else Item.Kind.INVOICE,
        "date": cost.date(today),
        "due_date": cost.due(today),
        "supplier": suppliers.named(item.business, cost.supplier, side),
        "reference": cost.reference,
        "description": cost.description,
        "currency": cost.currency,
        "total": Decimal(cost.total),
        "tax_amount": Decimal(cost.tax),
    }
    if cost.exchange_rate:
        values["exchange_rate"] = Decimal(cost.exchange_rate)
        values["rate_date"] = cost.date(today)
    if cost.paid_with:
        values["paid"] = True
        values["payment_method"] = paid_with[cost.paid_with]
    return values
