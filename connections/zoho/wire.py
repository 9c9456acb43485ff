"""One HTTP call to Zoho Books: token, budget, limits, one second try with a new token."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, Protocol

import requests
import simplejson

from connections.zoho import answers, transport
from connections.zoho.answers import Answer
from connections.zoho.errors import (
    ZohoError,
    ZohoForbidden,
    ZohoRateLimited,
    ZohoUnauthorized,
)
from connections.zoho.types import DailyLimit
from connections.zoho.writes import Fields, File

UPLOAD_TIMEOUT: Final = (5.0, 100.0)
"""Seconds to connect, or to end an answer, and to answer; less than publishing gives to
a request that may still be at work."""

SCOPE_GROUPS: Final[Mapping[str, str]] = {
    "contacts": "contacts",
    "bills": "bills",
    "expenses": "expenses",
    "invoices": "invoices",
    "projects": "projects",
    "bankaccounts": "banking",
    "chartofaccounts": "accountants",
    "transactionlocks": "accountants",
}
"""By the first word of a path; everything else belongs to the settings."""


class Access(Protocol):
    """What a call needs from whoever owns the connection: a token, and leave to ask."""

    def token(self, refused: str | None = None) -> str:
        """A token to use now; `refused` is the one that Zoho has just turned down."""

    def call(self) -> AbstractContextManager[None]:
        """Held around every HTTP call; raises ZohoRateLimited if no budget is left."""

    def came(self, status: int | None, code: int | None) -> None:
        """A call was made: the HTTP status (None: no answer) and the code in it."""

    def limits(self, limits: DailyLimit) -> None:
        """Zoho has said how much of the day is left."""

    def limited(self, error: ZohoRateLimited) -> None:
        """Zoho has refused a call for its limits all the same."""


@dataclass(frozen=True)
class Call:
    """`part` names the piece of a multipart body that carries `file`."""

    method: Literal["GET", "POST"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Fields | None = None
    file: File | None = None
    part: str = ""

    @property
    def scope(self) -> str:
        """What a permission must cover for it."""
        group = SCOPE_GROUPS.get(self.path.split("/")[1], "settings")
        return f"ZohoBooks.{group}.{'READ' if self.method == 'GET' else 'CREATE'}"


class Wire:
    def __init__(
        self,
        *,
        api: str,
        access: Access,
        session: requests.Session | None,
        timeout: float,
    ) -> None:
        self._base = f"{api}/books/v3"
        self._access = access
        self._session = session or transport.session(api)
        self._timeout = timeout

    def make(self, call: Call) -> Answer:
        """The answer's content."""
        try:
            return self._made(call)
        except ZohoForbidden as refusal:
            refusal.scope = call.scope
            raise

    def _made(self, call: Call) -> Answer:
        """A refused token is replaced once: a second refusal, with a fresh one, means a
        right and not the token."""
        token = self._access.token()
        try:
            return self._once(call, token)
        except ZohoUnauthorized:
            fresh = self._access.token(refused=token)
        try:
            return self._once(call, fresh)
        except ZohoUnauthorized as refusal:
            raise ZohoForbidden(
                refusal.message, status=refusal.status, code=refusal.code
            ) from None

    def _once(self, call: Call, token: str) -> Answer:
        with self._access.call():
            response = self._sent(call, token)
        if limits := answers.daily_limit(response):
            self._access.limits(limits)
        try:
            answer = answers.value(response, writing=call.method != "GET")
        except ZohoError as error:
            self._access.came(response.status_code, error.code)
            if isinstance(error, ZohoRateLimited):
                self._access.limited(error)
            raise
        self._access.came(response.status_code, 0)
        return answer

    def _sent(self, call: Call, token: str) -> requests.Response:
        headers = {
            "Authorization": f"Zoho-oauthtoken {token}",
            "Accept": "application/json",
        }
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._session.request(
                call.method,
                self._base + call.path,
                params=dict(call.query),
                data=None if call.body is None else encoded(call.body),
                files={call.part: _part(call.file)} if call.file else None,
                headers=headers,
                timeout=UPLOAD_TIMEOUT if call.file else self._timeout,
            )
        except requests.RequestException as error:
            self._access.came(None, None)
            # Not chained: its words may quote the header, and so the token.
            raise transport.failure(error, writing=call.method != "GET") from None


def encoded(body: Fields) -> bytes:
    """JSON with amounts as exact plain numbers: 10.10 stays 10.10, never 1.01E+1."""
    text = simplejson.dumps(body, use_decimal=False, default=_number, allow_nan=False)
    return text.encode()


def _number(value: object) -> simplejson.RawJSON:
    if isinstance(value, Decimal) and value.is_finite():
        return simplejson.RawJSON(format(value, "f"))
    raise TypeError(f"{value!r} cannot be sent to Zoho.")


def _part(file: File) -> tuple[str, bytes, str]:
    return file.wire_name, file.content, file.content_type
