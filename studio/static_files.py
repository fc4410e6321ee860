"""Which static files are collected? Ours and Swagger UI's: three libraries bring 20 MB that no page of ours asks for.

Collecting and compressing them too took 45 s of processor time instead of 9.
"""

from django.contrib.staticfiles.apps import StaticFilesConfig


class OnlyWhatIsServed(StaticFilesConfig):
    """Django's static files, without ReDoc, the browsable API of REST framework, and a second copy of htmx."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc", "rest_framework", "django_htmx"]
