"""The words of the pages: one thing has one name."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

SAID = re.compile(
    r'{% translate "(?P<line>[^"]*)"|'
    r"{% blocktranslate[^%]*%}(?P<block>.*?){% endblocktranslate",
    re.DOTALL,
)
OTHER_NAMES_OF_AN_EMAIL = re.compile(r"\b(letter|e-?mail me|mails?)\b", re.IGNORECASE)


def said_on_pages() -> Iterator[str]:
    for template in sorted(Path(settings.BASE_DIR, "templates").rglob("*.*")):
        for match in SAID.finditer(template.read_text()):
            yield match["line"] or match["block"] or ""


def test_what_we_send_is_called_an_email_everywhere() -> None:
    assert [
        words for words in said_on_pages() if OTHER_NAMES_OF_AN_EMAIL.search(words)
    ] == []
