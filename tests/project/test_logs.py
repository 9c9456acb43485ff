"""What stands in the log: who, what and which, and never what opens a door."""

import json
import logging
from collections.abc import Iterator

import pytest
from celery import shared_task
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings
from structlog.contextvars import clear_contextvars

from dext_sync import env, logs
from dext_sync.businesses.access import business_task
from dext_sync.businesses.models import Business, User
from tests.conftest import Browse
from tests.logs import Lines, of, plain, written

TOKEN = "q8WzExLkJ0u-secret"


def explode(request: HttpRequest, token: str) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("explode/<str:token>/", explode, name="explode"),
    path("", include("dext_sync.urls")),
]
handler500 = "dext_sync.businesses.views.frame.server_error"


@pytest.fixture
def lines() -> Iterator[Lines]:
    clear_contextvars()  # this thread has served the requests of other tests
    with written() as lines:
        yield lines


def test_a_request_is_one_line_with_person_business_and_page(
    bakery: Business, alice: User, browse: Browse, lines: Lines
) -> None:
    answer = browse(alice).get(f"/b/{bakery.slug}/activity/?kind=member")
    line = of(lines, "request")
    assert line | {"milliseconds": 0, "timestamp": ""} == {
        "event": "request",
        "level": "info",
        "logger": "dext_sync.monitoring",
        "timestamp": "",
        "request_id": answer["X-Request-ID"],
        "person_id": alice.pk,
        "business_id": bakery.pk,
        "page": "activity",
        "method": "GET",
        "status": 200,
        "milliseconds": 0,
    }


def test_a_line_written_for_an_item_names_it(
    bakery: Business, alice: User, browse: Browse, lines: Lines
) -> None:
    browse(alice).get(f"/b/{bakery.slug}/costs/987654321/")
    line = of(lines, "Not Found: item")
    assert (line["business_id"], line["item_id"]) == (bakery.pk, 987654321)


def test_the_next_request_of_the_thread_is_nobodys(
    bakery: Business, alice: User, browse: Browse, client: Client, lines: Lines
) -> None:
    browse(alice).get(f"/b/{bakery.slug}/activity/")
    client.get("/accounts/login/")
    assert not {"person_id", "business_id"} & set(lines()[-1])


def test_what_the_server_says_between_two_requests_is_nobodys(
    bakery: Business, alice: User, browse: Browse, lines: Lines
) -> None:
    """What no request can be made of never comes to us: gunicorn tells it."""
    browse(alice).get(f"/b/{bakery.slug}/costs/987654321/")
    logging.getLogger("gunicorn.error").warning("Invalid request from ip=192.0.2.1")
    line = of(lines, "Invalid request from ip=192.0.2.1")
    assert not {"person_id", "business_id", "item_id", "request_id"} & set(line)


@pytest.mark.django_db
def test_a_token_in_an_address_stays_out(client: Client, lines: Lines) -> None:
    """An invitation, a link to a new password, Zoho's answer: all come in addresses."""
    for page in (
        f"/invitations/{TOKEN}/",
        f"/accounts/confirm-email/{TOKEN}/",
        f"/accounts/password/reset/key/1-{TOKEN}/",
        f"/connections/zoho/callback?code={TOKEN}&state={TOKEN}",
    ):
        client.get(page)
    assert len([line for line in lines() if line["event"] == "request"]) == 4
    assert TOKEN not in json.dumps(lines())


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_a_fault_is_told_with_its_traceback_and_without_the_address(
    lines: Lines,
) -> None:
    Client(raise_request_exception=False).get(f"/explode/{TOKEN}/")
    line = of(lines, "Internal Server Error: explode")
    assert line["level"] == "error"
    assert line["exception"].endswith("ZeroDivisionError")
    assert line["page"] == "explode"
    assert TOKEN not in json.dumps(lines())


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_is_not_told(
    client: Client, lines: Lines
) -> None:
    """It may be one of ours with something behind it."""
    for page in (
        f"/invitations/{TOKEN}/extra/",
        f"/invitations/{TOKEN}/%0A2026 ERROR/",
        f"/accounts/confirm-mail/{TOKEN}/",
    ):
        client.get(page)
    told = [line for line in lines() if line["event"] == "Not Found: no page of ours"]
    assert [line["level"] for line in told] == ["warning"] * 3
    assert TOKEN not in json.dumps(lines())


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "evil.example/\n2026 ERROR"])
def test_a_request_for_another_host_is_one_line(
    client: Client, lines: Lines, host: str
) -> None:
    """Whoever scans the net brings one each second: it is nobody's fault here."""
    answer = client.get("/accounts/login/", headers={"host": host})

    assert answer.status_code == 400
    (line,) = [each for each in lines() if each["logger"].startswith("django")]
    assert line["level"] == "warning"
    assert "Invalid HTTP_HOST header: " in line["event"]
    assert "exception" not in line


