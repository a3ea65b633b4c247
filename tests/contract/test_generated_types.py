import shutil
import subprocess
from pathlib import Path

import pytest

from webapp.api_document import api_document, as_text

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
GENERATED = FRONTEND / "src" / "api" / "generated"
REMEDY = "run `make types` and commit what it writes"


def test_api_document_in_the_repository_is_the_server_s():
    kept = (GENERATED / "openapi.json").read_text()
    assert kept == as_text(api_document()), REMEDY


def test_typescript_in_the_repository_follows_from_the_document(tmp_path):
    generator = FRONTEND / "node_modules" / ".bin" / "openapi-typescript"
    if not generator.exists() or shutil.which("node") is None:
        pytest.skip("the page's packages are not installed; run `make setup`")
    made = tmp_path / "schema.ts"
    command = [str(generator), str(GENERATED / "openapi.json"), "-o", str(made)]
    subprocess.run(command, check=True, capture_output=True, cwd=FRONTEND)
    assert (GENERATED / "schema.ts").read_text() == made.read_text(), REMEDY


def test_every_message_has_its_discriminator_as_a_required_field():
    schemas = api_document()["components"]["schemas"]
    for union in ("FromPage", "ToPage"):
        for reference in schemas[union]["oneOf"]:
            name = reference["$ref"].rpartition("/")[2]
            assert "type" in schemas[name]["required"], name
