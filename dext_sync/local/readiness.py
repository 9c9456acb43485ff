"""Questions to a part of the demo: is it there, does it work?"""

import http.client
import socket
from collections.abc import Sequence

import redis

from dext_sync.local.refusal import CannotStart

FIRST_SERVER_ERROR = 500


def require_free_ports(ports: Sequence[int]) -> None:
    for port in ports:
        if not is_free(port):
            raise CannotStart(
                f"Port {port} is busy: stop what uses it, or choose another "
                "with --port (the stand-in for Zoho takes the two ports 100 above)."
            )


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_neighbours() -> int:
    """A port that is free now, as the next one is."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if is_free(port) and is_free(port + 1):
            return port


def pages_come(*ports: int) -> bool:
    return all(page_comes(port) for port in ports)


def page_comes(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < FIRST_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_listens(redis_url: str) -> bool:
    """A Celery worker that takes orders has subscribed to a pattern of channels."""
    with redis.Redis.from_url(redis_url) as client:
        return bool(client.pubsub_numpat() > 0)
