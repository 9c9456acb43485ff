"""Addresses of the connection to accounting software, and of its lists."""

from django.urls import path

from connections.views import (
    consent,
    general,
    lists,
    manage,
    overview,
    permissions,
    takeover,
    together,
    trip,
)

CONNECTIONS = "b/<slug:slug>/connections/"
CONSENT = f"{CONNECTIONS}consents/<int:consent_id>/"
CONNECTION = f"{CONNECTIONS}<int:connection_id>/"
LISTS = "b/<slug:slug>/lists/"

urlpatterns = [
    path(CONNECTIONS, overview.connections, name="connections"),
    path(f"{CONNECTIONS}choose/", overview.choose, name="connection_choose"),
    path(f"{CONNECTIONS}zoho-books/", trip.steps, name="connection_steps"),
    path(f"{CONNECTIONS}zoho-books/start/", trip.start, name="connection_start"),
    # One address for all businesses: it is registered at Zoho.
    path("connections/zoho/callback", trip.callback, name="zoho_callback"),
    path(
        f"{CONSENT}organisation/", consent.organisation, name="connection_organisation"
    ),
    path(
        f"{CONSENT}take-over/<str:organisation_id>/",
        takeover.take_over,
        name="connection_take_over",
    ),
    path(f"{CONSENT}finish/", consent.finish, name="connection_finish"),
    path(f"{CONSENT}other/", consent.other, name="connection_other"),
    path(f"{CONSENT}change/", consent.change, name="connection_change"),
    path(f"{CONSENT}ended/", consent.ended, name="connection_ended"),
    path(CONNECTION, manage.connection, name="connection"),
    path(
        f"{CONNECTION}settings/<slug:setting>/",
        general.save,
        name="connection_setting",
    ),
    path(f"{CONNECTION}refresh/", manage.refresh, name="connection_refresh"),
    path(f"{CONNECTION}progress/", manage.progress, name="connection_progress"),
    path(f"{CONNECTION}disconnect/", manage.disconnect, name="connection_disconnect"),
    path("you/zoho/", permissions.mine, name="zoho_permissions"),
    path(
        "you/zoho/<int:grant_id>/withdraw/",
        permissions.withdraw,
        name="zoho_permission_withdraw",
    ),
    path(
        "clients/reconnect/<int:grant_id>/", together.steps, name="reconnect_together"
    ),
    path(
        "clients/reconnect/back/<int:consent_id>/",
        together.finish,
        name="reconnect_together_finish",
    ),
    path(LISTS, lists.overview, name="lists"),
    path(f"{LISTS}<slug:kind>/", lists.page, name="list_page"),
    path(
        f"{LISTS}<slug:kind>/<int:entry_id>/visible/",
        lists.visible,
        name="entry_visible",
    ),
]
