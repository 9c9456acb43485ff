"""Django's reports of an exception, without what is secret in them.

A report shows settings, the request and every local variable. Names alone do not tell
which of those are secret, so the values that are known to be are hidden wherever they
stand, and whatever looks like a token of Zoho's.
"""

import re
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.http import QueryDict
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

HIDDEN: Final = "(hidden)"
SECRET_FIELDS: Final = re.compile("code|state|token|secret|pass|key", re.IGNORECASE)
SHORTEST: Final = 6
"""Shorter values would hide half of the page."""
TOKENS: Final = re.compile(r"1000\.[0-9A-Za-z]{6,}\.[0-9A-Za-z]{6,}")
ASSIGNED: Final = re.compile(
    r"\b((?:access_|refresh_)?token|client_secret|code|state|password)"
    r"(=|&quot;: &quot;|&#x27;: &#x27;|\": \"|': ')[^&\s\"'<>]+"
)


class Reporter(ExceptionReporter):
    def get_traceback_html(self) -> SafeString:
        return SafeString(self._without_secrets(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(self._without_secrets(super().get_traceback_text()))

    def _without_secrets(self, text: str) -> str:
        for secret in sorted(set(self._secrets()), key=len, reverse=True):
            text = text.replace(str(escape(secret)), HIDDEN).replace(secret, HIDDEN)
        return ASSIGNED.sub(rf"\1\2{HIDDEN}", TOKENS.sub(HIDDEN, text))

    def _secrets(self) -> Iterator[str]:
        found = [*_of_this_installation(), *self._of_the_request()]
        return (secret for secret in found if len(secret) >= SHORTEST)

    def _of_the_request(self) -> Iterator[str]:
        if self.request is None:
            return
        for sent in (self.request.GET, self.request.POST):
            yield from _secret_values(sent)
        yield from self.request.COOKIES.values()


def _of_this_installation() -> list[str]:
    passwords = [str(each.get("PASSWORD", "")) for each in settings.DATABASES.values()]
    return [
        settings.SECRET_KEY,
        *settings.ENCRYPTION_KEYS,
        settings.ZOHO_CLIENT_SECRET,
        settings.REDIS_URL,
        *passwords,
    ]


def _secret_values(sent: QueryDict) -> Iterator[str]:
    for name, values in sent.lists():
        if SECRET_FIELDS.search(name):
            yield from map(str, values)