@pytest.mark.parametrize("form", logs.FORMS)
def test_whatever_is_logged_stays_on_its_line(form: str) -> None:
    evil = "Évil\r\n2026-11-22T00:00:00Z [info] forged \x1b[31m"
    with plain(form) as text:
        logging.getLogger("tests").warning("Baked by %s", evil, extra={"page": evil})
        line = text().removesuffix("\n")
    assert line.isprintable()
    assert "Baked by Évil\\r\\n2026-11-22T00:00:00Z [info] forged" in line


def test_a_traceback_begins_no_line_as_others_do() -> None:
    with plain(logs.LINE) as text:
        try:
            raise ValueError("x\n2026-11-22T00:00:00Z [info] forged")
        except ValueError:
            logging.getLogger("tests").exception("It failed.")
        first, *rest = text().splitlines()
    assert "It failed." in first
    assert [line for line in rest if not line.startswith("  ")] == []


@pytest.mark.django_db
def test_the_request_id_of_our_own_proxy_is_kept(
    client: Client, settings: Settings
) -> None:
    settings.BEHIND_PROXY = True
    assert request_id(client, "0af7651916cd43dd") == "0af7651916cd43dd"


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["two\twords", "x" * 65, ""])
def test_one_that_would_spoil_the_log_is_replaced(
    client: Client, settings: Settings, given: str
) -> None:
    settings.BEHIND_PROXY = True
    assert len(request_id(client, given)) == 16
    assert request_id(client, given) != given


@pytest.mark.django_db
def test_without_a_proxy_nobody_chooses_their_request_id(client: Client) -> None:
    assert request_id(client, "0af7651916cd43dd") != "0af7651916cd43dd"


def request_id(client: Client, given: str) -> str:
    return client.get("/accounts/login/", headers={"x-request-id": given})[
        "X-Request-ID"
    ]


@business_task()
def bake(business_id: int, connection_id: int) -> None:
    logging.getLogger("tests").warning("Baked.")


@shared_task
def sweep() -> None:
    logging.getLogger("tests").warning("Swept.")


def test_a_task_names_its_business_and_what_it_is_about(
    bakery: Business, lines: Lines
) -> None:
    bake.apply(args=(bakery.pk, 17), task_id="8d21")
    line = of(lines, "Baked.")
    assert line["business_id"] == bakery.pk
    assert line["connection_id"] == 17
    assert line["task_id"] == "8d21"
    assert line["task"] == "tests.project.test_logs.bake"


def test_a_task_without_a_business_is_named_too(lines: Lines) -> None:
    sweep.apply(task_id="77aa")
    line = of(lines, "Swept.")
    assert (line["task"], line["task_id"]) == ("tests.project.test_logs.sweep", "77aa")
    assert "business_id" not in line


def test_what_oauth_libraries_say_at_debug_is_never_written() -> None:
    levels = logs.configuration(logs.JSON)["loggers"]
    for name in ("requests_oauthlib", "oauthlib"):
        assert levels[name] == {"level": "WARNING"}
        assert logging.getLogger(name).getEffectiveLevel() == logging.WARNING


def test_another_form_than_the_two_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(
        ImproperlyConfigured, match="LOG_FORMAT must be json or line, not 'xml'"
    ):
        env.choice("LOG_FORMAT", logs.FORMS, logs.JSON)
