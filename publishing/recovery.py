"""Asking Zoho whether something is there before it is sent again.

A record is ours only by our mark, or by an uncertain attempt of this very item with equal
supplier, date, currency and total inside its time. Whatever else is alike is a question
for a person.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.utils.translation import gettext as _

from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoRejected, ZohoUnexpected
from connections.zoho.types import Bill, Contact, Expense, Page
from publishing.models import (
    MARK_LETTERS,
    Publication,
    PublishAttempt,
    Step,
)
from publishing.outcomes import Done, Refused, Words, uncertain_time
from publishing.payloads import Claim
from publishing.reasons import Problem, Reason
from publishing.sending import (
    Record,
    claim_of,
    known_contact,
    record_done,
    record_in_zoho,
    vendor_id,
)

LOOK_UPS: Final = 2
"""How often Zoho must say that it has nothing before a step is sent again."""
SKEW: Final = timedelta(minutes=1)
"""By how much Zoho's clock may differ from ours."""
MOST_PAGES: Final = 25
ANY_MARK: Final = re.compile(rf"\bDS-[{MARK_LETTERS}]{{10}}\b")

Row = TypeVar("Row")


def find(books: ZohoBooks, publication: Publication, step: Step) -> Done | None:
    """What Zoho has of a step that was sent without an answer. Raises any ZohoError."""
    match Step.Kind(step.kind):
        case Step.Kind.CONTACT:
            return _contact(books, publication)
        case Step.Kind.RECORD if publication.kind == Publication.Kind.BILL:
            return _found(publication, _marked_bill(books, publication))
        case Step.Kind.RECORD:
            return _found(publication, _own_expense(books, publication, step))
        case Step.Kind.DOCUMENT:
            return attached(books, publication)


def attached(books: ZohoBooks, publication: Publication) -> Done | None:
    """Whether the record has its document: a second upload would add a second file."""
    if not record_in_zoho(books, publication).has_attachment:
        return None
    return Done(found=True, verified=True)


def _found(publication: Publication, record: Record | None) -> Done | None:
    if record is None:
        return None
    return record_done(publication, record, found=True)


# Contacts, by their exact name


def _contact(books: ZohoBooks, publication: Publication) -> Done | None:
    claimed = claim_of(publication)
    found = books.contacts_named(claimed.supplier_name)
    contact = next((each for each in found if fits(each, claimed)), None)
    if contact is None:
        return None
    return known_contact(publication.connection, contact)


def fits(contact: Contact, claimed: Claim) -> bool:
    return (
        contact.is_active
        and contact.kind == "vendor"
        and contact.currency_code in ("", claimed.currency_code)
    )


def after_name_taken(
    books: ZohoBooks, publication: Publication, error: ZohoRejected
) -> Done | Refused:
    """Zoho knows the name: used if the contact fits, else a person chooses."""
    claimed = claim_of(publication)
    if found := _contact(books, publication):
        return found
    for contact in books.contacts_named(claimed.supplier_name):
        # The lists know it now, so that the item says why it is to be reviewed.
        known_contact(publication.connection, contact)
    return Refused(
        Problem.SUPPLIER_NAME_TAKEN,
        reason=Reason.SUPPLIER_NAME_TAKEN,
        words=Words.of(error),
    )


# Bills, by our mark in the field that Zoho's list can be asked for


def _marked_bill(books: ZohoBooks, publication: Publication) -> Bill | None:
    for mark in _marks(publication):
        page = books.bills(reference_number=mark)
        if page.rows:
            return page.rows[0]
        if page.has_more:
            # Zoho ignores a filter that it does not know, and sends everything.
            return _bill_among_all(books, publication)
    return None


def _bill_among_all(books: ZohoBooks, publication: Publication) -> Bill | None:
    """Newest first, as far back as this publication goes."""
    marks = _marks(publication)
    since = publication.requested_at - SKEW
    rows = _since(_pages(lambda page: books.bills(page=page)), since)
    return next((bill for bill in rows if bill.reference_number in marks), None)


