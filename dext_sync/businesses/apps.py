"""Tenants: who may do what, for which business."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class BusinessesConfig(AppConfig):
    name = "dext_sync.businesses"
    label = "businesses"

    def ready(self) -> None:
        connection_created.connect(_start_session, dispatch_uid="row security")


def _start_session(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    from dext_sync.businesses.tenancy import start_session  # noqa: PLC0415

    start_session(alias=connection.alias)
