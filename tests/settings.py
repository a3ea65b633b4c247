"""The product's settings, on a data folder that is thrown away."""

import atexit
import os
import shutil
import tempfile

_FOLDER = tempfile.mkdtemp(prefix="segmap-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ["SEGMAP_DATA"] = _FOLDER

from webapp.settings import *  # noqa: E402, F403 - after the folder is named, and all of them
from webapp.settings import DATA_DIR, DATABASES  # noqa: E402 - as above

# A file, as in the product: threads and child processes meet the same locks.
DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
