import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_server_starts_without_raster_libraries_and_networks(tmp_path):
    """The first tile, import or export brings what it needs; torch belongs to the engine."""
    code = """
import sys
import webapp.asgi, webapp.urls
print(*sorted({"rasterio", "rio_tiler", "rio_cogeo", "pyogrio", "torch"} & set(sys.modules)))
"""
    environment = {"SEGMAP_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "webapp.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == []
