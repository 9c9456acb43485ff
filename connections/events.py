"""What happens to a connection, told to whoever publishes through it."""

from connections.models import Connection, ConnectionEvent
from dext_sync.celery import HEED_CONNECTIONS, ring


def note(connection: Connection, kind: ConnectionEvent.Kind) -> None:
    """It is heeded as soon as the transaction is committed."""
    ConnectionEvent.unscoped.create(
        business_id=connection.business_id, connection=connection, kind=kind
    )
    ring(HEED_CONNECTIONS)
