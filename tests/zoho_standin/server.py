"""The wire: two data centres on two ports of loopback, HTTP/1.1 with keep-alive."""

from __future__ import annotations

import io
import logging
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from tests.zoho_standin import books, control
from tests.zoho_standin.books import AnswerLost, answer_books
from tests.zoho_standin.control import answer_control
from tests.zoho_standin.oauth import answer_oauth
from tests.zoho_standin.pages import answer_page
from tests.zoho_standin.standin import StandIn
from tests.zoho_standin.world import CentreName

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_logger = logging.getLogger("zoho_standin")

_HOST = "127.0.0.1"
_MOST_BYTES = 64 * 1024 * 1024
_ATTEMPTS = 20
_POLL_SECONDS = 0.005
_NEVER_ENDED_SECONDS = 3600.0


@dataclass(frozen=True)
class Running:
    """Where the stand-in can be reached."""

    standin: StandIn
    us: str
    eu: str

    @property
    def regions(self) -> dict[str, dict[str, str]]:
        """What ZOHO_REGIONS wants, as an object."""
        return {
            centre: {"accounts": origin, "api": origin, "books": origin}
            for centre, origin in (("us", self.us), ("eu", self.eu))
        }


@contextmanager
def serve(standin: StandIn, port: int = 0) -> Iterator[Running]:
    """us on `port`, eu on the next one; 0 takes any two neighbours that are free."""
    servers = _bound(standin, port)
    _introduce(standin, servers)
    threads = [
        threading.Thread(
            target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True
        )
        for server in servers.values()
    ]
    for thread in threads:
        thread.start()
    try:
        yield Running(standin, standin.origins["us"], standin.origins["eu"])
    finally:
        standin.stopped.set()
        for server in servers.values():
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join(timeout=5)


@contextmanager
def lend(standin: StandIn) -> Iterator[Running]:
    """As `serve`, on two servers that this process keeps for one stand-in after the
    other: to start and end them takes longer than most tests, and while they listen for
    their end they wake two hundred times a second.
    """
    servers = _kept()
    for centre, server in servers.items():
        server.app = _App(standin, centre)
    _introduce(standin, servers)
    try:
        yield Running(standin, standin.origins["us"], standin.origins["eu"])
    finally:
        standin.stopped.set()


@cache
def _kept() -> dict[CentreName, ThreadedWSGIServer]:
    """Nobody ends them: they end with the process."""
    servers = _bound(StandIn(), 0)
    for server in servers.values():
        threading.Thread(
            target=server.serve_forever, args=(_NEVER_ENDED_SECONDS,), daemon=True
        ).start()
    return servers


def _introduce(
    standin: StandIn, servers: Mapping[CentreName, ThreadedWSGIServer]
) -> None:
    for centre, server in servers.items():
        standin.origins[centre] = f"http://localhost:{server.port}"
    standin.stopped.clear()


def _bound(standin: StandIn, port: int) -> dict[CentreName, ThreadedWSGIServer]:
    attempts = 1 if port else _ATTEMPTS
    while True:
        attempts -= 1
        first = None
        try:
            first = _server(standin, "us", port)
            second = _server(standin, "eu", first.port + 1)
        except (OSError, OverflowError):
            if first is not None:
                first.server_close()
            if not attempts:
                raise
            continue
        return {"us": first, "eu": second}


def _server(standin: StandIn, centre: CentreName, port: int) -> ThreadedWSGIServer:
    """Binds by itself: werkzeug would end the process on a busy port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(128)
    except (OSError, OverflowError):
        listener.close()
        raise
    with listener:  # the server keeps a duplicate
        port = listener.getsockname()[1]
        app = _App(standin, centre)
        server = _Server(_HOST, port, app, _Handler, fd=listener.fileno())
    server.daemon_threads = True
    return server


class _Server(ThreadedWSGIServer):
    request_queue_size = 128
    block_on_close = False


class _App:
    def __init__(self, standin: StandIn, centre: CentreName) -> None:
        self._standin = standin
        self._centre = centre

    def answer(self, request: Request) -> Response:
        path = request.path
        if path.startswith(f"{books.PREFIX}/"):
            return answer_books(self._standin, self._centre, request)
        if path.startswith("/oauth/"):
            return answer_oauth(self._standin, self._centre, request)
        if path.startswith(f"{control.PREFIX}/"):
            return answer_control(self._standin, request)
        if path == "/favicon.ico":
            return Response(status=204)
        return answer_page(self._standin, self._centre, request)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        return self.answer(Request(environ))(environ, start_response)


class _Handler(WSGIRequestHandler):
    """Werkzeug closes after each answer; this one reads bodies whole and stays."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120

    def version_string(self) -> str:
        return "ZGS"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The calls are in the stand-in's own log."""

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        if not self._read_body(environ):
            return
        app = self.server.app
        if not isinstance(app, _App):
            raise TypeError("_Handler serves _App only")
        try:
            with Request(environ) as request:  # closes the files that came with it
                response = app.answer(request)
        except AnswerLost:
            self._drop()
            return
        except Exception:
            _logger.exception("the stand-in itself failed")
            response = Response("The stand-in itself failed: see its log.", 599)
        self._send(response, environ)

    def _read_body(self, environ: dict[str, Any]) -> bool:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _MOST_BYTES:
            self.close_connection = True
            self.send_error(413)
            return False
        chunked = environ.get("wsgi.input_terminated")
        body = environ["wsgi.input"].read() if chunked else self.rfile.read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        return True

    def _drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):  # the caller may be gone already
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, response: Response, environ: dict[str, object]) -> None:
        body = response.get_data()
        response.headers["Content-Length"] = str(len(body))
        self.send_response(response.status_code)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        if environ["REQUEST_METHOD"] != "HEAD":
            self.wfile.write(body)
