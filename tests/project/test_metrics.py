"""What Prometheus reads: sums over all businesses, and nothing of any one of them."""

from datetime import timedelta

import pytest
import redis
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from connections.books import ConnectionAccess
from connections.budget import Priority
from connections.models import Connection, RefreshRun
from dext_sync import counters, metrics
from dext_sync.businesses.models import Business, User
from dext_sync.businesses.tenancy import acting_in
from publishing.models import Publication
from tests.publishing.factories import make_connection, make_item

TOKEN = "token-of-the-prometheus"
Samples = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(autouse=True)
def nothing_counted(redis_client: redis.Redis) -> None:
    for key in redis_client.scan_iter("metrics:*"):
        redis_client.delete(key)


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def read() -> Samples:
    """{name: {the labels' values: number}}; of calls: code, organisation, status."""
    found: Samples = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            labels = tuple(sample.labels.values())
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def make_publication(connection: Connection, owner: User, **fields: object) -> None:
    with acting_in(connection.business_id):
        Publication.unscoped.create(
            business=connection.business,
            item=make_item(connection.business, owner=owner),
            connection=connection,
            region=connection.region,
            organisation_id=connection.organisation_id,
            kind=Publication.Kind.BILL,
            **fields,
        )


# Who may read them.


@pytest.mark.django_db
def test_whoever_brings_the_token_reads_them_by_any_name(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get(
        "/metrics",
        headers={"authorization": f"Bearer {TOKEN}", "host": "10.0.0.7:8000"},
    )
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert b"# TYPE dext_sync_queue_age_seconds gauge" in answer.content


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer another", TOKEN, "Bearer ü"])
def test_to_others_they_do_not_exist(client: Client, given: str) -> None:
    answer = client.get("/metrics", headers={"authorization": given})
    assert (answer.status_code, answer.content) == (404, b"Not found.\n")


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer"])
def test_without_a_token_in_the_settings_nobody_reads_them(
    client: Client, settings: Settings, given: str
) -> None:
    settings.METRICS_TOKEN = ""
    answer = client.get("/metrics", headers={"authorization": given})
    assert answer.status_code == 404


# Counters.


@pytest.mark.django_db
def test_what_is_not_committed_is_not_counted() -> None:
    with transaction.atomic():
        counters.count(counters.PUBLICATIONS, "bill", "published")
        transaction.set_rollback(True)
    assert "dext_sync_publications_total" not in read()


def test_what_several_processes_count_is_one_number(committed_db: None) -> None:
    for outcome in ("published", "failed", "published"):
        counters.count(counters.PUBLICATIONS, "bill", outcome)
    assert read()["dext_sync_publications_total"] == {
        ("bill", "published"): 2.0,
        ("bill", "failed"): 1.0,
    }


def test_calls_are_told_apart_by_organisation_status_and_code(
    bakery: Business,
) -> None:
    access = ConnectionAccess(make_connection(bakery), Priority.PERSON)
    for status, code in ((200, 0), (200, 0), (400, 1002), (None, None)):
        access.came(status, code)
    assert read()["dext_sync_zoho_calls_total"] == {
        ("0", "eu:20081234501", "200"): 2.0,
        ("1002", "eu:20081234501", "400"): 1.0,
        ("", "eu:20081234501", "no answer"): 1.0,
    }


@pytest.mark.django_db
def test_beyond_a_number_of_organisations_the_others_count_together(
    settings: Settings,
) -> None:
    settings.METRICS_ORGANISATIONS = 2
    for organisation in ("eu:1", "eu:2", "eu:3", "eu:4", "eu:1"):
        counters.count_calls(organisation, "200", "0")
    assert read()["dext_sync_zoho_calls_total"] == {
        ("0", "eu:1", "200"): 2.0,
        ("0", "eu:2", "200"): 1.0,
        ("0", "others", "200"): 2.0,
    }


@pytest.mark.django_db
def test_an_organisation_that_rested_for_a_week_makes_room(
    settings: Settings, redis_client: redis.Redis
) -> None:
    settings.METRICS_ORGANISATIONS = 1
    counters.count_calls("eu:1", "200", "0")
    (key,) = redis_client.scan_iter("metrics:dext_sync_zoho_calls")
    redis_client.zincrby(key, -8 * 24 * 60 * 60, "eu:1")
    counters.count_calls("eu:2", "200", "0")
    assert read()["dext_sync_zoho_calls_total"] == {("0", "eu:2", "200"): 1.0}


# Gauges.


def test_the_queue_is_as_old_as_what_has_been_due_longest(
    bakery: Business, garage: Business, alice: User, charlie: User
) -> None:
    ago = timezone.now() - timedelta(seconds=90)
    soon = timezone.now() + timedelta(minutes=5)
    ours = make_connection(bakery)
    theirs = make_connection(garage, organisation_id="20081234502")
    make_publication(ours, alice, due_at=ago)
    make_publication(ours, alice, due_at=soon, waiting_reason="minute")
    make_publication(theirs, charlie, due_at=ago, leased_until=soon)
    make_publication(theirs, charlie, due_at=ago - ago.resolution, finished_at=ago)
    found = read()
    assert found["dext_sync_publications_waiting"] == {("",): 2.0, ("minute",): 1.0}
    assert found["dext_sync_publications_due"] == {(): 1.0}
    assert found["dext_sync_queue_age_seconds"] == {(): pytest.approx(90, abs=5)}


def test_the_age_of_lists_is_that_of_the_oldest_connected(
    bakery: Business, garage: Business
) -> None:
    now = timezone.now()
    make_refresh(make_connection(bakery), finished_at=now - timedelta(hours=3))
    ended = Connection.State.DISCONNECTED
    gone = make_connection(garage, organisation_id="20081234502", state=ended)
    make_refresh(gone, finished_at=now - timedelta(days=9))
    found = read()
    assert found["dext_sync_connections"] == {
        ("connected",): 1.0,
        ("disconnected",): 1.0,
    }
    assert found["dext_sync_refresh_age_seconds"] == {(): pytest.approx(10_800, abs=5)}


def test_a_refresh_that_failed_makes_lists_no_younger(bakery: Business) -> None:
    now = timezone.now()
    ours = make_connection(bakery)
    make_refresh(ours, finished_at=now - timedelta(hours=3))
    make_refresh(ours, finished_at=now, problem="Zoho was away.")
    assert read()["dext_sync_refresh_age_seconds"] == {(): pytest.approx(10_800, abs=5)}


def make_refresh(of: Connection, **fields: object) -> None:
    with acting_in(of.business_id):
        RefreshRun.unscoped.create(
            business=of.business,
            connection=of,
            organisation_id=of.organisation_id,
            **fields,
        )


# Where something is away.


@pytest.mark.django_db
def test_without_redis_the_rest_is_told(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    counters.count_calls("eu:1", "200", "0")
    found = read()
    assert "dext_sync_zoho_calls_total" not in found
    assert found["dext_sync_publications_due"] == {(): 0.0}


def test_the_sums_are_all_that_row_security_lets_through(bakery: Business) -> None:
    make_connection(bakery)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM connections_connection")
        assert cursor.fetchone() == (0,)
    assert read()["dext_sync_connections"] == {("connected",): 1.0}
    assert bakery.slug not in metrics.text().decode()
