"""What the editions of Zoho Books do not have in common."""

from collections.abc import Mapping
from typing import Final

# Their purchases carry no tax: it is part of the price there.
EDITIONS_WITHOUT_PURCHASE_TAX = frozenset({"us"})

# Where a record may say why it has no tax: a bill on its line, an invoice as a whole. An
# expense may say it only on lines of its own, and ours has none.
EDITIONS_WITH_EXEMPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "bill": frozenset({"au", "ca", "in"}),
    "expense": frozenset(),
    "invoice": frozenset({"in", "us"}),
}


def takes_exemption(record: str, edition: str) -> bool:
    """record: bill, expense or invoice."""
    return edition in EDITIONS_WITH_EXEMPTIONS[record]
