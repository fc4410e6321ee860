"""The settings of the test suite: those of the product, in a data folder of its own, with quick passwords."""

import os
import tempfile

os.environ.setdefault("STUDIO_DATA_DIR", tempfile.mkdtemp(prefix="studio-tests-"))
os.environ.setdefault("STUDIO_SECRET_KEY", "only-for-tests-" + "x" * 50)

from studio.settings import *  # noqa: F403
from studio.settings import DATABASES, STATIC_ROOT, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# live_server serves static files by their plain names.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
ALLOWED_HOSTS = ["*"]

_suffix = os.environ.get("PYTEST_DB_SUFFIX", "")
if _suffix and DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["TEST"] = {"NAME": f"test_studio_{_suffix}"}
DATABASES["default"]["OPTIONS"].pop("pool", None)
