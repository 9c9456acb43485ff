"""Two businesses finish at once, and never wait for each other in a circle."""

from datetime import timedelta

import pytest
from django.utils import timezone

from connections import consents, wizard
from connections.models import Connection, Consent
from connections.zoho.oauth import SCOPES
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from tests.locks import beside
from tests.publishing.factories import make_connection


def connected(business: Business, organisation: str, zuid: str) -> Connection:
    connection = make_connection(business, organisation_id=organisation)
    with acting_in(business.pk):
        grant = connection.grant
        assert grant is not None
        grant.zuid, grant.refresh_token = zuid, ""
        grant.save()
    return connection


def consented(connection: Connection, by: User, zuid: str) -> Consent:
    """This Zoho user permits the organisation that is connected already."""
    now = timezone.now()
    with acting_in(connection.business_id):
        return Consent.unscoped.create(
            business_id=connection.business_id,
            person=by,
            session_hash="of the browser",
            state_hash=consents.hashed(f"{zuid} {now}"),
            purpose=Consent.Purpose.RECONNECT,
            region="eu",
            answered_at=now,
            zuid=zuid,
            scopes=" ".join(SCOPES),
            refresh_token=f"refresh {zuid}",
            access_token=f"access {zuid}",
            access_expires_at=now + timedelta(hours=1),
            organisation_id=connection.organisation_id,
            organisations=[
                {
                    "organisation_id": connection.organisation_id,
                    "name": connection.organisation_name,
                    "country": "GB",
                    "currency_code": "GBP",
                    "plan_name": "",
                    "time_zone": "Europe/London",
                    "price_precision": 2,
                    "edition": "uk",
                    "is_active": True,
                }
            ],
        )


@pytest.mark.usefixtures("committed_db")
def test_each_with_the_zoho_user_that_the_other_one_leaves(
    bakery: Business, garage: Business, alice: User, charlie: User
) -> None:
    ours, theirs = connected(bakery, "4711", "one"), connected(garage, "4712", "two")
    our_consent = consented(ours, alice, "two")
    their_consent = consented(theirs, charlie, "one")

    def they_finish() -> None:
        with acting_in(garage.pk, charlie.pk):
            found = wizard.finish(their_consent, charlie)
            assert isinstance(found, wizard.Finished)

    with (
        acting_in(bakery.pk, alice.pk),
        beside('UPDATE "connections_grant"', they_finish),
    ):
        found = wizard.finish(our_consent, alice)

    assert isinstance(found, wizard.Finished)
    assert zoho_user_of(ours) == "two"
    assert zoho_user_of(theirs) == "one"


def zoho_user_of(connection: Connection) -> str:
    with acting_in(connection.business_id):
        now = Connection.unscoped.select_related("grant").get(pk=connection.pk)
        assert now.grant is not None
        return now.grant.zuid
