"""Redis as Celery's broker, which may go away and come back.

Where it goes while a task runs, kombu 5.7 gives that task's message back through a
connection it has thrown away already. That raises an error which Celery takes for a
fault of its own, so that the whole worker ends. Here it is said for what it is.
"""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisAway


class Channel(redis.Channel):
    def _connparams(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002
        connection: Any = self.connection
        if connection is None or connection.client is None:
            raise RedisAway("The connection to Redis has ended.")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]


class Transport(redis.Transport):
    Channel = Channel
