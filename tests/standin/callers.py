"""A clock to move, and small clients that know nothing but HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.zoho_standin import Running
from tests.zoho_standin.answers import Record, loads
from tests.zoho_standin.remote import Remote

CALLBACK = "http://localhost:8000/connections/zoho/callback"
EVERYTHING = "ZohoBooks.fullaccess.all,AaaServer.profile.READ"
SECRET = "standin-secret"


class Clock:
    """22 November 2026, noon in London, until moved."""

    def __init__(self) -> None:
        self.now = 1_795_348_800.0

    def __call__(self) -> float:
        return self.now

    def move(self, *, seconds: float) -> None:
        self.now += seconds


class Consent:
    def __init__(self, running: Running) -> None:
        self.running = running
        self.remote = Remote(running.us)
        self.client_id = running.standin.client_id

    def address(self, origin: str = "", **changed: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "scope": EVERYTHING,
            "redirect_uri": CALLBACK,
            "access_type": "offline",
            "prompt": "consent",
            "state": "the-state",
        } | changed
        return f"{origin or self.running.us}/oauth/v2/auth?{urlencode(query)}"

    def callback(
        self, email: str, *, accept: bool = True, **changed: str
    ) -> dict[str, str]:
        """The query that Zoho sends the browser back with."""
        address = self.address(**changed)
        back = self.remote.authorise(address, email, accept=accept)
        return {
            name: value[0] for name, value in parse_qs(urlsplit(back).query).items()
        }

    def exchange(self, callback: dict[str, str], **changed: str) -> Record:
        sent = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": SECRET,
            "redirect_uri": CALLBACK,
            "code": callback["code"],
        } | changed
        return self.token(callback["accounts-server"], sent)

    def refresh(self, origin: str, refresh_token: str, **changed: str) -> Record:
        sent = {
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": SECRET,
            "refresh_token": refresh_token,
        } | changed
        return self.token(origin, sent)

    def token(self, origin: str, sent: dict[str, str]) -> Record:
        answer = requests.post(f"{origin}/oauth/v2/token", data=sent, timeout=10)
        body: Record = loads(answer.content)
        return body

    def tokens(self, email: str, **changed: Any) -> Record:
        return self.exchange(self.callback(email, **changed))

    def books(self, email: str, organization: str, scope: str = EVERYTHING) -> Books:
        callback = self.callback(email, scope=scope)
        token = self.exchange(callback)["access_token"]
        return self._books(callback["accounts-server"], token, organization)

    def has_books(self, email: str, organization: str) -> Books:
        """As after `books`, without its pages: for tests of what comes then."""
        standin = self.running.standin
        _refresh, token = standin.granted(email, EVERYTHING.split(","))
        origin = standin.origins[standin.user(email).centre]
        return self._books(origin, token, organization)

    def _books(self, origin: str, token: str, organization: str) -> Books:
        number = self.running.standin.organisation(organization).organisation_id
        return Books(self.running, origin, token, number)


class Answered:
    """An answer, as far as tests ask for it."""

    def __init__(self, answer: requests.Response) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self.content = answer.content
        self.text = answer.text

    @property
    def body(self) -> Record:
        body: Record = loads(self.content)
        return body

    @property
    def outcome(self) -> tuple[int, int]:
        """HTTP status and Zoho's code."""
        return self.status, self.body["code"]


class Books:
    def __init__(self, running: Running, origin: str, token: str, number: str) -> None:
        self.running = running
        self.standin = running.standin
        self.origin = origin
        self.organization_id = number
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = token

    def call(self, method: str, path: str, **details: Any) -> Answered:
        query = {"organization_id": self.organization_id} | details.pop("params", {})
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}"}
        answer = self.session.request(
            method,
            f"{self.origin}/books/v3{path}",
            params=query,
            headers=headers | details.pop("headers", {}),
            timeout=10,
            **details,
        )
        return Answered(answer)

    def get(self, path: str, **params: str) -> Answered:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: object = None) -> Answered:
        return self.call("POST", path, json=body)

    def upload(self, path: str, part: str, name: str, content: bytes) -> Answered:
        return self.call("POST", path, files={part: (name, content, "application/pdf")})

    def id(self, table: str, name: str) -> str:
        rows: Record = getattr(self.standin.organisation(self.organization_id), table)
        return next(number for number, row in rows.items() if name in row.values())

    def bill(self, **changed: Any) -> Record:
        """What a client sends for a bill of 100.00 of City Power."""
        line = {
            "account_id": self.id("accounts", "Office Supplies"),
            "description": "Electricity in October",
            "rate": 100,
            "quantity": 1,
        }
        return {
            "vendor_id": self.id("contacts", "City Power"),
            "bill_number": "INV-104",
            "date": "2026-11-20",
            "due_date": "2026-12-20",
            "line_items": [line | changed.pop("line", {})],
        } | changed

    def invoice(self, **changed: Any) -> Record:
        """What a client sends for an invoice of 100.00 to the Anchor Hotel."""
        line = {"name": "Bread in October", "rate": 100, "quantity": 1}
        return {
            "customer_id": self.id("contacts", "Anchor Hotel"),
            "invoice_number": "2026-17",
            "date": "2026-11-20",
            "due_date": "2026-12-20",
            "line_items": [line | changed.pop("line", {})],
        } | changed

    def new_invoice(self, **changed: Any) -> Answered:
        """Under its own number."""
        own = {"ignore_auto_number_generation": "true"}
        body = self.invoice(**changed)
        return self.call("POST", "/invoices", json=body, params=own)

    def expense(self, **changed: Any) -> Record:
        """What a client sends for 12.50 from the petty cash."""
        return {
            "account_id": self.id("accounts", "Postage"),
            "date": "2026-11-20",
            "amount": 12.5,
            "paid_through_account_id": self.id("accounts", "Petty Cash"),
            "reference_number": "R-1001",
            "description": "Stamps",
        } | changed

    def stored(self, table: str) -> list[Record]:
        return list(self.standin.state(self.organization_id)[table].values())
