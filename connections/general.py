"""Settings of a connection that stay through Reconnect and Change organisation."""

from django.db import transaction

from connections.models import Connection
from dext_sync.businesses import audit
from dext_sync.businesses.models import User


def set_new_invoices(
    connection: Connection, choice: Connection.NewInvoices, *, by: User
) -> None:
    """What becomes of sales invoices from now on; what was claimed goes as it was."""
    others = Connection.unscoped.filter(pk=connection.pk).exclude(new_invoices=choice)
    before = connection.get_new_invoices_display()
    with transaction.atomic():
        if others.update(new_invoices=choice):
            audit.record(
                connection.business,
                "connection.setting_changed",
                actor=by,
                subject=connection,
                setting=str(Connection._meta.get_field("new_invoices").verbose_name),  # noqa: SLF001
                before=before,
                after=str(choice.label),
            )
    connection.new_invoices = choice
