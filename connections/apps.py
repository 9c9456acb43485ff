"""A business's link to Zoho Books."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"
