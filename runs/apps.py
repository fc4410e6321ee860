"""The one Django app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Everything about runs: models, reading, recording, pages and protocols."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "runs"
