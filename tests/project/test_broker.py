"""The broker, as a task meets it that has outlived its connection."""

from typing import Any

import pytest

from dext_sync.celery import app


def test_an_answer_over_a_lost_connection_is_no_fault_of_the_workers() -> None:
    """Celery tries again after these errors, and ends the worker after others."""
    with app.connection_for_read() as connection:
        message_came_by: Any = connection.default_channel
        connection.collect()

        with pytest.raises(connection.connection_errors):
            message_came_by.qos.ack("a message")
