"""Asking Zoho whether something is there before it is sent again.

A record is ours only by our mark, which all that we send carries. What is alike without
it, even inside the time of a lost answer, is a question for a person.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoRejected
from connections.zoho.types import Bill, Contact, Expense, Invoice, Page
from dext_sync.businesses.models import Business
from publishing import leases, payloads, results
from publishing.formats import day_text, locale_of, money
from publishing.models import (
    MARK_LETTERS,
    Item,
    Publication,
    PublishAttempt,
    Step,
)
from publishing.outcomes import (
    FOREVER,
    Done,
    Refused,
    Waits,
    Words,
    later,
    may_lag,
    soon,
    uncertain_time,
)
from publishing.payloads import Claim
from publishing.problems import Problem, Wait
from publishing.reasons import Reason
from publishing.sending import (
    Record,
    claim_of,
    contact_id,
    known_contact,
    record_done,
    record_in_zoho,
)

LOOK_UPS: Final = 2
"""How often Zoho must say that it has nothing before a step is sent again."""
LOOK_LASTS: Final = timedelta(minutes=10)
"""What was not there is looked for once more before it is sent later than that."""
SKEW: Final = timedelta(minutes=1)
"""By how much Zoho's clock may differ from ours."""
MOST_PAGES: Final = 25
ANY_MARK: Final = re.compile(rf"\bDS-[{MARK_LETTERS}]{{10}}\b")

VOID: Final = "void"
UNSENT: Final = frozenset({"draft", "pending_approval", "approved", "rejected"})

Row = TypeVar("Row", Bill, Expense, Invoice)
Asked = Callable[..., Page[Any]]


class EndlessList(Exception):
    """More pages than anybody reads to find one record."""


def find(
    books: ZohoBooks, publication: Publication, step: Step
) -> Done | Refused | Waits | None:
    """What Zoho has of a step that was sent without an answer. Raises any ZohoError."""
    try:
        return _find(books, publication, step)
    except EndlessList:
        return Waits(Wait.LONG_LIST, soon(FOREVER))


def _find(
    books: ZohoBooks, publication: Publication, step: Step
) -> Done | Refused | None:
    match Step.Kind(step.kind):
        case Step.Kind.CONTACT:
            return _contact(books, publication)
        case Step.Kind.RECORD:
            return _record(books, publication, step)
        case Step.Kind.DOCUMENT:
            return attached(books, publication)
        case Step.Kind.SENT:
            return _marked_as_sent(books, publication)


def _record(
    books: ZohoBooks, publication: Publication, step: Step
) -> Done | Refused | None:
    match Publication.Kind(publication.kind):
        case Publication.Kind.BILL:
            return _found(publication, _by_mark(books.bills, publication, step))
        case Publication.Kind.EXPENSE:
            return _expense(books, publication, step)
        case Publication.Kind.INVOICE:
            return _found(publication, _by_mark(books.invoices, publication, step))


def attached(books: ZohoBooks, publication: Publication) -> Done | None:
    """Whether the record has its document: a second upload would add a second file."""
    if not record_in_zoho(books, publication).has_attachment:
        return None
    return Done(found=True, verified=True)


def _marked_as_sent(books: ZohoBooks, publication: Publication) -> Done | None:
    """Out of the drafts, whatever has become of it since: void and paid count too."""
    if record_in_zoho(books, publication).status in UNSENT:
        return None
    return Done(found=True)


def _found(publication: Publication, record: Record | None) -> Done | None:
    if record is None:
        return None
    return record_done(publication, record, found=True)


def mark_in(row: Record) -> str:
    """The word of ours that a record bears; empty if it bears none."""
    text = row.description if isinstance(row, Expense) else row.reference_number
    found = ANY_MARK.search(text)
    return found.group() if found else ""


# Contacts, by their exact name


def _contact(books: ZohoBooks, publication: Publication) -> Done | None:
    found = books.contacts_named(claim_of(publication).supplier_name)
    return _fitting(found, publication)


