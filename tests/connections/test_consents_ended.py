"""A consent that nobody finishes: what is given back at Zoho with it, and what is not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from connections import consents
from connections.models import Connection, Consent, Grant
from dext_sync.businesses.models import User
from dext_sync.businesses.tenancy import acting_in
from tests.connections.test_two_finish import consented
from tests.publishing.zoho import ALICE, Zoho, tokens_of

pytestmark = pytest.mark.usefixtures("committed_db")


def waiting(zoho: Zoho, connection: Connection, by: User, zuid: str) -> Consent:
    """The consent of a trip beside the connection, whose grant is of Zoho user "one"."""
    Grant.objects.filter(pk=connection.grant_id or 0).update(zuid="one")
    consent = consented(connection, by, zuid)
    consent.refresh_token, _access = tokens_of(zoho.standin, ALICE)
    return consent


def is_given_back(zoho: Zoho, consent: Consent) -> bool:
    refresh_token = consent.refresh_token
    with acting_in(consent.business_id):
        consents.end_consent(consent)
    return refresh_token not in zoho.standin.tokens["eu"].refresh_tokens


def test_that_of_a_zoho_user_who_carries_a_connection_is_not_given_back(
    zoho: Zoho, connection: Connection, alice: User
) -> None:
    """Zoho does not say whether it would spare the user's other tokens."""
    assert not is_given_back(zoho, waiting(zoho, connection, alice, "one"))


def test_that_of_another_one_is(
    zoho: Zoho, connection: Connection, alice: User
) -> None:
    assert is_given_back(zoho, waiting(zoho, connection, alice, "two"))


def test_so_is_that_of_one_whom_zoho_has_not_named(
    zoho: Zoho, connection: Connection, alice: User
) -> None:
    """Nor the one who carries the connection: they need not be the same."""
    consent = waiting(zoho, connection, alice, "")
    Grant.objects.update(zuid="")
    assert is_given_back(zoho, consent)


def test_after_forty_minutes_it_is_not_finished_any_more(
    zoho: Zoho, connection: Connection, alice: User
) -> None:
    consent = waiting(zoho, connection, alice, "one")
    assert consents.is_open(consent)
    consent.started_at = timezone.now() - timedelta(minutes=41)
    assert not consents.is_open(consent)
