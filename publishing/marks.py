"""The word by which a record in Zoho is known to be ours: DS- and ten letters.

The same turn at the same item always has the same mark, which nobody outside can tell:
so a database that was put back to an earlier moment still knows the marks that were
given after it. An item made since then, even under an old number, has others.
"""

from collections.abc import Iterator
from typing import Final

from django.utils.crypto import salted_hmac

from publishing.models import MARK_LETTERS, Item

LETTERS: Final = 10
LENGTH: Final = len("DS-") + LETTERS
TURNS: Final = 20
"""So often is an item published anew between a backup and its return, at most."""


def next_mark(item: Item) -> str:
    """Of the turn that begins now."""
    return mark_of(item, item.publications.count())


def possible_marks(item: Item, known: int) -> Iterator[str]:
    """Of the turns that may have been taken after the `known` ones."""
    for turn in range(known, known + TURNS):
        yield mark_of(item, turn)


def mark_of(item: Item, turn: int) -> str:
    born = item.created_at.isoformat()
    words = f"{item.business_id}:{item.pk}:{born}:{turn}"
    digest = salted_hmac("publishing.mark", words, algorithm="sha256").digest()
    number = int.from_bytes(digest)
    letters = []
    for _letter in range(LETTERS):
        number, place = divmod(number, len(MARK_LETTERS))
        letters.append(MARK_LETTERS[place])
    return f"DS-{''.join(letters)}"
