"""A test's way to a stand-in in another process, or behind a real socket."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import requests

from tests.zoho_standin.answers import Record, loads

PASSWORD = "zoho-demo"
_SECONDS = 30


class Remote:
    """`origin` is that of either data centre; state, faults and calls are shared."""

    def __init__(self, origin: str) -> None:
        self.origin = origin.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # loopback never goes through a proxy

    def fault(self, name: str, **details: Any) -> None:
        """`times`, `skip`, `seconds`, `status`, `match={"method": …, "path": …}`."""
        self._control("POST", "faults", {"fault": name, **details})

    def faults(self) -> list[Record]:
        waiting: list[Record] = self._control("GET", "faults")["faults"]
        return waiting

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def limits(self, **sizes: int | None) -> Record:
        return self._control("POST", "limits", sizes)

    def state(self, organization: str) -> Record:
        """Everything an organisation (id or name) holds."""
        return self._control("GET", f"state?organization_id={organization}")

    def bills(self, organization: str) -> list[Record]:
        return list(self.state(organization)["bills"].values())

    def expenses(self, organization: str) -> list[Record]:
        return list(self.state(organization)["expenses"].values())

    def invoices(self, organization: str) -> list[Record]:
        return list(self.state(organization)["invoices"].values())

    def document(self, organization: str, document_id: str) -> bytes:
        """The bytes of an attachment, as a person would open it in Zoho."""
        number = self.state(organization)["organisation_id"]
        address = f"{self.origin}/app/{number}/documents/{document_id}"
        answer = self._session.get(address, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.content

    def contact(self, organization: str, name: str) -> Record | None:
        contacts = self.state(organization)["contacts"].values()
        return next((row for row in contacts if row["contact_name"] == name), None)

    def calls(self, method: str = "", path: str = "") -> list[Record]:
        """Calls so far; `path` is below /books/v3, or `/oauth/<grant type>`."""
        calls: list[Record] = self._control("GET", "calls")["calls"]
        return [
            call
            for call in calls
            if (not method or call["method"] == method)
            and (not path or call["path"] == path)
        ]

    def forget_calls(self) -> None:
        self._control("DELETE", "calls")

    def change(self, name: str, **details: Any) -> Record:
        return self._control("POST", "change", {"change": name, **details})

    def reset(self) -> None:
        self._control("POST", "reset")

    def authorise(self, authorise_url: str, email: str, *, accept: bool = True) -> str:
        """Walks through sign-in and consent; answers the callback's address."""
        browser = requests.Session()
        browser.trust_env = False
        page = _followed(browser, authorise_url)
        if isinstance(page, str):
            return page
        if 'name="password"' in page.text:
            form = {"email": email, "password": PASSWORD}
            page = _followed(browser, page.url, form)
        if isinstance(page, str):
            return page
        key = re.search(r'name="request" value="([^"]+)"', page.text)
        if key is None:
            raise AssertionError(f"No consent page at Zoho: {_plain(page.text)}")
        form = {
            "request": key.group(1),
            "decision": "accept" if accept else "reject",
        }
        decided = _followed(browser, urljoin(page.url, "/oauth/v2/auth/decision"), form)
        if not isinstance(decided, str):
            raise AssertionError(f"Zoho did not answer: {_plain(decided.text)}")
        return decided

    def _control(self, method: str, path: str, order: object = None) -> Record:
        answer = self._session.request(
            method, f"{self.origin}/_standin/{path}", json=order, timeout=_SECONDS
        )
        body: Record = loads(answer.content)
        if answer.status_code != 200:
            raise AssertionError(f"The stand-in refused: {body}")
        return body


def _followed(
    browser: requests.Session, address: str, form: dict[str, str] | None = None
) -> requests.Response | str:
    """A page of Zoho's, or the address outside of Zoho that it sends us to."""
    method = "POST" if form else "GET"
    while True:
        answer = browser.request(
            method, address, data=form, timeout=_SECONDS, allow_redirects=False
        )
        if not answer.is_redirect:
            return answer
        address = urljoin(address, answer.headers["Location"])
        if "/oauth/" not in address and "/signin" not in address:
            return address
        method, form = "GET", None


def _plain(page: str) -> str:
    body = page.partition("<main>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
