"""A person's trip to Zoho and back: a Consent row, from setting out to its end.

The permission waits there, encrypted, for Finish; what is given up before then is
revoked at Zoho.
"""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connections import registration, tokens
from connections.models import Consent, Grant
from connections.zoho import client, regions, types
from connections.zoho.errors import (
    ZohoClientUnknown,
    ZohoError,
    ZohoMisconfigured,
    ZohoRateLimited,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from connections.zoho.oauth import SCOPES
from connections.zoho.regions import Region
from dext_sync.businesses import audit
from dext_sync.businesses.models import Business, User

logger = logging.getLogger(__name__)

CONSENT_LIFE: Final = timedelta(minutes=40)
"""Shorter than what sweep_consents waits for, so that nothing is swept in use."""

# Why a trip ended without a connection, as the Activity page says it.
PROBLEMS: Final = {
    "refused": _("the permission was refused"),
    "zoho_said_no": _("Zoho ended the sign-in"),
    "code_failed": _("Zoho did not accept the answer it had given"),
    "no_lasting_permission": _("Zoho gave no lasting permission"),
    "unknown_data_centre": _("the data centre is not known here"),
    "unavailable": _("Zoho was away"),
    "misconfigured": _("Zoho does not accept this installation"),
    "not_enabled_there": _("this installation is not known in that data centre"),
    "no_organisation": _("no organisation in Zoho Books"),
    "not_readable": _("the organisations could not be read"),
}


@dataclass(frozen=True)
class Answer:
    """What the browser brought back from Zoho; not to be believed before checked."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    location: str = ""
    accounts_server: str = ""


class StateUnknown(Exception):
    """No trip of this person, session and business set out with that state."""


class StateUsed(Exception):
    """Zoho's answer has come in already, or came too late."""

    def __init__(self, consent: Consent) -> None:
        super().__init__("This state has been used.")
        self.consent = consent


# Setting out


def set_out(
    business: Business,
    person: User,
    session_key: str,
    region_code: str,
    purpose: Consent.Purpose,
) -> tuple[Consent, str, str]:
    """A consent under way, its state, and the address at Zoho to go to.

    Only the state's hash is stored. Raises KeyError for an unknown region.
    """
    state = secrets.token_urlsafe(32)
    url = registration.oauth(region_code).authorise_url(state)
    consent = Consent.unscoped.create(
        business=business,
        person=person,
        session_hash=hashed(session_key),
        state_hash=hashed(state),
        purpose=purpose,
        region=region_code,
    )
    audit.record(business, "connection.consent_started", actor=person)
    return consent, state, url


def hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def consent_of(
    business: Business, person: User, session_key: str, consent_id: int
) -> Consent | None:
    """A consent works only for the person and in the session that set out."""
    return (
        Consent.objects.for_business(business)
        .filter(pk=consent_id, person=person, session_hash=hashed(session_key))
        .first()
    )


def is_open(consent: Consent) -> bool:
    """Zoho gave permission, and Finish may still be pressed."""
    return bool(
        consent.ended_at is None
        and not consent.problem
        and consent.refresh_token
        and consent.organisations
        and consent.started_at > timezone.now() - CONSENT_LIFE
    )


def can_ask_again(consent: Consent) -> bool:
    """Zoho gave permission, and was away when it was asked what that reaches."""
    return bool(
        consent.ended_at is None
        and consent.problem == "unavailable"
        and consent.refresh_token
        and consent.started_at > timezone.now() - CONSENT_LIFE
    )


# Coming back


def came_back(
    business: Business, person: User, session_key: str, answer: Answer
) -> Consent:
    """Take Zoho's answer, once; what went wrong is written on the consent.

    Raises StateUnknown, StateUsed.
    """
    consent = _set_out_with(business, person, session_key, answer.state)
    _claim(consent)
    problem = _problem_of(consent, answer)
    if problem:
        _give_up(consent, problem)
    return consent


def _set_out_with(
    business: Business, person: User, session_key: str, state: str
) -> Consent:
    consent = (
        Consent.objects.for_business(business)
        .filter(
            state_hash=hashed(state), person=person, session_hash=hashed(session_key)
        )
        .select_related("business", "person")
        .first()
    )
    if consent is None:
        raise StateUnknown
    return consent


def _claim(consent: Consent) -> None:
    """Only one request may use the code that came with this state."""
    now = timezone.now()
    unused = Consent.unscoped.filter(
        pk=consent.pk,
        answered_at=None,
        ended_at=None,
        started_at__gt=now - CONSENT_LIFE,
    )
    if not unused.update(answered_at=now):
        raise StateUsed(consent)
    consent.answered_at = now


def _problem_of(consent: Consent, answer: Answer) -> str:
    """A key of PROBLEMS, or empty when the organisations are there to choose from."""
    if answer.error or not answer.code:
        return "refused" if answer.error == "access_denied" else "zoho_said_no"
    region = really_used(consent, answer)
    if region is None:
        return "unknown_data_centre"
    return _tried(consent, region, lambda: _collect(consent, region, answer.code))


def ask_again(consent: Consent) -> None:
    """With the permission that was given; the code, which works once, has worked."""
    region = registration.regions().get(consent.region)
    if region is None or not can_ask_again(consent):
        return
    problem = _tried(consent, region, lambda: _learn(consent, region))
    if problem == "unavailable":
        return
    if problem:
        _give_up(consent, problem)
        return
    consent.problem = ""
    consent.save(update_fields=["problem"])


def _tried(consent: Consent, region: Region, ask: Callable[[], str]) -> str:
    try:
        return ask()
    except ZohoUnavailable:
        return "unavailable"
    except ZohoUnauthorized:
        return "not_readable" if consent.refresh_token else "code_failed"
    except ZohoClientUnknown:
        elsewhere = region.code != settings.ZOHO_HOME_REGION
        return "not_enabled_there" if elsewhere else "misconfigured"
    except ZohoMisconfigured:
        return "misconfigured"
    except ZohoError as error:
        logger.warning("Consent %s: %s", consent.pk, type(error).__name__)
        return "not_readable"


def really_used(consent: Consent, answer: Answer) -> Region | None:
    """The data centre that Zoho names, out of our table; without a name the one that
    the browser was sent to. Contradictory or unknown names: None."""
    known = registration.regions()
    named: list[Region | None] = []
    if answer.accounts_server:
        named.append(regions.by_accounts_server(known, answer.accounts_server))
    if answer.location:
        named.append(known.get(answer.location.lower()))
    if not named:
        return known.get(consent.region)
    return named[0] if all(each == named[0] for each in named) else None


def _collect(consent: Consent, region: Region, code: str) -> str:
    """Exchange the code, then ask who consented and what may be connected."""
    token = registration.oauth(region.code).exchange(code)
    _keep_token(consent, region, token)
    if not _is_served_there(token, region):
        return "unknown_data_centre"
    if not consent.refresh_token:
        return "no_lasting_permission"
    return _learn(consent, region)


def _learn(consent: Consent, region: Region) -> str:
    token = consent.access_token
    _keep_user(consent, registration.oauth(region.code).user(token))
    found = client.organisations(region.api, FirstAccess(token))
    consent.organisations = [asdict(each) for each in found if each.is_active]
    consent.save(update_fields=["organisations"])
    return "" if consent.organisations else "no_organisation"


def _is_served_there(token: types.Token, region: Region) -> bool:
    """Calls go to our table's host, whatever the answer names; another name means that
    the two do not talk of the same data centre."""
    if not token.api_domain or regions.is_older_api_name(region, token.api_domain):
        return True
    return regions.by_api_domain({region.code: region}, token.api_domain) == region


def _keep_token(consent: Consent, region: Region, token: types.Token) -> None:
    consent.region = region.code
    consent.access_token = token.access_token
    consent.refresh_token = token.refresh_token or ""
    consent.access_expires_at = timezone.now() + timedelta(seconds=token.expires_in)
    # Some answers do not list the scopes: then it is those that were asked for.
    consent.scopes = " ".join(sorted(token.scopes or SCOPES))
    consent.save(
        update_fields=[
            "region",
            "access_token",
            "refresh_token",
            "access_expires_at",
            "scopes",
        ]
    )


def _keep_user(consent: Consent, user: types.ZohoUser | None) -> None:
    if user is None:
        return
    consent.zuid, consent.zoho_email = user.zuid, user.email[:254]
    consent.zoho_name = user.name[:200]
    consent.save(update_fields=["zuid", "zoho_email", "zoho_name"])


class FirstAccess:
    """A call soon after the consent, before there is a connection or a budget."""

    def __init__(self, access_token: str) -> None:
        self._token = access_token

    def token(self, refused: str | None = None) -> str:
        if refused:
            raise ZohoUnauthorized("Zoho refused a token that it had just given.")
        return self._token

    @contextmanager
    def call(self) -> Iterator[None]:
        yield

    def came(self, status: int | None, code: int | None) -> None:
        """Calls count from the connection on."""

    def limits(self, limits: types.DailyLimit) -> None:
        """A new connection reads them with its first refresh."""

    def limited(self, error: ZohoRateLimited) -> None:
        """The person is told that Zoho is away for a moment."""


def _give_up(consent: Consent, problem: str) -> None:
    consent.problem = problem
    consent.save(update_fields=["problem"])
    audit.record(
        consent.business,
        "connection.consent_refused",
        actor=consent.person,
        reason=str(PROBLEMS[problem]),
    )
    if problem != "unavailable":
        end_consent(consent)  # Otherwise the sweep does, when Zoho is back.


# Handing on


def handed_on(
    consent: Consent, business: Business, organisation: types.Organisation
) -> Consent:
    """The same permission in another business of the same person: it knows of that
    business's own organisation and of nothing else that the permission reaches."""
    return Consent.unscoped.create(
        business=business,
        person=consent.person,
        session_hash=consent.session_hash,
        # Nobody has this state: it is Finish that the row is for.
        state_hash=hashed(secrets.token_urlsafe(32)),
        purpose=Consent.Purpose.RECONNECT,
        region=consent.region,
        started_at=consent.started_at,
        answered_at=consent.answered_at,
        zuid=consent.zuid,
        zoho_email=consent.zoho_email,
        zoho_name=consent.zoho_name,
        scopes=consent.scopes,
        refresh_token=consent.refresh_token,
        access_token=consent.access_token,
        access_expires_at=consent.access_expires_at,
        organisations=[asdict(organisation)],
        organisation_id=organisation.organisation_id,
    )


# Ending


def end_consent(consent: Consent) -> None:
    """Give back a permission that will not be used; safe to call twice."""
    with transaction.atomic():
        if not end(consent):
            return
        region, refresh_token = consent.region, consent.refresh_token
        in_use = _is_in_use(consent)
        forget(consent)
        if refresh_token and not in_use:
            transaction.on_commit(lambda: tokens.revoke(region, refresh_token))


def end(consent: Consent) -> bool:
    now = timezone.now()
    waiting = Consent.unscoped.filter(pk=consent.pk, ended_at=None)
    consent.ended_at = now
    return bool(waiting.update(ended_at=now))


def _is_in_use(consent: Consent) -> bool:
    """Zoho does not say whether a revocation spares the same user's other tokens."""
    theirs = Grant.objects.filter(region=consent.region, zuid=consent.zuid)
    shared = theirs.first() if consent.zuid else None
    return shared is not None and bool(users_of(shared.pk))


def users_of(grant_id: int) -> set[tuple[int, int]]:
    """(business, connection) of whoever is connected with it, in any business."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT business_id, id FROM connections_of_grant(%s)", [grant_id]
        )
        return {(int(business), int(row)) for business, row in cursor.fetchall()}


def forget(consent: Consent) -> None:
    """Tokens, and what else the consent could reach, are nobody's business now."""
    consent.refresh_token = consent.access_token = ""
    consent.organisations = []
    consent.save(update_fields=["refresh_token", "access_token", "organisations"])
