"""Five of Zoho's lists into Postgres, beside a bare read of the same pages."""

import json
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from dext_sync.businesses.tenancy import acting_in
from dext_sync.local.benchmark import Row
from tests.benchmarks import stage
from tests.benchmarks.stage import Tenant
from tests.zoho_standin.remote import Remote

UNFILTERED = (
    "/items",
    "/projects",
    "/settings/taxes",
    "/settings/currencies",
    "/bankaccounts",
    "/locations",
    "/expenses",
)
"""Lists of which Zoho cannot be asked what is new."""
PURCHASES = ("/bills", "/expenses")
"""None are there: a call each, beside those of the five lists."""
RUNS = {1000: 9, 10_000: 3}
"""The figure is the middle one of so many: a short run varies more than a long one."""
MOST_MEGABYTES = 100
MOST_OTHER_CALLS = 10


@dataclass(frozen=True)
class Read:
    """`bare`: seconds for the same pages without storing them, where they were read."""

    seconds: float
    bare: float
    megabytes: float
    paths: list[str]
    rewritten: int


def measure(small: bool) -> list[Row]:  # noqa: FBT001
    stage.without_our_limits()
    remote = stage.stand_in()
    tenant = stage.tenant(remote, refreshed=False)
    sizes = {100: 26} if small else {1000: 26, 10_000: 255}
    return [
        row
        for size, most_calls in sizes.items()
        for row in _measured(remote, tenant, size, most_calls, RUNS.get(size, 1))
    ]


def _measured(
    remote: Remote, tenant: Tenant, size: int, most_calls: int, runs: int
) -> list[Row]:
    _fill(remote, size)
    anew, again = [], []
    for _run in range(runs):
        stage.forget_lists()
        anew.append(_read(remote, tenant, "--bare"))
        again.append(_read(remote, tenant))
    return [*_of_first(size, anew, most_calls), *_of_second(size, again)]


def _of_first(size: int, reads: list[Read], most_calls: int) -> list[Row]:
    purchases = len(PURCHASES)
    calls = max(len(read.paths) for read in reads) - purchases
    ratio = median(read.seconds / read.bare for read in reads)
    grown = max(read.megabytes for read in reads)
    seconds, bare = median(r.seconds for r in reads), median(r.bare for r in reads)
    what = f"5 lists × {size:,} rows"
    return [
        Row(
            "refresh",
            f"{what}: calls",
            f"{calls} (and {purchases} for bills and expenses)",
            f"≤ {most_calls}",
            calls <= most_calls,
        ),
        Row(
            "refresh",
            f"{what}: seconds ÷ bare read",
            f"{ratio:.2f} ({seconds:.1f} s ÷ {bare:.1f} s)",
            "≤ 2",
            ratio <= 2,
        ),
        Row(
            "refresh",
            f"{what}: memory grows",
            f"{grown:.0f} MB",
            f"< {MOST_MEGABYTES} MB",
            grown < MOST_MEGABYTES,
        ),
    ]


def _of_second(size: int, reads: list[Read]) -> list[Row]:
    other = max(sum(path not in UNFILTERED for path in read.paths) for read in reads)
    pages = max(len(read.paths) for read in reads) - other
    rewritten = max(read.rewritten for read in reads)
    seconds = median(read.seconds for read in reads)
    what = f"5 lists × {size:,} rows, unchanged"
    return [
        Row(
            "refresh",
            f"{what}: calls",
            f"{other} + {pages} pages ({seconds:.1f} s)",
            f"≤ {MOST_OTHER_CALLS} + pages of lists without filter",
            other <= MOST_OTHER_CALLS,
        ),
        Row("refresh", f"{what}: rows rewritten", f"{rewritten}", "0", rewritten == 0),
    ]


def _fill(remote: Remote, size: int) -> None:
    """Exactly so many rows in each: of the contacts six in ten are suppliers."""
    held = remote.state(stage.BAKERY)
    contacts = list(held["contacts"].values())
    suppliers = [c["contact_name"] for c in contacts if c["contact_type"] == "vendor"]
    customers = [c["contact_name"] for c in contacts if c["contact_type"] != "vendor"]
    wanted = (
        ("accounts", "Postage", size - len(held["accounts"])),
        ("contacts", suppliers[0], size * 6 // 10 - len(suppliers)),
        ("contacts", customers[0], size * 4 // 10 - len(customers)),
        ("items", "Cake box", size - len(held["items"])),
        ("projects", "Website", size - len(held["projects"])),
        ("taxes", "Zero Rate", size - len(held["taxes"])),
    )
    for table, like, count in wanted:
        remote.change(
            "many", organization=stage.BAKERY, table=table, like=like, count=count
        )


def _read(remote: Remote, tenant: Tenant, *options: str) -> Read:
    """In a process of its own, as a worker's child is."""
    before = _stamps(tenant)
    remote.forget_calls()
    command = [sys.executable, "-m", "tests.benchmarks.reader"]
    finished = subprocess.run(  # noqa: S603  (our own program)
        [*command, str(tenant.business.pk), str(tenant.connection.pk), *options],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = json.loads(finished.stdout)
    after = _stamps(tenant)
    return Read(
        seconds=told["seconds"],
        bare=told.get("bare", 0),
        megabytes=told["megabytes"],
        paths=told["paths"],
        rewritten=sum(before[key] != after[key] for key in before),
    )


def _stamps(tenant: Tenant) -> dict[tuple[str, int], str]:
    """Where each row lies: PostgreSQL writes a changed row to another place."""
    found: dict[tuple[str, int], str] = {}
    with acting_in(tenant.business.pk):
        for model in stage.LISTS:
            rows = model.unscoped.extra(select={"place": "xmin::text"})
            found |= {
                (model.__name__, pk): place
                for pk, place in rows.values_list("pk", "place")
            }
    return found
