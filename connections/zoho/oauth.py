"""Zoho's sign-in (OAuth 2.0): consent, the code, tokens, and whose they are."""

import json
import logging
import os
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from oauthlib.oauth2 import WebApplicationClient
from oauthlib.oauth2.rfc6749.tokens import OAuth2Token
from requests_oauthlib import OAuth2Session

from connections.zoho import parsing, transport
from connections.zoho.answers import Answer
from connections.zoho.errors import (
    ZohoClientUnknown,
    ZohoError,
    ZohoMisconfigured,
    ZohoRateLimited,
    ZohoUnauthorized,
    ZohoUnavailable,
)
from connections.zoho.regions import Region, is_loopback
from connections.zoho.types import Token, ZohoUser

INVOICE_SCOPES: Final = ("ZohoBooks.invoices.CREATE", "ZohoBooks.invoices.READ")
"""What connections made before sales were published lack, until they reconnect."""
# The smallest set for publishing purchases and sales, and to know who connected.
SCOPES: Final = (
    "AaaServer.profile.READ",
    "ZohoBooks.settings.READ",
    "ZohoBooks.contacts.CREATE",
    "ZohoBooks.contacts.READ",
    "ZohoBooks.contacts.UPDATE",
    "ZohoBooks.accountants.READ",
    "ZohoBooks.banking.READ",
    "ZohoBooks.projects.READ",
    "ZohoBooks.bills.CREATE",
    "ZohoBooks.bills.READ",
    "ZohoBooks.bills.UPDATE",
    "ZohoBooks.bills.DELETE",
    "ZohoBooks.expenses.CREATE",
    "ZohoBooks.expenses.READ",
    "ZohoBooks.expenses.UPDATE",
    "ZohoBooks.expenses.DELETE",
    *INVOICE_SCOPES,
)

_TIMEOUT: Final = 30
_LIFETIME: Final = 3600
_COOL_DOWN: Final = 600.0
_A_DAY: Final = 86_400
_TEMPORARY: Final = (429, *range(500, 600))
_OUR_MISTAKES: Final = ("invalid_client", "invalid_redirect_uri")


