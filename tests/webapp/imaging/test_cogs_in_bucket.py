"""COGs in a bucket, against a real server that speaks S3."""

import io
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest

from inference.data.cog_reader import CogReader
from inference.data.open_files import ImageUnreachable, OpenFiles
from inference.windows import Window
from webapp.errors import Unavailable
from webapp.imaging import cog_store as stores
from webapp.imaging.actions import ImportOver, publish_cog, remove_image
from webapp.imaging.cog_store import ADDRESS_STAYS_S, BucketStore, cog_store
from webapp.imaging.kept_files import files_stay, sweep_unnamed
from webapp.imaging.models import Image, ImageState
from webapp.imaging.queries import layer_source
from webapp.imaging.signed_pixels import address_of

RGB = "red green blue"
WINDOW = Window(col=40, row=30, factor=1, size=160)


@pytest.fixture
def photo_file(importer, photo):
    return importer.draw(photo(height=280, width=300), colours=RGB)


@pytest.fixture
def show(photo_file, importer, uploader):
    """`show()`: a ready image, its COG wherever the settings say; without the import's child."""

    def shown() -> Image:
        image = uploader.upload(photo_file)
        Image.objects.filter(pk=image.pk).update(state=ImageState.IMPORTING)
        facts, cog = importer.write(photo_file)
        assert publish_cog(image, facts, cog, None)
        return Image.objects.select_related("layer__project", "job").get(pk=image.pk)

    return shown


@pytest.fixture
def image(bucket, settings, show):
    """A ready image whose COG is in the bucket."""
    settings.OBJECTS = bucket.bucket
    return show()


@pytest.fixture
def at(monkeypatch):
    """`at(seconds)`: the clock of signed addresses, from a full hour on."""
    now = [1_000_000 * ADDRESS_STAYS_S]
    monkeypatch.setattr(stores.time, "time", lambda: now[0])

    def go_to(seconds: float) -> None:
        now[0] = 1_000_000 * ADDRESS_STAYS_S + seconds

    return go_to


def key(image):
    return f"maps/segmap/{image.cog_path}"


def tile(client, layer):
    return client.get(f"/tiles/{layer.uid}/{layer.version}/rgb_1-2-3_f0to255/0/0/0.png")


def test_import_ends_with_the_object_and_without_a_file(
    bucket, settings, photo_file, uploader, data_dir
):
    settings.OBJECTS = bucket.bucket
    image = uploader.bring_in(photo_file)
    assert image.state == "ready"
    assert image.cog_path == f"cogs/{image.cog_sha256}.tif"
    assert bucket.names() == [key(image)]
    assert len(bucket.content(key(image))) == image.cog_bytes
    assert list((data_dir / "cogs").iterdir()) == []


def test_equal_content_is_one_object_which_stays_as_it_is(image, bucket, show):
    before = bucket.server.client.head_object(Bucket=bucket.bucket.name, Key=key(image))
    twin = show()
    assert twin.cog_path == image.cog_path
    after = bucket.server.client.head_object(Bucket=bucket.bucket.name, Key=key(image))
    assert after["LastModified"] == before["LastModified"]
    remove_image(image.layer.project, image)
    assert bucket.names() == [key(twin)]
    remove_image(twin.layer.project, twin)
    assert bucket.names() == []


def test_folder_copied_into_a_bucket_gives_the_same_tiles(
    bucket, settings, cast, client_of, show, data_dir
):
    layer = show().layer
    from_folder = tile(client_of(cast.vera), layer)
    bucket.take_in(data_dir)
    settings.OBJECTS = bucket.bucket
    (cog,) = (data_dir / "cogs").glob("*.tif")
    cog.unlink()
    from_bucket = tile(client_of(cast.vera), layer)
    assert (from_folder.status_code, from_bucket.status_code) == (200, 200)
    assert from_bucket.content == from_folder.content
    assert np.asarray(PIL.Image.open(io.BytesIO(from_bucket.content)))[:280, :300, 3].all()


def test_tile_is_refused_while_the_bucket_is_away_and_drawn_when_it_is_back(
    image, bucket, cast, client_of
):
    client = client_of(cast.vera)
    with bucket.server.away():
        refused = tile(client, image.layer)
        assert refused.status_code == 503
        assert b"cannot be read at the moment" in refused.content
        assert refused["Cache-Control"] == "no-store"
    assert tile(client, image.layer).status_code == 200


def test_engine_reads_the_same_window_through_its_address(
    bucket, settings, show, data_dir, monkeypatch
):
    image = show()
    here = CogReader(layer_source(image.layer), bands=3, files=OpenFiles()).read(WINDOW)
    bucket.take_in(data_dir)
    settings.OBJECTS = bucket.bucket
    source = layer_source(image.layer)
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)  # the engine has none
    fetched = CogReader(source, bands=3, files=OpenFiles()).read(WINDOW)
    np.testing.assert_array_equal(fetched.pixels, here.pixels)
    with_server = OpenFiles(server="http://127.0.0.1:9")  # which is not asked
    fetched = CogReader(source, bands=3, files=with_server).read(WINDOW)
    np.testing.assert_array_equal(fetched.pixels, here.pixels)


