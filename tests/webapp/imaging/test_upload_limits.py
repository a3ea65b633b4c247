"""How much may be uploaded: by file, person, project and disk."""

import pytest
from asgiref.sync import sync_to_async

from tests.drawn.uploads import finished_upload
from webapp.imaging import uploads
from webapp.imaging.models import Image, Upload

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = bytes(9000)


@pytest.fixture
async def begun(ana, cast):
    """Where the bytes of `CONTENT` go."""
    answer = await ana.begin(cast.project, len(CONTENT))
    assert answer.status == 201, answer.body
    return answer.headers["location"]


async def test_file_over_the_limit_is_not_begun(ana, cast, settings, data_dir):
    settings.UPLOAD_MOST_BYTES = 40 * 10**9
    answer = await ana.begin(cast.project, 41 * 10**9, "ortho.tif")

    assert answer.status == 413
    assert "ortho.tif has 41 GB, and one file may have 40 GB here" in answer.sentence
    assert list((data_dir / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "whose"), [("USER_MOST_BYTES", "you"), ("PROJECT_MOST_BYTES", "this project")]
)
async def test_quota_counts_images_and_what_was_announced(
    ana, cast, settings, monkeypatch, setting, whose
):
    monkeypatch.setattr(uploads, "free_bytes", lambda: 10**15)
    setattr(settings, setting, 20 * 10**9)
    kept = await sync_to_async(finished_upload)(cast.project, cast.ana, "a.tif", b"1")
    await Upload.objects.filter(pk=kept.pk).aupdate(size_bytes=4 * 10**9)
    layer = await cast.project.layers.acreate(name="shown")
    await Image.objects.acreate(
        layer=layer, uploaded_by=cast.ana, name="b", size_bytes=5 * 10**9, cog_bytes=6 * 10**9
    )

    refused = await ana.begin(cast.project, 5_000_000_001)
    assert refused.status == 422
    assert f"5 GB is over the 5 GB that {whose} may still upload" in refused.sentence
    assert "Delete images or ask for space." in refused.sentence
    assert (await ana.begin(cast.project, 5 * 10**9)).status == 201


async def test_disk_reserve_counts_what_is_still_to_come(ana, cast, settings, monkeypatch):
    settings.DISK_RESERVE_BYTES = 2000
    monkeypatch.setattr(uploads, "free_bytes", lambda: 2000 + 3 * 100 + 50)

    assert (await ana.begin(cast.project, 50)).status == 201
    assert (await ana.begin(cast.project, 101)).status == 422
    assert (await ana.begin(cast.project, 100)).status == 201
    assert (await ana.begin(cast.project, 100)).status == 422


async def test_full_disk_stops_an_upload_and_keeps_what_has_come(
    ana, cast, begun, settings, monkeypatch
):
    await ana.append(begun, 0, CONTENT[:5000])
    settings.DISK_RESERVE_BYTES = 2000
    free = 2000
    monkeypatch.setattr(uploads, "free_bytes", lambda: free)

    refused = await ana.append(begun, 5000, CONTENT[5000:], content_length="1")
    assert refused.status == 422
    assert "kept" in refused.sentence
    assert (await ana.measure(begun)).offset == 5000
    free = 2000 + len(CONTENT)
    assert (await ana.append(begun, 5000, CONTENT[5000:])).status == 204


async def test_too_many_unfinished_files_are_refused(ana, cast, begun, monkeypatch):
    monkeypatch.setattr("webapp.imaging.upload_actions.MOST_UNFINISHED", 1)

    answer = await ana.begin(cast.project, 5)

    assert answer.status == 429
    assert "1 of your files are on their way already" in answer.sentence