def covers(given: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether the given scopes hold the wanted ones, by name or within a wider one."""
    known = {scope.casefold() for scope in given}
    return "zohobooks.fullaccess.all" in known or all(
        {scope.casefold(), _widest(scope)} & known for scope in wanted
    )


def _widest(scope: str) -> str:
    """ZohoBooks.invoices.READ lies in zohobooks.invoices.all."""
    return scope.rpartition(".")[0].casefold() + ".all"


class _NoSecrets(logging.Filter):
    """requests-oauthlib writes codes, secrets and tokens into its debug log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG


for _name in ("requests_oauthlib", "requests_oauthlib.oauth2_session", "oauthlib"):
    logging.getLogger(_name).addFilter(_NoSecrets())


class ZohoOAuth:
    """Sign-in at one data centre. Lost answers of the token endpoint are temporary:
    a refresh may be repeated, a code may have been spent."""

    def __init__(
        self,
        region: Region,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        session: requests.Session | None = None,
    ) -> None:
        self._accounts = _trusted(region.accounts)
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._plain = session or transport.session(self._accounts)

    def authorise_url(
        self,
        state: str,
        scopes: Iterable[str] = SCOPES,
        prompt: str = "consent",
        access_type: str = "offline",
    ) -> str:
        """Where the browser goes. Without consent asked for anew, and offline, the code
        brings no refresh token."""
        session = self._session(_Client(self._client_id), scope=",".join(scopes))
        url, _ = session.authorization_url(
            f"{self._accounts}/oauth/v2/auth",
            state=state,
            access_type=access_type,
            prompt=prompt,
        )
        return url

    def exchange(self, code: str) -> Token:
        """The tokens for a code; ZohoUnauthorized if it is spent, late or foreign."""
        client = _Client(self._client_id)
        with self._session(client) as session:
            try:
                session.fetch_token(
                    self._token_url,
                    code=code,
                    include_client_id=True,
                    client_secret=self._client_secret,
                    timeout=_TIMEOUT,
                )
            except requests.RequestException:
                raise _unreachable() from None
        return client.granted

    def refresh(self, refresh_token: str) -> Token:
        """A new access token; ZohoUnauthorized if the grant is dead."""
        client = _Client(self._client_id)
        with self._session(client) as session:
            try:
                session.refresh_token(
                    self._token_url,
                    refresh_token=refresh_token,
                    client_id=self._client_id,
                    client_secret=self._client_secret,
                    timeout=_TIMEOUT,
                )
            except requests.RequestException:
                raise _unreachable() from None
        return client.granted

    def revoke(self, refresh_token: str) -> None:
        """Best effort, whatever the answer: forget our own copy first.

        Zoho documents two forms, and which of them works is not known. The token
        travels in the body, since addresses end up in logs.
        """
        client = (self._client_id, self._client_secret)
        form = {"token": refresh_token}
        try:
            if not self._revoked("token/revoke", data=form):
                form = {**form, "token_type": "refresh_token"}
                self._revoked("revoke/token", data=form, auth=client)
        except requests.RequestException:
            return

    def _revoked(self, path: str, **sent: Any) -> bool:
        address = f"{self._accounts}/oauth/v2/{path}"
        response = self._plain.post(address, timeout=_TIMEOUT, **sent)
        answer = _json(response)
        return response.ok and answer is not None and not _words(answer, "error")

    def user(self, access_token: str) -> ZohoUser | None:
        """Who consented; None if Zoho will not say (the scope was not granted)."""
        try:
            response = self._plain.get(
                f"{self._accounts}/oauth/user/info",
                headers={"Authorization": f"Zoho-oauthtoken {access_token}"},
                timeout=_TIMEOUT,
            )
        except requests.RequestException:
            raise _unreachable() from None
        return _user(response)

    @property
    def _token_url(self) -> str:
        return f"{self._accounts}/oauth/v2/token"

    def _session(self, client: "_Client", scope: str | None = None) -> "_Session":
        redirect_uri = self._redirect_uri
        session = _Session(client=client, scope=scope, redirect_uri=redirect_uri)
        transport.prepared(session, self._accounts)
        session.verify = self._plain.verify
        session.adapters = self._plain.adapters
        session.register_compliance_hook("access_token_response", _checked)
        session.register_compliance_hook("refresh_token_response", _checked)
        return session


class _Session(transport.Guarded, OAuth2Session):
    pass


class _Client(WebApplicationClient):
    """Reads Zoho's token answers in its own way, before oauthlib does."""

    granted: Token

    def parse_request_body_response(
        self, body: str, scope: Any = None, **kwargs: Any
    ) -> OAuth2Token:
        answer = json.loads(body)
        self.granted = _token(answer)
        # Zoho lists scopes its own way, which oauthlib takes for a changed grant and
        # raises; and it writes lifetimes that oauthlib cannot read.
        plain = {"access_token": self.granted.access_token, "token_type": "Bearer"}
        return super().parse_request_body_response(json.dumps(plain), **kwargs)


def _trusted(accounts: str) -> str:
    """oauthlib refuses plain http, by a switch for the whole process; the regions'
    table has already kept it to stand-ins on this machine."""
    if urlsplit(accounts).scheme == "https":
        return accounts
    if not is_loopback(accounts):
        raise ValueError("Zoho's accounts server must be reached by https.")
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    return accounts


def _checked(response: requests.Response) -> requests.Response:
    """Zoho's errors come with status 200 as well, its failures as pages: the body is
    read first, the status second."""
    answer = _json(response)
    if error := _error(response, answer):
        raise error
    return response


def _error(response: requests.Response, answer: Answer | None) -> ZohoError | None:
    status = response.status_code
    word = _words(answer, "error")
    message = _words(answer, "error_description") or word or "Zoho's sign-in failed."
    if _throttled(status, word, message):
        return ZohoRateLimited(
            message, limit="token", status=status, retry_after=_COOL_DOWN
        )
    if word == "invalid_code":
        return ZohoUnauthorized(
            "Zoho no longer accepts the permission that was given.", status=status
        )
    if word == "invalid_client":
        return ZohoClientUnknown(message, status=status)
    if word.startswith(_OUR_MISTAKES):
        return ZohoMisconfigured(message, status=status)
    if word or not response.ok or not _words(answer, "access_token"):
        return ZohoUnavailable(message, status=status)
    return None


def _throttled(status: int, word: str, description: str) -> bool:
    return (
        status == requests.codes.too_many_requests
        or word == "Access Denied"
        or "too many requests" in description.lower()
    )


def _token(answer: Answer) -> Token:
    return Token(
        access_token=_words(answer, "access_token"),
        refresh_token=_words(answer, "refresh_token") or None,
        expires_in=_lifetime(answer),
        scopes=frozenset(filter(None, re.split(r"[,\s]+", _words(answer, "scope")))),
        api_domain=_words(answer, "api_domain") or None,
    )


def _lifetime(answer: Answer) -> int:
    """In seconds; old answers count milliseconds and say the seconds beside them."""
    seconds = parsing.whole(answer, "expires_in_sec")
    given = seconds or parsing.whole(answer, "expires_in", otherwise=_LIFETIME)
    return given if given <= _A_DAY else min(given // 1000, _A_DAY)


def _user(response: requests.Response) -> ZohoUser | None:
    """A clear no may be a page: who consented is worth knowing, and not needed."""
    answer, status = _json(response), response.status_code
    if status in _TEMPORARY or (response.ok and answer is None):
        raise ZohoUnavailable("Zoho's sign-in failed.", status=status)
    try:
        return parsing.user(answer) if answer and response.ok else None
    except parsing.Malformed:
        return None


def _json(response: requests.Response) -> Answer | None:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _words(answer: Answer | None, name: str) -> str:
    found = answer.get(name) if answer else None
    return found if isinstance(found, str) else ""


def _unreachable() -> ZohoUnavailable:
    return ZohoUnavailable("Zoho's sign-in could not be reached.")