def _fitting(found: Iterable[Contact], publication: Publication) -> Done | None:
    claimed = claim_of(publication)
    contact = next((each for each in found if fits(each, claimed)), None)
    if contact is None:
        return None
    return known_contact(publication.connection, contact)


def fits(contact: Contact, claimed: Claim) -> bool:
    return (
        contact.is_active
        and contact.kind == payloads.contact(claimed).kind
        and contact.currency_code in ("", claimed.currency_code)
    )


def after_name_taken(
    books: ZohoBooks, publication: Publication, step: Step, error: ZohoRejected
) -> Done | Refused | Waits:
    """Zoho knows the name: used if the contact fits, else a person chooses; where its
    list does not show it yet, it may be ours."""
    name = claim_of(publication).supplier_name
    rows = books.contacts_named(name) or books.contacts_named(name, loosely=True)
    if found := _fitting(rows, publication):
        return found
    if not rows and may_lag(step):
        return later(step, Wait.NAME_LAGS, Words.of(error))
    for contact in rows:
        # The lists know it now, so that the item says why it is to be reviewed.
        known_contact(publication.connection, contact)
    words = Words.of(error)
    if publication.kind == Publication.Kind.INVOICE:
        taken = Reason.CUSTOMER_NAME_TAKEN
        return Refused(Problem.CUSTOMER_NAME_TAKEN, reason=taken, words=words)
    taken = Reason.SUPPLIER_NAME_TAKEN
    return Refused(Problem.SUPPLIER_NAME_TAKEN, reason=taken, words=words)


# Bills and invoices, by our mark in the field that Zoho's lists can be asked for


def _by_mark(
    read: Callable[..., Page[Row]], publication: Publication, step: Step
) -> Row | None:
    for mark in _marks(publication):
        page = read(reference_number=mark)
        if page.has_more:
            # Zoho ignores a filter that it does not know, and sends everything.
            return _among_all(read, publication, step)
        if own := next((row for row in page.rows if _counts(row, step)), None):
            return own
    return None


def _among_all(
    read: Callable[..., Page[Row]], publication: Publication, step: Step
) -> Row | None:
    """Newest first, as far back as this item was sent."""
    marks = _marks(publication)
    rows = _pages(publication, read, _sent_since(publication))
    return next((row for row in rows if _is_own(row, marks, step)), None)


def after_duplicate(
    books: ZohoBooks, publication: Publication, step: Step, error: ZohoRejected
) -> Done | Refused | Waits:
    """Zoho has a record of this number: ours, or a question; and where its list does
    not show it yet, it may be either."""
    try:
        rows = _same_number(books, publication)
    except EndlessList:
        return hidden(publication, Words.of(error))
    marks = _marks(publication)
    for row in rows:
        if _is_own(row, marks, step):
            return record_done(publication, row, found=True)
    if rows:
        return _duplicate(publication, rows[0], Words.of(error))
    if may_lag(step):
        return later(step, Wait.LIST_LAGS, Words.of(error))
    return hidden(publication, Words.of(error))


def _same_number(books: ZohoBooks, publication: Publication) -> list[Bill | Invoice]:
    """A bill's number is its vendor's, an invoice's the organisation's."""
    number = claim_of(publication).number
    if publication.kind == Publication.Kind.INVOICE:
        asked = partial(books.invoices, invoice_number=number)
        return _all_of(publication, asked) or _loosely(publication, asked)
    vendor = contact_id(publication)
    bills = partial(books.bills, bill_number=number, vendor_id=vendor)
    return _all_of(publication, bills) or _loosely(publication, bills)


def _loosely(publication: Publication, asked: Asked) -> list[Bill | Invoice]:
    """A list too long to be read so says nothing: the filter may still come to show it."""
    try:
        return _all_of(publication, partial(asked, loosely=True))
    except EndlessList:
        return []


