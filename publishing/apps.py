"""Items, and getting them into Zoho Books."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"
