"""How many calls to Zoho an item costs."""

from collections.abc import Callable

from connections.models import Connection
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local.benchmark import Row
from publishing import engine, requesting, verification
from publishing.models import Item, Publication, Step
from tests.benchmarks import stage
from tests.benchmarks.stage import Tenant
from tests.publishing.factories import (
    make_customer,
    make_supplier,
    paid_receipt,
    ready_item,
    ready_sale,
)
from tests.zoho_standin.remote import Remote

VERIFIED_TOGETHER = 3


def measure(small: bool) -> list[Row]:  # noqa: FBT001  (it is small already)
    stage.without_our_limits()
    remote = stage.stand_in()
    tenant = stage.tenant(remote)
    business, owner = tenant.business, tenant.owner
    newcomer = make_supplier(business, "Flour and Sons", agreed_by=owner)
    new_guest = make_customer(business, "The New Inn", agreed_by=owner)
    made: list[tuple[str, Callable[[], Item], int]] = [
        ("bill with document", lambda: ready_item(business, owner), 2),
        ("expense with document", lambda: paid_receipt(business, owner), 2),
        ("draft invoice with document", lambda: ready_sale(business, owner), 2),
        (
            "bill of a new supplier",
            lambda: ready_item(business, owner, supplier=newcomer, reference="F-1"),
            3,
        ),
        (
            "draft invoice to a new customer",
            lambda: ready_sale(
                business, owner, supplier=new_guest, reference="2026-18"
            ),
            3,
        ),
    ]
    rows = [_row(what, _calls(remote, make()), most) for what, make, most in made]
    return [*rows, _of_verification(remote, tenant)]


def _row(what: str, calls: int, most: int) -> Row:
    return Row("calls", what, f"{calls}", f"{most}", calls == most)


def _calls(remote: Remote, item: Item) -> int:
    remote.forget_calls()
    with acting_in(item.business_id):
        begun = requesting.request(item, by=item.owner)
        assert isinstance(begun, requesting.Requested)
        engine.advance(begun.publication.pk)
        begun.publication.refresh_from_db()
    assert begun.publication.state == Publication.State.PUBLISHED
    return len(remote.calls())


def _of_verification(remote: Remote, tenant: Tenant) -> Row:
    """One list for each kind of record, however many items wait."""
    remote.forget_calls()
    with acting_in(tenant.business.pk):
        verification.verify(Connection.unscoped.get(pk=tenant.connection.pk))
        documents = Step.unscoped.filter(kind=Step.Kind.DOCUMENT)
        verified = documents.exclude(verified_at=None).count()
        assert verified == documents.count()
    return Row(
        "calls",
        f"{verified} documents of {VERIFIED_TOGETHER} kinds of record verified",
        f"{len(remote.calls())}",
        f"{VERIFIED_TOGETHER}",
        len(remote.calls()) == VERIFIED_TOGETHER,
    )