@pytest.mark.parametrize("spoil", ["unsigned", "of another object", "of nobody"])
def test_address_that_does_not_open_the_object_is_said_to_be_unreachable(image, bucket, spoil):
    source = layer_source(image.layer)
    address = source.files[0].address
    wrong = {
        "unsigned": address.partition("?")[0],
        "of another object": address.replace(image.cog_sha256, "0" * 64),
        "of nobody": address.replace(bucket.server.endpoint, "http://127.0.0.1:9"),
    }[spoil]
    files = [source.files[0].model_copy(update={"address": wrong})]
    reader = CogReader(source.model_copy(update={"files": files}), bands=3, files=OpenFiles())
    with pytest.raises(ImageUnreachable, match=r"cannot fetch .* of this layer"):
        reader.read(WINDOW)


def test_address_stays_the_same_for_an_hour_and_is_good_for_two(image, bucket, at):
    at(0)
    address = cog_store().address(image.cog_path)
    assert "X-Amz-Expires=7200&" in address
    assert address.startswith(f"{bucket.server.endpoint}/{bucket.bucket.name}/{key(image)}?")
    at(ADDRESS_STAYS_S - 1)
    assert cog_store().address(image.cog_path) == address
    at(ADDRESS_STAYS_S)
    cog_store().address(image.cog_path)
    assert cog_store()._signed.cache_info().misses == 2


def test_this_server_gives_no_pixels_of_a_bucket(image, client):
    assert client.get(address_of(image.uid)).status_code == 404


def test_sweep_removes_what_no_row_names_and_nothing_else(image, bucket):
    stray = f"maps/segmap/cogs/{'0' * 64}.tif"
    others = ["maps/segmap/cogs/notes.txt", "maps/segmap/cogs/a/b.tif", f"cogs/{'1' * 64}.tif"]
    for name in [stray, *others]:
        bucket.put(name, b"x")
    with files_stay():
        sweep_unnamed()
        assert stray in bucket.names()
    sweep_unnamed()
    assert bucket.names() == sorted([*others, key(image)])


def test_more_objects_than_fit_in_one_request_are_all_removed(bucket, settings, db, monkeypatch):
    monkeypatch.setattr(stores, "_REMOVED_AT_A_TIME", 3)
    settings.OBJECTS = bucket.bucket
    for number in range(7):
        bucket.put(f"maps/segmap/cogs/{number:064}.tif", b"x")
    sweep_unnamed()
    assert bucket.names() == []


def test_removal_goes_through_while_the_bucket_is_away_and_is_made_up_for(image, bucket):
    with bucket.server.away():
        remove_image(image.layer.project, image)
        sweep_unnamed()
    assert bucket.names() == [key(image)]
    sweep_unnamed()
    assert bucket.names() == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "no-such-bucket"}, "refused (NoSuchBucket)"),
        ({"endpoint": "http://127.0.0.1:9"}, "does not answer (EndpointConnectionError)"),
    ],
)
def test_upload_that_fails_changes_nothing_and_says_so(
    bucket, settings, photo_file, uploader, data_dir, changed, words
):
    settings.OBJECTS = replace(bucket.bucket, **changed)
    image = uploader.bring_in(photo_file)
    assert image.job.state == "failed"
    assert image.state == "refused"
    assert image.sentence == image.job.sentence
    assert f"s3://{settings.OBJECTS.name}/maps/segmap {words}. The image was not imported" in (
        image.sentence
    )
    assert image.sentence.endswith("Tell whoever runs the server, then try again.")
    assert (image.layer.version, image.layer.project.crs_wkt) == ("", "")
    assert list((data_dir / "cogs").iterdir()) == []


def test_missing_credentials_are_told(bucket, monkeypatch):
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Unavailable, match="without credentials"):
        BucketStore(bucket.bucket).listed()


def test_cog_that_is_not_shown_after_all_leaves_the_bucket(
    bucket, settings, photo_file, importer, uploader, monkeypatch
):
    settings.OBJECTS = bucket.bucket
    image = uploader.upload(photo_file)  # which is not at its COG yet: as one that was stopped
    facts, cog = importer.write(photo_file)
    real, seen = BucketStore.lay_down, []

    def look(store, cog, sha256):
        name = real(store, cog, sha256)
        seen.extend(bucket.names())
        return name

    monkeypatch.setattr(BucketStore, "lay_down", look)
    with pytest.raises(ImportOver):
        publish_cog(image, facts, cog, None)
    assert seen == [f"maps/segmap/cogs/{facts.sha256}.tif"]
    assert bucket.names() == []