def _all_of(publication: Publication, asked: Asked) -> list[Bill | Invoice]:
    return list(_pages(publication, asked))


def _is_own(row: Record, marks: list[str], step: Step) -> bool:
    return row.reference_number in marks and _counts(row, step)


def _made_by(publication: Publication, row: Bill | Invoice) -> Publication | None:
    """An earlier try at this item that made the record."""
    earlier = Publication.unscoped.filter(
        item=publication.item_id,
        steps__zoho_id=row.zoho_id,
        organisation_id=publication.organisation_id,
    )
    return earlier.exclude(pk=publication.pk).first()


def _duplicate(publication: Publication, row: Bill | Invoice, words: Words) -> Refused:
    told = _told(row, publication.business)
    if isinstance(row, Invoice):
        problem, known = Problem.DUPLICATE_INVOICE, _the_invoice(row, told)
    else:
        problem, known = Problem.DUPLICATE_BILL, _the_bill(row, told)
    question = _question_of(_made_by(publication, row))
    return Refused(problem, f"{known} {question}", words=words)


def _question_of(made_by: Publication | None) -> str:
    if made_by is None:
        return _(
            "It was not made from this item. If it is the same one, archive this item; "
            "if not, correct the reference."
        )
    if made_by.cleared_at is None:
        return _(
            "It was made from this item by an earlier try, whose answer came late: "
            "archive this item, and attach its document there if it is missing."
        )
    return _(
        "It was made from this item before its publishing data was cleared: delete "
        "it in Zoho Books, or give this item another reference."
    )


def hidden(publication: Publication, words: Words) -> Refused:
    """Zoho refuses the number again and again, and never shows whose it is."""
    problem = (
        Problem.DUPLICATE_INVOICE
        if publication.kind == Publication.Kind.INVOICE
        else Problem.DUPLICATE_BILL
    )
    sentence = _(
        "Zoho Books says that it has {number} already, and does not show it in its "
        "list. Look for it there: if it is the same one, archive this item; if not, "
        "correct the reference."
    ).format(number=claim_of(publication).number)
    return Refused(problem, sentence, words=words)


def _the_bill(bill: Bill, told: Mapping[str, str]) -> str:
    return _(
        "Zoho Books already has bill {number} of {date} over {total} from this "
        "supplier."
    ).format(number=bill.bill_number, **told)


def _the_invoice(invoice: Invoice, told: Mapping[str, str]) -> str:
    return _("Zoho Books already has invoice {number} of {date} over {total}.").format(
        number=invoice.invoice_number, **told
    )


def _told(row: Record, business: Business) -> dict[str, str]:
    """Day and total as the business writes them."""
    locale = locale_of(business)
    return {
        "date": day_text(row.date, locale) if row.date else "—",
        "total": money(row.total, row.currency_code, locale),
    }


# Expenses, by our mark at the end of their description


def _expense(
    books: ZohoBooks, publication: Publication, step: Step
) -> Done | Refused | None:
    """Searched for by its mark, then among all of its day."""
    marks = _marks(publication)
    for mark in marks:
        found = books.expenses(search_text=mark).rows
        if own := _marked(found, marks, step):
            return record_done(publication, own, found=True)
    of_day = partial(books.expenses, date=claim_of(publication).date)
    rows = list(_pages(publication, of_day, _sent_since(publication)))
    if own := _marked(rows, marks, step):
        return record_done(publication, own, found=True)
    return _question(rows, publication, step)


def _marked(rows: Iterable[Expense], marks: list[str], step: Step) -> Expense | None:
    for row in rows:
        if any(mark in row.description for mark in marks) and _counts(row, step):
            return row
    return None


def _question(
    rows: Iterable[Expense], publication: Publication, step: Step
) -> Refused | None:
    """Asked at the last look: until then ours may still show in Zoho's lists."""
    alike = next((row for row in rows if _is_alike(row, publication, step)), None)
    if alike is None or step.look_ups + 1 < LOOK_UPS:
        return None
    return Refused(Problem.ALIKE, _alike(alike, publication.business))


