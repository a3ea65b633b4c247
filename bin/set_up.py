"""`make setup` and `make build`: what the machine needs beside Python and Node.

Runs on the standard library alone, because nothing else is there yet. A second run finds its
stamps and does nothing. TORCH_INDEX names another source for torch.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
FRONTEND = REPOSITORY / "frontend"
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
CONSTRAINTS = REPOSITORY / "constraints.txt"
NODE_NEEDED = (20, 19)
GIGABYTE = 10**9


class CannotSetUpError(Exception):
    """What is missing and how to get it, in one sentence."""


def main() -> int:
    """Do what the command line names. Returns the exit status."""
    steps = {"packages": [python_packages, page_packages], "page": [page]}
    try:
        for step in steps[sys.argv[1]]:
            step()
    except CannotSetUpError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def python_packages() -> None:
    """Fill `.venv` with what pyproject.toml names, at the versions of constraints.txt."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    has_card = has_nvidia_card()
    # OpenVINO answers clicks faster than torch does, on a processor.
    faster = [] if has_card else extras["openvino"]
    # The tests meet the servers of production where this machine has them.
    wanted = [*project["dependencies"], *extras["dev"], *extras["production"], *faster]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    index = os.environ.get("TORCH_INDEX", "")
    stamp = ENVIRONMENT / "segmap-packages"
    content = fingerprint([CONSTRAINTS], [*wanted, version])
    if is_current(stamp, content):
        return
    if not PYTHON.exists():
        say(f"Making .venv with Python {version}.")
        made = subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=False)
        if made.returncode != 0:
            raise CannotSetUpError(
                f"Python {version} cannot make virtual environments here. On Debian and Ubuntu: "
                f"apt install python{version}-venv"
            )
    torch = torch_requirement()
    if not is_installed(torch):
        fetch_torch(torch, index=index, has_card=has_card)
    say(f"Fetching {len(wanted)} Python packages and what they need (about 750 MB).")
    pip("install", "--constraint", str(CONSTRAINTS), *wanted)
    stamp.write_text(content)


def torch_requirement() -> str:
    """The pinned torch: `torch==2.13.0`."""
    found = re.search(r"^torch==\S+$", CONSTRAINTS.read_text(), re.MULTILINE)
    if found is None:
        raise CannotSetUpError("constraints.txt does not pin torch.")
    return found[0]


def fetch_torch(pinned: str, *, index: str, has_card: bool) -> None:
    """Install torch: the small build for processors alone where there is no NVIDIA card."""
    version = pinned.partition("==")[2]
    if index:
        need_space(4 * GIGABYTE)
        say(f"Fetching torch {version} from TORCH_INDEX.")
        pip("install", "--no-deps", "--index-url", index, pinned)
    elif sys.platform == "darwin":
        need_space(3 * GIGABYTE)
        say(f"Fetching torch {version} (about 100 MB).")
        pip("install", "--constraint", str(CONSTRAINTS), pinned)
    elif not has_card and f"{version}+cpu" in versions_of("torch"):
        need_space(3 * GIGABYTE)
        say(f"No NVIDIA card: fetching torch {version} for processors alone (about 200 MB).")
        pip("install", "--constraint", str(CONSTRAINTS), f"torch=={version}+cpu")
    else:
        need_space(9 * GIGABYTE)
        say(f"Fetching torch {version} with its libraries for NVIDIA cards (6 GB on the disk).")
        if not has_card:
            say(
                "There is no NVIDIA card here. A build for processors alone takes 1 GB: stop this "
                "with Ctrl-C, and run  TORCH_INDEX=<address of the CPU wheels of PyTorch> make "
                "setup"
            )
        # Three equals signs: this build, and not the one for processors.
        pip("install", "--constraint", str(CONSTRAINTS), f"torch==={version}")


def page_packages() -> None:
    """Fill `frontend/node_modules` from the lock file; no package runs a script."""
    check_node()
    lock = FRONTEND / "package-lock.json"
    stamp = FRONTEND / "node_modules" / "segmap-packages"
    content = fingerprint([lock])
    if is_current(stamp, content):
        return
    count = len(json.loads(lock.read_text())["packages"]) - 1
    say(f"Fetching {count} packages for the page (about 300 MB on the disk).")
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    stamp.write_text(content)


