import subprocess
import sys

LOADED = "import sys, webapp.asgi; print(*sorted({m.partition('.')[0] for m in sys.modules}))"


def test_server_does_not_load_torch(data_dir):
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "SEGMAP_DATA": str(data_dir)},
    ).stdout.split()
    assert "django" in loaded
    assert not {"torch", "torchvision", "timm", "cv2", "skimage", "scipy"} & set(loaded)
