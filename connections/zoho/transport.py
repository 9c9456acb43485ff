"""How bytes reach Zoho: sessions without surprises, and what a broken exchange means."""

import io
import os
import ssl
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final, TypeVar

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from connections.zoho.errors import (
    ZohoError,
    ZohoNoAnswer,
    ZohoUnavailable,
    ZohoUnexpected,
)
from connections.zoho.regions import is_loopback

_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
PIECE: Final = 64 * 1024
LARGEST: Final = 32 * 1024 * 1024
"""Bytes of an answer, unpacked: many times a full page of any list."""
# Ours were wrong before anything left: an address or a header that cannot be sent.
_UNSENDABLE: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)

Prepared = TypeVar("Prepared", bound=requests.Session)


class Guarded(requests.Session):
    """A token must not travel to where an answer points; and an answer's body must come
    in as many seconds as its beginning, for which requests would wait with each byte
    anew. Of two time limits it is the first.
    """

    def get_redirect_target(self, _resp: requests.Response) -> str | None:
        return None

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        timeout = kwargs["timeout"]
        within = timeout[0] if isinstance(timeout, tuple) else timeout
        return _whole(super().send(request, **{**kwargs, "stream": True}), within)


def session(url: str) -> requests.Session:
    return prepared(Guarded(), url)


def prepared(session: Prepared, url: str) -> Prepared:
    """The session, made fit for one host.

    The environment stays out of it (a .netrc would replace our Authorization header),
    but for the machine's certificates and, unless the host is this machine, its proxy.
    No cookies, since businesses share a process.
    """
    session.trust_env = False
    session.verify = next(filter(None, map(os.environ.get, _BUNDLES)), True)
    session.proxies = {} if is_loopback(url) else get_environ_proxies(url)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _whole(response: requests.Response, within: float) -> requests.Response:
    """The answer with all of its body, unless that is too large to be one. Raises
    requests.RequestException."""
    ends = time.monotonic() + within
    body = io.BytesIO()
    try:
        while part := response.raw.read1(PIECE, decode_content=True):
            body.write(part)
            if time.monotonic() > ends:
                raise requests.ReadTimeout("The answer does not end.")
            if body.tell() > LARGEST:
                raise requests.ConnectionError("The answer is too large.")
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
    finally:
        response.close()
    body.seek(0)
    response.raw = body
    return response


def failure(error: requests.RequestException, *, writing: bool) -> ZohoError:
    """What it means that no answer came."""
    meant = _meaning(error, writing=writing)
    meant.is_under_way = isinstance(error, requests.ReadTimeout)
    return meant


def _meaning(error: requests.RequestException, *, writing: bool) -> ZohoError:
    """A write counts as unsent only where that is sure. A kept-alive socket that Zoho has
    closed in the meantime fails like a lost answer, so it is treated as one.
    """
    if isinstance(error, _UNSENDABLE):
        return ZohoUnexpected("The request could not be formed.")
    if writing and not _surely_unsent(error):
        return ZohoNoAnswer("Zoho did not answer after the request was sent.")
    return ZohoUnavailable("Zoho could not be reached.")


def _surely_unsent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return any(_before_sending(cause) for cause in _causes(error))


def _before_sending(cause: object) -> bool:
    # A failed name look-up is a ConnectTimeoutError too (urllib3's family tree), and a
    # certificate is checked before the request is written.
    return isinstance(cause, ConnectTimeoutError | ssl.SSLCertVerificationError)


def _causes(error: BaseException) -> list[object]:
    """The error and what urllib3 wrapped into it, outermost first."""
    found: list[object] = []
    todo: list[object] = [error]
    while todo:
        cause = todo.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            todo += [*cause.args, getattr(cause, "reason", None)]
    return found
