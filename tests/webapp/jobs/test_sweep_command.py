"""`manage.py sweep_jobs`, the sweeper where no supervisor runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SAY = (
    "import django; django.setup();"
    "from webapp.jobs import sweeper;"
    "sweeper.INTERVAL_S = 0.05;"
    "sweeper.sweep = lambda: print('swept', flush=True);"
    "from django.core.management import call_command;"
    "call_command('sweep_jobs'); print('ended')"
)


def test_sweeper_sweeps_until_it_is_told_to_stop(data_dir):
    sweeper = subprocess.Popen(
        [sys.executable, "-c", SAY],
        cwd=REPOSITORY,
        env={
            "PATH": os.defpath,
            "SEGMAP_DATA": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert [sweeper.stdout.readline() for _ in range(3)] == ["swept\n"] * 3
        sweeper.send_signal(signal.SIGTERM)
        rest, _ = sweeper.communicate()
    finally:
        sweeper.kill()
        sweeper.wait()
    assert rest.splitlines()[-1] == "ended"
    assert sweeper.returncode == 0
