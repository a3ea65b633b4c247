"""The Celery application: `celery -A webapp.celery worker` is the job worker."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

# In a container everybody is root; messages hold nothing that a worker would execute.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("webapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webapp.jobs"])
