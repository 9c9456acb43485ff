"""Taking an organisation over that is connected to another business.

Whoever does it has given fresh consent and is an administrator of the organisation at
Zoho; neither business is told anything else of the other.
"""

from enum import Enum

from django.db import connection as database

from connections import consents, ending, registration
from connections.models import Connection, Consent
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import ZohoError, ZohoOrganisationRefused
from dext_sync.businesses.tenancy import acting_in, outside


class Verdict(Enum):
    """What Zoho says of the user who gave the consent."""

    ADMIN = "admin"
    NO_ADMIN = "no_admin"
    NOT_SAID = "not_said"


def agree(consent: Consent, organisation_id: str) -> Verdict:
    """Note on the consent that it may take the organisation over, if Zoho says so."""
    verdict = _verdict(consent, organisation_id)
    if verdict is Verdict.ADMIN:
        consent.organisation_id = consent.takes_over = organisation_id
        consent.changes_from = ""
        consent.save(update_fields=["organisation_id", "takes_over", "changes_from"])
    return verdict


def ask_again(consent: Consent) -> Verdict:
    """At Finish: whoever is no administrator any more takes nothing over."""
    verdict = _verdict(consent, consent.takes_over)
    if verdict is Verdict.NO_ADMIN:
        consent.takes_over = ""
        consent.save(update_fields=["takes_over"])
    return verdict


def _verdict(consent: Consent, organisation_id: str) -> Verdict:
    books = ZohoBooks(
        api=registration.regions()[consent.region].api,
        organisation_id=organisation_id,
        access=consents.FirstAccess(consent.access_token),
    )
    try:
        return Verdict.ADMIN if books.me().is_admin else Verdict.NO_ADMIN
    except ZohoOrganisationRefused:
        return Verdict.NO_ADMIN
    except ZohoError:
        return Verdict.NOT_SAID


def is_agreed(consent: Consent) -> bool:
    """For the organisation that is chosen now."""
    return consent.takes_over != "" and consent.takes_over == consent.organisation_id


def holder(region: str, organisation_id: str) -> tuple[int, int] | None:
    """(business, connection) that the organisation is connected to, whoever it is."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT business_id, id FROM connection_of_organisation(%s, %s)",
            [region, organisation_id],
        )
        found: tuple[int, int] | None = cursor.fetchone()
        return found


def release(consent: Consent) -> None:
    """Disconnect it where it is connected; a unit of work in that business alone.

    Until the consent is finished the organisation is connected to nobody, and whoever
    comes first may connect it. Raises ending.StillHeld.
    """
    found = holder(consent.region, consent.organisation_id)
    if found is None or found[0] == consent.business_id:
        return
    business_id, connection_id = found
    with outside(), acting_in(business_id):
        there = Connection.unscoped.select_related("business").filter(
            pk=connection_id,
            region=consent.region,
            organisation_id=consent.organisation_id,
        )
        if connection := there.first():
            ending.give_up(connection, consent)
