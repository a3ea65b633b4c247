"""The product's settings, on a data folder that is thrown away.

With SEGMAP_DATABASE the tests run on that PostgreSQL server, in a database of their own beside the
one named.
"""

import atexit
import os
import shutil
import tempfile

_FOLDER = tempfile.mkdtemp(prefix="segmap-tests-")
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ["SEGMAP_DATA"] = _FOLDER

from webapp.settings import *  # noqa: E402, F403 - after the folder is named, and all of them
from webapp.settings import DATA_DIR, DATABASES, POSTGRESQL  # noqa: E402 - as above

if not POSTGRESQL:
    # A file, as in the product: threads and child processes meet the same locks.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
