"""The settings of the test suite: those of the product, in a data folder of its own, with quick passwords."""

import atexit
import os
import shutil
import tempfile

# Always one of its own, for each process: the sweep of one worker must not take the files of another's tests.
os.environ["STUDIO_DATA_DIR"] = tempfile.mkdtemp(prefix="studio-tests-")
atexit.register(shutil.rmtree, os.environ["STUDIO_DATA_DIR"], ignore_errors=True)
# Nobody pulls the plug on a test; the drills run a real server with settings of its own.
os.environ.setdefault("STUDIO_SQLITE_SYNCHRONOUS", "OFF")
os.environ.setdefault("STUDIO_SECRET_KEY", "only-for-tests-" + "x" * 50)

from studio.settings import *  # noqa: E402, F403
from studio.settings import DATABASES, INSTALLED_APPS, STATIC_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# live_server serves static files by their plain names.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# pytest-django serves static files only if it finds this very name.
_plain = {"studio.static_files.OnlyWhatIsServed": "django.contrib.staticfiles"}
INSTALLED_APPS = [_plain.get(app, app) for app in INSTALLED_APPS]
ALLOWED_HOSTS = ["*"]

_suffix = os.environ.get("PYTEST_DB_SUFFIX", "")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: in memory SQLite locks tables instead of writing behind readers.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["STUDIO_DATA_DIR"], "test.sqlite3")}  # noqa: PTH118
elif _suffix:
    DATABASES["default"]["TEST"] = {"NAME": f"test_studio_{_suffix}"}
DATABASES["default"]["OPTIONS"].pop("pool", None)
