"""What a person sees at Zoho, and what outlives a restart."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from tests.local.surroundings import free_port
from tests.standin.callers import Books, Clock, Consent
from tests.zoho_standin import Running, StandIn, serve

HARBOUR = "20081234501"


def test_the_front_page_lists_the_data_centres_organisations(running: Running) -> None:
    eu = requests.get(running.eu, timeout=10).text
    us = requests.get(running.us, timeout=10).text

    assert "Harbour Bakery Ltd" in eu
    assert "Sunnyside Diner Inc" not in eu
    assert "Sunnyside Diner Inc" in us


def test_a_bill_and_its_document_can_be_seen(books: Books, running: Running) -> None:
    number = books.post("/bills", books.bill()).body["bill"]["bill_id"]
    books.upload(f"/bills/{number}/attachment", "attachment", "invoice.pdf", b"%PDF-1")

    page = requests.get(f"{running.eu}/app/{HARBOUR}", timeout=10).text

    assert f'id="/bills/{number}"' in page
    assert "INV-104" in page
    assert "GBP 100.00" in page
    link = re.search(r'href="(/app/[^"]+)">invoice.pdf', page)
    assert link is not None
    document = requests.get(f"{running.eu}{link.group(1)}", timeout=10)
    assert document.content == b"%PDF-1"
    assert document.headers["Content-Type"] == "application/pdf"


def test_what_stands_in_a_bill_can_be_compared(books: Books, running: Running) -> None:
    bill = books.bill(
        date="2026-11-20", due_date="2026-12-20", reference_number="DS-ORDER"
    )
    books.post("/bills", bill)

    page = requests.get(f"{running.eu}/app/{HARBOUR}", timeout=10).text

    assert '<td class="date">2026-12-20</td>' in page
    assert "<td>DS-ORDER</td>" in page


def test_an_expense_can_be_seen(books: Books, running: Running) -> None:
    number = books.post("/expenses", books.expense()).body["expense"]["expense_id"]

    page = requests.get(f"{running.eu}/app/{HARBOUR}", timeout=10).text

    assert f'id="/expenses/{number}"' in page


def test_what_was_typed_is_escaped(books: Books, running: Running) -> None:
    books.post("/bills", books.bill(bill_number="<script>alert(1)</script>"))

    assert (
        "<script>" not in requests.get(f"{running.eu}/app/{HARBOUR}", timeout=10).text
    )


@pytest.mark.parametrize("path", ["/", "/signin", f"/app/{HARBOUR}", "/nothing"])
def test_every_page_has_language_title_heading_and_labels(
    running: Running, path: str
) -> None:
    page = _Page(requests.get(f"{running.eu}{path}", timeout=10).text)

    assert page.language == "en"
    assert page.count["title"] == 1
    assert page.count["h1"] == 1
    assert page.count["main"] == 1
    assert page.inputs == page.labels


def test_the_sign_in_page_names_an_account_to_try(running: Running) -> None:
    page = requests.get(f"{running.us}/signin", timeout=10).text

    assert "alice@harbourbakery.example" in page
    assert "zoho-demo" in page


def test_signing_in_does_not_lead_away_from_zoho(running: Running) -> None:
    form = {"email": "sam@sunnyside.example", "password": "zoho-demo"}
    address = f"{running.us}/signin?serviceurl=https://evil.example/"

    assert requests.post(address, form, timeout=10).url == f"{running.us}/"


def test_everything_outlives_a_restart(clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "zoho.json"
    with serve(StandIn(clock, state_file=file)) as running:
        consent = Consent(running)
        callback = consent.callback("alice@harbourbakery.example")
        tokens = consent.exchange(callback)
        before = Books(running, running.eu, tokens["access_token"], HARBOUR)
        number = before.post("/bills", before.bill()).body["bill"]["bill_id"]
        path = f"/bills/{number}/attachment"
        before.upload(path, "attachment", "invoice.pdf", b"%PDF-1")
        whole = before.get(f"/bills/{number}").body

    with serve(StandIn(clock, state_file=file)) as running:
        consent = Consent(running)
        fresh = consent.refresh(running.eu, tokens["refresh_token"])
        after = Books(running, running.eu, fresh["access_token"], HARBOUR)
        assert after.get(f"/bills/{number}").body == whole
        assert after.get(path).content == b"%PDF-1"
        assert after.post("/bills", after.bill()).outcome == (400, 13011)
        other = after.post("/bills", after.bill(bill_number="2")).body["bill"]
        assert int(other["bill_id"]) > int(number)


def test_as_a_program_of_its_own(tmp_path: Path) -> None:
    port = free_port(beside=(1,))
    program = _program("--port", str(port), "--state", str(tmp_path / "zoho.json"))
    try:
        assert program.stdout is not None
        line = program.stdout.readline()
        assert line == (
            f"Zoho's stand-in is ready: us http://localhost:{port},"
            f" eu http://localhost:{port + 1}\n"
        )
        answer = requests.get(f"http://localhost:{port + 1}/", timeout=10)
        assert "Harbour Bakery Ltd" in answer.text
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=60)
    assert program.returncode == 0


def test_a_busy_port_is_said_in_one_line() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        program = _program("--port", str(port))
        said, _ = program.communicate(timeout=60)

    assert program.returncode == 1
    assert said.startswith(f"Zoho's stand-in cannot use ports {port} and the next")
    assert said.count("\n") == 1


def _program(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 -- our own program
        [sys.executable, "-m", "tests.zoho_standin", *arguments],
        cwd=Path(__file__).parents[2],
        env={name: os.environ[name] for name in ("PATH",)},
        stdout=subprocess.PIPE,
        text=True,
    )


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.count = dict.fromkeys(("title", "h1", "main"), 0)
        self.inputs: set[str | None] = set()
        self.labels: set[str | None] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang")
        if tag in self.count:
            self.count[tag] += 1
        if tag == "label":
            self.labels.add(given.get("for"))
        if tag == "input" and given.get("type") != "hidden":
            self.inputs.add(given.get("id"))
