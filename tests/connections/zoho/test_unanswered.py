"""Sent or not sent: only real sockets tell these apart."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NameResolutionError, ProtocolError

from connections.zoho import oauth, transport
from connections.zoho.client import ZohoBooks
from connections.zoho.errors import (
    ZohoError,
    ZohoNoAnswer,
    ZohoUnavailable,
    ZohoUnexpected,
)
from connections.zoho.regions import Region
from connections.zoho.writes import NewContact
from tests.connections.zoho.access import API, ORGANISATION, BakeryAccess

SUPPLIER = NewContact(name="Millers Flour Ltd", kind="vendor")
PAGE = b'{"code": 0, "bill": {"bill_id": "1", "total": 1}}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)

Behaviour = Callable[[socket.socket], None]


@contextmanager
def _zoho(*behaviours: Behaviour) -> Iterator[str]:
    """A server that treats its first connection so, its second so, and no third."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        serving = threading.Thread(
            target=_serve, args=(server, behaviours), daemon=True
        )
        serving.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    serving.join(timeout=5)


def _serve(server: socket.socket, behaviours: tuple[Behaviour, ...]) -> None:
    for behaviour in behaviours:
        connection, _ = server.accept()
        with connection:
            behaviour(connection)


def _hang_up(connection: socket.socket) -> None:
    connection.recv(65536)


def _say_nothing(connection: socket.socket) -> None:
    while connection.recv(65536):  # until the client gives up and closes
        pass


def _break_off(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(ANSWER[:-10])


def _drip(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    with suppress(OSError):  # until the client gives up and closes
        for _byte in range(1200):
            connection.sendall(b" ")
            time.sleep(0.05)


def _answer(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(ANSWER)


def _answer_packed(connection: socket.socket) -> None:
    connection.recv(65536)
    head = b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
    packed = gzip.compress(PAGE)
    for piece in (packed[:9], packed[9:], b""):
        connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))


def _answer_swollen(connection: socket.socket) -> None:
    connection.recv(65536)
    packed = gzip.compress(b" " * transport.LARGEST + PAGE)
    head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with suppress(OSError):  # the client may give up and close
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + packed)


def _answer_once_then_hang_up(connection: socket.socket) -> None:
    _answer(connection)
    connection.recv(65536)


def _books(api: str, behaviour: Behaviour | None = None) -> ZohoBooks:
    """It gives up early on nobody but who says nothing, or hardly anything."""
    return ZohoBooks(
        api=api,
        organisation_id=ORGANISATION,
        access=BakeryAccess(),
        timeout=0.3 if behaviour in (_say_nothing, _drip) else 60,
    )


def _error(act: Callable[[], object]) -> ZohoError:
    with pytest.raises(ZohoError) as raised:
        act()
    return raised.value


@pytest.mark.parametrize("behaviour", [_hang_up, _say_nothing, _break_off])
def test_a_write_that_was_sent_is_looked_into(behaviour: Behaviour) -> None:
    with _zoho(behaviour) as api:
        error = _error(lambda: _books(api, behaviour).create_contact(SUPPLIER))
    assert type(error) is ZohoNoAnswer


@pytest.mark.parametrize("behaviour", [_hang_up, _say_nothing, _break_off])
def test_a_read_may_simply_be_asked_again(behaviour: Behaviour) -> None:
    with _zoho(behaviour) as api:
        error = _error(lambda: _books(api, behaviour).bill("1"))
    assert type(error) is ZohoUnavailable


@pytest.mark.parametrize(
    ("behaviour", "is_under_way"), [(_hang_up, False), (_say_nothing, True)]
)
def test_where_zoho_says_nothing_it_may_still_be_at_work(
    behaviour: Behaviour, *, is_under_way: bool
) -> None:
    with _zoho(behaviour) as api:
        error = _error(lambda: _books(api, behaviour).bill("1"))
    assert error.is_under_way is is_under_way


def test_an_answer_may_come_packed_and_in_pieces() -> None:
    with _zoho(_answer_packed) as api:
        assert _books(api).bill("1").zoho_id == "1"


