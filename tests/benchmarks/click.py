"""From the click on Publish to Published: in the database, and on the person's page."""

import re
import time
from dataclasses import dataclass, replace
from html import unescape
from math import ceil
from statistics import median

import requests
from django.conf import settings
from django.test import Client

from connections.zoho.client import ZohoBooks
from connections.zoho.writes import NewBill
from dext_sync.businesses.tenancy import acting_in
from dext_sync.local import readiness
from dext_sync.local.benchmark import Row
from publishing import sending
from publishing.models import Item, Publication, Step
from tests.benchmarks import stage
from tests.benchmarks.stage import Tenant
from tests.publishing.factories import make_supplier, ready_item

CLICKS = 60
MOST_BESIDES = 0.3
"""Seconds beside Zoho's own answers."""
POLLS = re.compile(r'hx-get="([^"]+)" hx-trigger="every (\d+)(ms|s)"')
PUBLISHED = "state--published"
LONGEST = 30
SETTLES = 0.02
"""Seconds between the swap of a part and htmx's look at what is new in it."""


@dataclass(frozen=True)
class Browser:
    """Somebody's session, by HTTP, asking as often as the page says."""

    session: requests.Session
    origin: str

    def page(self, path: str) -> str:
        answer = self.session.get(self.origin + path, timeout=LONGEST)
        answer.raise_for_status()
        return answer.text

    def part(self, path: str, *, posted: bool = False) -> requests.Response:
        headers = {
            "HX-Request": "true",
            "X-CSRFToken": self.session.cookies["csrftoken"],
        }
        answer = self.session.request(
            "POST" if posted else "GET",
            self.origin + path,
            headers=headers,
            timeout=LONGEST,
        )
        answer.raise_for_status()
        return answer


@dataclass(frozen=True)
class Click:
    """Seconds since the click."""

    in_database: float
    on_page: float


def measure(small: bool) -> list[Row]:  # noqa: FBT001
    clicks = 3 if small else CLICKS
    environment = stage.without_our_limits()
    remote = stage.stand_in()
    tenant = stage.tenant(remote)
    supplier = make_supplier(tenant.business)
    items = [
        ready_item(
            tenant.business,
            tenant.owner,
            reference=f"C-{number}",
            supplier=supplier,
        )
        for number in range(clicks + 1)
    ]
    port = readiness.free_neighbours()
    with stage.processes(
        **environment,
        SITE_URL=f"http://localhost:{port}",
        ALLOWED_HOSTS="localhost",
        DOCUMENTS_DIR=str(settings.DOCUMENTS_DIR),
    ) as ours:
        ours.web(port)
        ours.worker("worker", at_once=2)
        ours.beat()
        ours.workers_answer(1)
        stage.until(lambda: readiness.pages_come(port), seconds=60)
        browser = _browser(tenant, f"http://localhost:{port}")
        first, *others = items
        _clicked(browser, tenant, first)  # everything is loaded and warm
        found = [_clicked(browser, tenant, item) for item in others]
    answers = _own_answers(tenant, items)
    return _rows(found, answers)


def _rows(clicks: list[Click], answers: float) -> list[Row]:
    most = answers + MOST_BESIDES
    stored = _p95([click.in_database for click in clicks])
    seen = _p95([click.on_page for click in clicks])
    aim = f"≤ {answers * 1000:.0f} + {MOST_BESIDES * 1000:.0f} ms"
    return [
        Row(
            "click",
            f"{len(clicks)} clicks to Published in the database, p95",
            f"{stored * 1000:.0f} ms",
            aim,
            stored <= most,
        ),
        Row(
            "click",
            f"{len(clicks)} clicks to Published on the page, p95",
            f"{seen * 1000:.0f} ms",
            aim,
            seen <= most,
        ),
    ]


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[ceil(len(seconds) * 0.95) - 1]


def _browser(tenant: Tenant, origin: str) -> Browser:
    client = Client()
    client.force_login(tenant.owner)
    session = requests.Session()
    session.trust_env = False
    session.headers["Connection"] = "close"  # nobody uses one that was just closed
    session.cookies.set("sessionid", client.cookies["sessionid"].value)
    return Browser(session, origin)


def _clicked(browser: Browser, tenant: Tenant, item: Item) -> Click:
    path = f"/b/{tenant.business.slug}/costs/{item.pk}/"
    browser.page(path)
    began = time.time()
    shown = browser.part(f"{path}publish/", posted=True).text
    while PUBLISHED not in shown:
        polls = POLLS.search(shown)
        assert polls is not None
        every = float(polls[2]) / (1000 if polls[3] == "ms" else 1)
        shown = _next_state(browser, unescape(polls[1]), every, began)
    on_page = time.time() - began
    with acting_in(item.business_id):
        item.refresh_from_db()
    assert item.status == Item.Status.PUBLISHED
    assert item.published_at is not None
    return Click(item.published_at.timestamp() - began, on_page)


def _next_state(browser: Browser, path: str, every: float, began: float) -> str:
    """What the page shows next: htmx leaves it as it is after a 204.

    Its clock goes on while it waits for an answer, and it never asks twice at once.
    """
    asks_at = time.time() + SETTLES
    while time.time() - began < LONGEST:
        asks_at = max(asks_at + every, time.time())
        time.sleep(max(0, asks_at - time.time()))
        answer = browser.part(path)
        if answer.status_code == requests.codes.ok:
            return answer.text
    raise TimeoutError(f"{path} has moved for {LONGEST} s.")


def _own_answers(tenant: Tenant, items: list[Item]) -> float:
    """Seconds that the stand-in itself takes for such a bill and its document."""
    books = stage.bare_books(tenant.connection)
    with acting_in(tenant.business.pk):
        sent = Publication.unscoped.filter(item__in=items)
        return median(_answered(books, publication) for publication in sent)


def _answered(books: ZohoBooks, publication: Publication) -> float:
    record = publication.steps.get(kind=Step.Kind.RECORD)
    bill = sending.message(publication, record)
    document = sending.message(publication, publication.steps.get(kind="document"))
    assert isinstance(bill, NewBill)
    assert isinstance(document, sending.Attachment)
    began = time.time()
    made = books.create_bill(replace(bill, bill_number=f"{bill.bill_number} again"))
    books.attach_to_bill(made.zoho_id, document.file)
    return time.time() - began
