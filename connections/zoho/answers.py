"""An HTTP answer of Zoho Books, as its value or as an error.

The `code` in the body decides before the status does; the message decides nothing, as it
is translated and changes.
"""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
import simplejson

from connections.zoho.errors import (
    Limit,
    ZohoError,
    ZohoForbidden,
    ZohoMissing,
    ZohoNoAnswer,
    ZohoOrganisationRefused,
    ZohoRateLimited,
    ZohoRejected,
    ZohoUnauthorized,
    ZohoUnavailable,
    ZohoUnexpected,
)
from connections.zoho.types import DailyLimit

Answer = Mapping[str, Any]

# code: whose limit it is, and the seconds to wait where Zoho does not say.
_LIMITS: Final[Mapping[int, tuple[Limit, float | None]]] = {
    43: ("user", 3600.0),
    44: ("minute", 60.0),
    45: ("day", None),
    1070: ("at_once", 2.0),
}
_MINUTE: Final = 44
_INTERNAL_ERROR: Final = 1000
# Zoho's longest wait is to the next midnight, and one day of the year has an hour more;
# what a header says beyond that no clock of ours could hold.
_LONGEST_WAIT: Final = 25 * 3600
_MOST_CALLS: Final = 2**31 - 1
# Codes whose class does not follow from the status.
_CLASSES: Final[Mapping[int | None, type[ZohoError]]] = {
    14: ZohoUnauthorized,
    37: ZohoUnexpected,  # a method that this address does not know
    57: ZohoUnauthorized,
    1002: ZohoMissing,
    1038: ZohoUnexpected,  # our JSON is not well formed
    6041: ZohoOrganisationRefused,
}
_STATUSES: Final[Mapping[int, type[ZohoError]]] = {
    403: ZohoForbidden,
    404: ZohoMissing,
    405: ZohoUnexpected,
}
# Said by whatever stands before Zoho Books, with nothing accepted behind it.
_CLEAR_WITHOUT_BODY: Final[Mapping[int, type[ZohoError]]] = {
    401: ZohoUnauthorized,
    413: ZohoRejected,
    415: ZohoRejected,
}


def value(response: requests.Response, *, writing: bool) -> Answer:
    """The answer's content; raises the ZohoError that it amounts to."""
    body = _json(response)
    if body is not None and response.ok and _whole(body.get("code")) == 0:
        return body
    error = _error(response, body, writing=writing)
    error.is_silent = not _text(body, "message")
    raise error


def daily_limit(response: requests.Response) -> DailyLimit | None:
    """The organisation's day, which calls without an organisation do not tell."""
    names = ("Limit", "Remaining", "Reset")
    numbers = [_whole(response.headers.get(f"X-Rate-Limit-{name}")) for name in names]
    limit, remaining, resets_in = numbers
    if limit is None or remaining is None or resets_in is None or limit < 0:
        return None
    return DailyLimit(
        limit=min(limit, _MOST_CALLS),
        remaining=min(max(0, remaining), _MOST_CALLS),
        resets_in=min(max(0, resets_in), _LONGEST_WAIT),
    )


def _error(
    response: requests.Response, body: Answer | None, *, writing: bool
) -> ZohoError:
    status = response.status_code
    code = _whole(body.get("code")) if body else None
    message = _text(body, "message") or f"Zoho Books answered with status {status}."
    if status == requests.codes.too_many_requests or code in _LIMITS:
        return _rate_limited(response, code, message)
    readable = body is not None
    if refusal := _refusal(status, code, readable=readable, writing=writing):
        return refusal(message, status=status, code=code)
    if writing:
        return ZohoNoAnswer(message, status=status, code=code)
    if body is not None and not _is_failure(status, code):
        return ZohoUnexpected(message, status=status, code=code)
    wait = _seconds(response)
    return ZohoUnavailable(message, status=status, code=code, retry_after=wait)


def _refusal(
    status: int, code: int | None, *, readable: bool, writing: bool
) -> type[ZohoError] | None:
    """The class of a clear no, None where the answer leaves open what happened.

    A page with status 400 has taken nothing in; of what was asked for it says nothing.
    """
    if code in _CLASSES:
        return _CLASSES[code]
    if status in _CLEAR_WITHOUT_BODY:
        return _CLEAR_WITHOUT_BODY[status]
    if _is_failure(status, code):
        return None
    is_said = readable or writing
    if status == requests.codes.bad_request and code is None and is_said:
        return ZohoRejected
    if not readable:
        return None
    return _STATUSES.get(status) or (ZohoRejected if code else None)


def _is_failure(status: int, code: int | None) -> bool:
    """Of Zoho Books itself, or of what stands before it and does not find it: a 404
    without a code says nothing of an entry."""
    if status == requests.codes.not_found and code is None:
        return True
    return status >= requests.codes.server_error or code == _INTERNAL_ERROR


def _rate_limited(
    response: requests.Response, code: int | None, message: str
) -> ZohoRateLimited:
    limit, usual_wait = _LIMITS.get(code or 0, _LIMITS[_MINUTE])
    wait = _seconds(response)
    if wait is None and limit == "day":
        day = daily_limit(response)
        wait = max(1.0, float(day.resets_in)) if day else None
    return ZohoRateLimited(
        message,
        limit=limit,
        status=response.status_code,
        code=code,
        retry_after=usual_wait if wait is None else wait,
    )


def _json(response: requests.Response) -> Answer | None:
    try:
        body = simplejson.loads(response.content, use_decimal=True)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _seconds(response: requests.Response) -> float | None:
    """What Retry-After says, in either of its forms; none at all says nothing."""
    said = response.headers.get("Retry-After", "")
    wait = _whole(said)
    if wait is None:
        wait = _seconds_until(said)
    return float(min(wait, _LONGEST_WAIT)) if wait is not None and wait > 0 else None


def _seconds_until(moment: str) -> int | None:
    try:
        return round(parsedate_to_datetime(moment).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def storable(text: str) -> str:
    """Without what no column takes: the letter NUL, and halves of letters, where somebody
    has cut an emoji in two."""
    return text.replace("\0", "").encode(errors="ignore").decode()


def _text(body: Answer | None, name: str) -> str:
    found = body.get(name) if body else None
    return storable(found) if isinstance(found, str) else ""


def _whole(found: object) -> int | None:
    try:
        return int(str(found))
    except ValueError:
        return None