def page() -> None:
    """Build `frontend/dist`, if the sources changed since the last time."""
    sources = [FRONTEND / "index.html", FRONTEND / "package-lock.json"]
    sources += FRONTEND.glob("*.config.ts")
    sources += FRONTEND.glob("tsconfig*.json")
    for folder in ("src", "public"):
        sources += (path for path in (FRONTEND / folder).rglob("*") if path.is_file())
    stamp = FRONTEND / "node_modules" / "segmap-page"
    content = fingerprint(sorted(sources))
    if is_current(stamp, content) and (FRONTEND / "dist" / "index.html").exists():
        return
    say("Building the page.")
    npm("run", "--silent", "build")
    stamp.write_text(content)


def check_node() -> None:
    """Nothing, where Node is new enough.

    Raises:
        CannotSetUpError: it is not, or there is no npm beside it.
    """
    needed = ".".join(str(part) for part in NODE_NEEDED)
    if shutil.which("node") is None:
        raise CannotSetUpError(f"Node {needed} or newer is needed and was not found. Install it.")
    words = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    version = words.stdout.strip().removeprefix("v")
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < NODE_NEEDED:
        raise CannotSetUpError(f"Node {needed} or newer is needed; this one is {version}.")
    if shutil.which("npm") is None:
        raise CannotSetUpError("npm is needed and was not found. It comes with Node; install it.")


def has_nvidia_card() -> bool:
    """Whether the driver of an NVIDIA card answers."""
    if shutil.which("nvidia-smi") is None:
        return False
    return subprocess.run(["nvidia-smi", "-L"], capture_output=True, check=False).returncode == 0


def is_installed(requirement: str) -> bool:
    """Whether `.venv` has this pin (`name==version`) already, in whatever build."""
    name, _, version = requirement.partition("==")
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    found = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=False)
    return found.stdout.strip().partition("+")[0] == version


def versions_of(package: str) -> list[str]:
    """The versions that pip finds with the settings of this machine; none if it cannot tell."""
    command = [str(PYTHON), "-m", "pip", "index", "versions", package]
    words = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"^Available versions: (.*)$", words, re.MULTILINE)
    return found[1].split(", ") if found else []


def need_space(size: int) -> None:
    """Nothing, where the disk has room for that many bytes.

    Raises:
        CannotSetUpError: it has not.
    """
    free = shutil.disk_usage(REPOSITORY).free
    if free < size:
        raise CannotSetUpError(
            f"The disk of {REPOSITORY} has {free / GIGABYTE:.1f} GB free; this needs "
            f"{size / GIGABYTE:.0f} GB. Make room and run make setup again."
        )


def pip(*arguments: str) -> None:
    """Run pip of `.venv`."""
    # Twice quiet: errors only, not a word on each package.
    quiet = ["--quiet", "--quiet", "--disable-pip-version-check"]
    command = [str(PYTHON), "-m", "pip", *quiet, *arguments]
    if subprocess.run(command, check=False).returncode != 0:
        raise CannotSetUpError(
            "The Python packages could not be fetched; the lines above say why. "
            "Run make setup again: what was fetched is kept."
        )


def npm(*arguments: str) -> None:
    """Run npm in `frontend/`."""
    if subprocess.run(["npm", *arguments], cwd=FRONTEND, check=False).returncode != 0:
        raise CannotSetUpError(
            f"npm {arguments[0]} failed; the lines above say why. Run make setup again."
        )


def fingerprint(files: Iterable[Path], words: Iterable[str] = ()) -> str:
    """A hash over names and contents of files, and over further words."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes() + b"\0")
    for word in words:
        digest.update(word.encode() + b"\0")
    return digest.hexdigest()


def is_current(stamp: Path, content: str) -> bool:
    """Whether the stamp of the last run says the same."""
    return stamp.exists() and stamp.read_text() == content


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