def _is_alike(row: Expense, publication: Publication, step: Step) -> bool:
    claimed = claim_of(publication)
    return (
        not ANY_MARK.search(row.description)
        and row.vendor_id == contact_id(publication)
        and row.date == claimed.date
        and row.currency_code == claimed.currency_code
        and row.total == claimed.total
        and _in_an_attempt(row.created_at, step)
        and _counts(row, step)
    )


def _alike(row: Expense, business: Business) -> str:
    return _(
        "While Zoho's answer was lost, an expense of {date} over {total} for this "
        "supplier came into Zoho Books without our mark ({zoho_id}), so perhaps a "
        "person typed it. If it is the same one, archive this item; if not, publish "
        "again."
    ).format(zoho_id=row.zoho_id, **_told(row, business))


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


def _sent_since(publication: Publication) -> datetime:
    """Nothing of this item can be in Zoho from before."""
    sent = PublishAttempt.unscoped.filter(
        step__kind=Step.Kind.RECORD, publication__item=publication.item_id
    )
    first = sent.order_by("started_at").values_list("started_at", flat=True).first()
    return (first or publication.requested_at) - SKEW


def _in_an_attempt(created_at: datetime | None, step: Step) -> bool:
    if created_at is None:
        return False
    lasting = uncertain_time()
    uncertain = step.attempts.filter(outcome=PublishAttempt.Outcome.NO_ANSWER)
    return any(
        attempt.started_at - SKEW <= created_at <= attempt.started_at + lasting + SKEW
        for attempt in uncertain
    )


def _counts(row: Record, step: Step) -> bool:
    return row.status != VOID and _is_free(row.zoho_id, step)


def _is_free(zoho_id: str, step: Step) -> bool:
    """No other step of ours has made it."""
    others = Step.unscoped.filter(
        region=step.region, organisation_id=step.organisation_id, zoho_id=zoho_id
    )
    return not others.exclude(pk=step.pk).exists()


# Reading lists to their end


def _pages(
    publication: Publication,
    read: Callable[..., Page[Row]],
    since: datetime | None = None,
) -> Iterator[Row]:
    """To the end, or to what is older than this where Zoho lists the newest first.

    Raises leases.LeaseLost: many pages may take longer than one lease.
    """
    for number in range(1, MOST_PAGES + 1):
        leases.extend(publication)
        page = read(page=number)
        yield from page.rows
        if not page.has_more or (since and are_past(page.rows, since)):
            return
    raise EndlessList


def are_past(rows: Sequence[Record], since: datetime) -> bool:
    times = [row.created_at for row in rows if row.created_at is not None]
    return len(times) > 1 and times[0] > times[-1] and times[-1] < since


def doubt(publication: Publication, since: datetime) -> None:
    """It may have been sent at any time after that, unknown to us: what is not settled
    is looked for before it is sent."""
    now = timezone.now()
    unsettled = publication.steps.exclude(state__in=results.SETTLED)
    with transaction.atomic():
        PublishAttempt.unscoped.filter(
            step__in=unsettled, outcome=PublishAttempt.Outcome.OPEN
        ).update(outcome=PublishAttempt.Outcome.NO_ANSWER, ended_at=now)
        PublishAttempt.unscoped.bulk_create(
            PublishAttempt(
                business_id=publication.business_id,
                publication=publication,
                step=step,
                started_at=since,
                ended_at=now,
                outcome=PublishAttempt.Outcome.NO_ANSWER,
                error="Restored",
            )
            for step in unsettled
        )
        unsettled.update(state=Step.State.UNCERTAIN, look_ups=0, sent_at=now)
        Publication.unscoped.filter(pk=publication.pk, finished_at=None).update(
            state=Publication.State.CHECKING, due_at=now, leased_until=None
        )
        results.show(publication, Item.Status.CHECKING)
