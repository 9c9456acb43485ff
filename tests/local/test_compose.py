"""docker-compose.yml: what it promises, and that nothing secret has a default."""

import re
import subprocess
import sys

import pytest

from dext_sync.local import compose_file
from dext_sync.local.bootstrap import ROOT
from dext_sync.local.compose_file import FILE, Service
from dext_sync.local.refusal import CannotStart
from dext_sync.local.without_docker import GIVEN

WORKERS = ("worker", "clicks")
PROCESSES = ("web", *WORKERS, "beat")
SECRETS = (
    *("SECRET_KEY", "ENCRYPTION_KEYS", "ZOHO_CLIENT_SECRET"),
    *("DATABASE_PASSWORD", "DATABASE_OWNER_PASSWORD", "POSTGRES_PASSWORD"),
)


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    return compose_file.services(GIVEN)


def test_it_follows_the_schema_of_compose() -> None:
    command = [sys.executable, "-m", "check_jsonschema"]
    done = subprocess.run(  # noqa: S603
        [*command, "--builtin-schema", "vendor.compose-spec", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n"), done.stderr


def test_these_are_its_services(services: dict[str, Service]) -> None:
    assert set(services) == {*PROCESSES, "migrate", "postgres", "redis"}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_missing_is_named(name: str) -> None:
    others = {each: GIVEN[each] for each in GIVEN if each != name}
    with pytest.raises(CannotStart, match=f"^{name} is missing: set it to "):
        compose_file.services(others)


def test_nothing_secret_stands_in_the_file() -> None:
    """Whatever is named for a secret is a variable, and none of those has a default."""
    for line in FILE.read_text().splitlines():
        name, _, value = line.strip().partition(": ")
        if re.search(r"SECRET|PASSWORD|TOKEN|KEY", name) and " " not in name:
            assert value == "" or value.startswith("${"), line
            assert ":-" not in value, line


def test_no_process_that_stays_knows_the_owner_of_the_tables(
    services: dict[str, Service],
) -> None:
    knowing = {
        name
        for name, service in services.items()
        if {"DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL"}
        & set(service["environment"])
    }
    assert knowing == {"migrate"}
    assert services["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", [*PROCESSES, "postgres", "redis"])
def test_what_stays_is_watched_restarted_and_given_time(
    services: dict[str, Service], name: str
) -> None:
    service = services[name]
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert service["restart"] == "unless-stopped"
    assert compose_file.seconds(service["stop_grace_period"]) >= 20


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_may_finish_its_longest_call(
    services: dict[str, Service], name: str
) -> None:
    """Uploads wait 100 seconds for Zoho's answer."""
    assert compose_file.seconds(services[name]["stop_grace_period"]) > 105


def test_some_processes_are_kept_for_what_people_wait_for(
    services: dict[str, Service],
) -> None:
    assert "--queues people" in " ".join(services["clicks"]["command"])
    assert "--queues" not in services["worker"]["command"]


@pytest.mark.parametrize("name", PROCESSES)
def test_processes_are_confined_share_documents_and_wait_for_migrations(
    services: dict[str, Service], name: str
) -> None:
    service = services[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["documents:/documents"]
    waits_for = {each: how["condition"] for each, how in service["depends_on"].items()}
    assert waits_for == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "redis": "service_healthy",
    }
    assert service["environment"]["DEBUG"] == "False"
    assert service["environment"]["LOG_FORMAT"] == "json"


def test_the_image_is_pinned_hashed_and_has_a_user(
    services: dict[str, Service],
) -> None:
    image = compose_file.image(services["web"])
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", image.base)
    assert image.user == "dext"
    install = next(each for each in image.commands if each.startswith("pip install"))
    assert "--require-hashes" in install
    assert image.environment["DOCUMENTS_DIR"] == "/documents"


def test_the_image_holds_the_whole_product_and_none_of_its_tests(
    services: dict[str, Service],
) -> None:
    copied = {source for source, _target in compose_file.image(services["web"]).copies}
    assert copied == {
        *("requirements.txt", "manage.py", "dext_sync", "connections", "publishing"),
        *("templates", "static"),
    }
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in kept if line.startswith("!")} == copied


def test_only_web_is_reached_from_outside_and_by_this_machine_alone(
    services: dict[str, Service],
) -> None:
    ports = {name: each["ports"] for name, each in services.items() if "ports" in each}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_variables_are_filled_in_as_compose_does() -> None:
    given = {"OVEN": "hot", "EMPTY": ""}
    text = "$${OVEN} ${OVEN} ${EMPTY:-cold} ${EMPTY}|${NONE:-a b} ${OVEN:?light it}"
    assert compose_file.fill([text], given) == ["${OVEN} hot cold |a b hot"]


def test_what_is_only_passed_on_is_there_where_it_is_set() -> None:
    told = {"METRICS_TOKEN": None, "TRUSTED_PROXIES": None, "DEBUG": "False"}
    passed = compose_file.service({"environment": told}, {"METRICS_TOKEN": "x"})
    assert passed == {"environment": {"METRICS_TOKEN": "x", "DEBUG": "False"}}


def test_what_could_send_something_is_stopped_before_a_backup_is_restored() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    (stopping,) = (line for line in lines if line.startswith("docker compose stop"))
    assert set(stopping.split()[3:]) == set(PROCESSES)