def after_duplicate(
    books: ZohoBooks, publication: Publication, step: Step, error: ZohoRejected
) -> Done | Refused:
    """Zoho has a bill of this number from this supplier: ours, or a question."""
    number, vendor = claim_of(publication).number, vendor_id(publication)
    bills = books.bills(bill_number=number, vendor_id=vendor).rows
    for bill in bills:
        if _is_own_bill(bill, publication, step):
            return record_done(publication, bill, found=True)
    sentence = _duplicate(bills[0]) if bills else ""
    return Refused(Problem.DUPLICATE_BILL, sentence, words=Words.of(error))


def _is_own_bill(bill: Bill, publication: Publication, step: Step) -> bool:
    if bill.reference_number in _marks(publication):
        return _is_free(bill.zoho_id, step)
    if ANY_MARK.search(bill.reference_number):
        return False
    return _fits_an_attempt(bill, publication, step)


def _duplicate(bill: Bill) -> str:
    return _(
        "Zoho Books already has bill {number} of {date} over {total} {currency} from "
        "this supplier, and it was not made from this item. If it is the same one, "
        "archive this item; if not, correct the reference."
    ).format(
        number=bill.bill_number,
        date=bill.date.isoformat() if bill.date else "—",
        total=format(bill.total, "f"),
        currency=bill.currency_code,
    )


# Expenses, by our mark at the end of their description


def _own_expense(
    books: ZohoBooks, publication: Publication, step: Step
) -> Expense | None:
    """Searched for by its mark, then among all of its day."""
    marks = _marks(publication)
    for mark in marks:
        found = books.expenses(search_text=mark).rows
        if own := _marked(found, marks):
            return own
    day = claim_of(publication).date
    rows = list(_pages(lambda page: books.expenses(date=day, page=page)))
    if own := _marked(rows, marks):
        return own
    return next((row for row in rows if _is_likely(row, publication, step)), None)


def _marked(rows: Iterable[Expense], marks: list[str]) -> Expense | None:
    for row in rows:
        if any(mark in row.description for mark in marks):
            return row
    return None


def _is_likely(row: Expense, publication: Publication, step: Step) -> bool:
    if ANY_MARK.search(row.description):
        return False
    return _fits_an_attempt(row, publication, step)


# What makes a record ours


def _marks(publication: Publication) -> list[str]:
    """Of every try at this item that was sent and not given up, the newest first."""
    sent = PublishAttempt.unscoped.filter(
        step__kind=Step.Kind.RECORD,
        publication__item=publication.item_id,
        publication__cleared_at=None,
    )
    marks = sent.order_by("-publication_id").values_list("publication__mark", flat=True)
    return list(dict.fromkeys(marks))


def _fits_an_attempt(row: Record, publication: Publication, step: Step) -> bool:
    claimed = claim_of(publication)
    alike = (
        row.vendor_id == vendor_id(publication)
        and row.date == claimed.date
        and row.currency_code == claimed.currency_code
        and row.total == claimed.total
    )
    return (
        alike and _in_an_attempt(row.created_at, step) and _is_free(row.zoho_id, step)
    )


def _in_an_attempt(created_at: datetime | None, step: Step) -> bool:
    if created_at is None:
        return False
    lasting = uncertain_time()
    uncertain = step.attempts.filter(outcome=PublishAttempt.Outcome.NO_ANSWER)
    return any(
        attempt.started_at - SKEW <= created_at <= attempt.started_at + lasting + SKEW
        for attempt in uncertain
    )


def _is_free(zoho_id: str, step: Step) -> bool:
    """No other step of ours has made it."""
    others = Step.unscoped.filter(
        region=step.region, organisation_id=step.organisation_id, zoho_id=zoho_id
    )
    return not others.exclude(pk=step.pk).exists()


# Reading lists to their end


def _pages(read: Callable[[int], Page[Row]]) -> Iterator[Row]:
    for number in range(1, MOST_PAGES + 1):
        page = read(number)
        yield from page.rows
        if not page.has_more:
            return
    raise ZohoUnexpected("Zoho Books' list does not end.")


def _since(bills: Iterator[Bill], moment: datetime) -> Iterator[Bill]:
    for bill in bills:
        if bill.created_at is not None and bill.created_at < moment:
            return
        yield bill