def test_an_answer_that_comes_byte_by_byte_keeps_no_worker() -> None:
    began = time.monotonic()
    with _zoho(_drip, _drip) as api:
        books = _books(api, _drip)
        read = _error(lambda: books.bill("1"))
        write = _error(lambda: books.create_contact(SUPPLIER))
    assert (type(read), type(write)) == (ZohoUnavailable, ZohoNoAnswer)
    assert time.monotonic() - began < 30


def test_an_answer_that_swells_as_it_is_unpacked_fills_no_memory() -> None:
    with _zoho(_answer_swollen, _answer_swollen) as api:
        books = _books(api)
        read = _error(lambda: books.bill("1"))
        write = _error(lambda: books.create_contact(SUPPLIER))
    assert (type(read), type(write)) == (ZohoUnavailable, ZohoNoAnswer)


def test_nor_does_one_of_the_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "_TIMEOUT", 0.3)
    began = time.monotonic()
    with _zoho(_drip, _drip) as accounts:
        here = Region("eu", accounts, API, API)
        sign_in = oauth.ZohoOAuth(here, "1000.CLIENT", "the-secret", API)
        user = _error(lambda: sign_in.user("1000.access"))
        token = _error(lambda: sign_in.refresh("1000.refresh"))
    assert (type(user), type(token)) == (ZohoUnavailable, ZohoUnavailable)
    assert time.monotonic() - began < 30


def test_a_kept_alive_socket_that_dies_under_a_write_is_not_tried_again() -> None:
    with _zoho(_answer_once_then_hang_up, _answer) as api:
        books = _books(api)
        books.bill("1")
        error = _error(lambda: books.create_contact(SUPPLIER))
        assert type(error) is ZohoNoAnswer
        # The second connection is still there to be had: nobody has spent it.
        assert books.bill("1").zoho_id == "1"


def test_a_closed_port_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    books = _books(f"http://127.0.0.1:{port}")
    error = _error(lambda: books.create_contact(SUPPLIER))
    assert type(error) is ZohoUnavailable


def _unknown_host() -> requests.ConnectionError:
    reason = NameResolutionError("www.zohoapis.uk", None, socket.gaierror())  # type: ignore[arg-type]
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("failure", "write", "read"),
    [
        (requests.ConnectTimeout(), ZohoUnavailable, ZohoUnavailable),
        (requests.exceptions.ProxyError(), ZohoUnavailable, ZohoUnavailable),
        (_unknown_host(), ZohoUnavailable, ZohoUnavailable),
        (requests.ReadTimeout(), ZohoNoAnswer, ZohoUnavailable),
        (
            requests.ConnectionError(ProtocolError("Connection aborted.", OSError())),
            ZohoNoAnswer,
            ZohoUnavailable,
        ),
        (requests.exceptions.SSLError(), ZohoNoAnswer, ZohoUnavailable),
        (requests.exceptions.ChunkedEncodingError(), ZohoNoAnswer, ZohoUnavailable),
        (requests.exceptions.InvalidHeader(), ZohoUnexpected, ZohoUnexpected),
    ],
)
def test_each_way_of_failing(
    books: ZohoBooks,
    zoho: responses.RequestsMock,
    failure: requests.RequestException,
    write: type[ZohoError],
    read: type[ZohoError],
) -> None:
    zoho.post(f"{API}/books/v3/contacts", body=failure)
    zoho.get(f"{API}/books/v3/bills/1", body=failure)
    assert type(_error(lambda: books.create_contact(SUPPLIER))) is write
    assert type(_error(lambda: books.bill("1"))) is read


def test_a_certificate_that_does_not_fit_took_nothing() -> None:
    refusal = requests.exceptions.SSLError(ssl.SSLCertVerificationError("expired"))
    assert type(transport.failure(refusal, writing=True)) is ZohoUnavailable


def test_calls_to_this_machine_use_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert transport.session("http://127.0.0.1:8801").proxies == {}
    outside = transport.session("https://www.zohoapis.uk").proxies
    assert outside["https"] == "http://proxy.example:3128"


def test_the_machines_certificates_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert transport.session(API).verify is True
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/certificates.pem")
    assert transport.session(API).verify == "/etc/certificates.pem"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ours.pem")
    assert transport.session(API).verify == "/etc/ours.pem"
