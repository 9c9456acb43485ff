"""Days on which nothing may be entered: the business's own lock, and Zoho's as last read."""

from connections.locks import Side, locks_of
from connections.models import Connection
from dext_sync.businesses.models import Business
from publishing.decision import ClosedPeriod, closed_on
from publishing.models import Publication
from publishing.payloads import Claim
from publishing.reasons import Dated, Reason


def closed_to(
    side: Side, business: Business, connection: Connection | None
) -> tuple[ClosedPeriod, ...]:
    return (*_here(business), *_in_zoho(side, connection))


def closed_for(publication: Publication, connection: Connection) -> list[Dated]:
    """What has been closed on the day that was claimed; `connection` as it is now."""
    side = side_of(is_sale=publication.kind == Publication.Kind.INVOICE)
    periods = closed_to(side, connection.business, connection)
    return closed_on(Claim.from_json(publication.claim).date, periods)


def is_closed_in_zoho(publication: Publication, connection: Connection) -> bool:
    """Whether it is Zoho's own lock that closes the day which was claimed."""
    closed = closed_for(publication, connection)
    return any(each.reason is Reason.LOCKED_IN_ZOHO for each in closed)


def side_of(*, is_sale: bool) -> Side:
    return "sales" if is_sale else "purchases"


def _here(business: Business) -> list[ClosedPeriod]:
    day = business.lock_date
    return [ClosedPeriod(reason=Reason.LOCKED_HERE, until=day)] if day else []


def _in_zoho(side: Side, connection: Connection | None) -> list[ClosedPeriod]:
    known = locks_of(connection) if connection else None
    return [
        ClosedPeriod(reason=Reason.LOCKED_IN_ZOHO, until=lock.until, since=lock.since)
        for lock in known or ()
        if lock.closes(side)
    ]
