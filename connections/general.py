"""Settings of a connection that stay through Reconnect and Change organisation."""

from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connections import events
from connections.models import Connection, ConnectionEvent
from dext_sync.businesses import audit
from dext_sync.businesses.models import User

SETTINGS: Final = (
    "warns_of_new_suppliers",
    "costs_go_to",
    "new_invoices",
    "cost_tax",
    "sales_tax",
    "auto_publishes_all",
    "auto_exceptions",
)


def change(connection: Connection, setting: str, value: Any, *, by: User) -> None:
    """From now on; what was claimed goes as it was. Items are looked at again by what
    heeds the event."""
    if setting not in SETTINGS:
        raise ValueError(f"{setting} is not a setting of a connection.")
    with transaction.atomic():
        fresh = Connection.unscoped.select_for_update(of=["self"], no_key=True).get(
            pk=connection.pk
        )
        before = getattr(fresh, setting)
        if before == value:
            return
        setattr(fresh, setting, value)
        fresh.save(update_fields=[setting, *_since(fresh, setting)])
        audit.record(
            fresh.business,
            "connection.setting_changed",
            actor=by,
            subject=fresh,
            setting=label_of(setting),
            before=words_of(setting, before),
            after=words_of(setting, value),
        )
        events.note(fresh, ConnectionEvent.Kind.SETTINGS)
    setattr(connection, setting, value)


def _since(connection: Connection, setting: str) -> list[str]:
    """What was submitted before it was switched on does not go by itself."""
    if setting != "auto_publishes_all":
        return []
    on = connection.auto_publishes_all
    connection.auto_publishes_since = timezone.now() if on else None
    return ["auto_publishes_since"]


def label_of(setting: str) -> str:
    return str(Connection._meta.get_field(setting).verbose_name)  # type: ignore[union-attr]  # noqa: SLF001  (the model API that Django documents)


def words_of(setting: str, value: Any) -> str:
    match setting:
        case "new_invoices":
            return str(Connection.NewInvoices(value).label)
        case "costs_go_to":
            return str(Connection.CostsGoTo(value).label) if value else _("automatic")
        case "auto_exceptions":
            types = [str(Connection.DocumentType(each).label) for each in value]
            return ", ".join(types) or _("none")
        case "warns_of_new_suppliers" | "auto_publishes_all":
            return _("on") if value else _("off")
        case _:
            return str(value) if value else _("none")
