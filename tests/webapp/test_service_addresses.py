import pytest
from django.core.exceptions import ImproperlyConfigured

from webapp.service_addresses import Bucket, postgresql, redis_layer, s3_bucket

PASSWORD = "dune-grass"


def test_address_of_a_database_is_taken_apart():
    found = postgresql("postgresql://mapper:p%40ss%2Fw@db.lab:5433/maps?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        *("mapper", "p@ss/w", "db.lab", "5433", "maps"),
    )
    assert found["OPTIONS"]["sslmode"] == "require"


def test_database_behind_a_socket_file_needs_no_host():
    found = postgresql("postgresql:///maps?host=/var/run/postgresql")
    assert (found["HOST"], found["NAME"]) == ("/var/run/postgresql", "maps")


def test_server_options_of_the_address_come_after_ours():
    ours = postgresql("postgresql://db.lab/maps")["OPTIONS"]["options"]
    both = postgresql("postgresql://db.lab/maps?options=-c%20lock_timeout%3D5s")
    assert both["OPTIONS"]["options"] == f"{ours} -c lock_timeout=5s"


@pytest.mark.parametrize(
    "address",
    [
        f"mysql://mapper:{PASSWORD}@db.lab/maps",
        f"postgresql://mapper:{PASSWORD}@db.lab",
        f"postgresql://mapper:{PASSWORD}%zz@db.lab/maps",
    ],
)
def test_address_that_will_not_do_is_refused_without_its_password(address):
    with pytest.raises(ImproperlyConfigured, match=r"SEGMAP_DATABASE .+") as refused:
        postgresql(address)
    assert PASSWORD not in str(refused.value)


def test_two_installations_on_one_redis_do_not_hear_each_other():
    first, second = (redis_layer(f"redis://queue.lab:6379/{number}") for number in (0, 1))
    assert first["CONFIG"]["prefix"] != second["CONFIG"]["prefix"]


def test_address_of_something_else_than_redis_is_refused():
    with pytest.raises(ImproperlyConfigured, match="SEGMAP_REDIS"):
        redis_layer("amqp://queue.lab")


@pytest.mark.parametrize(
    ("address", "endpoint", "expected"),
    [
        ("s3://maps", "", Bucket("maps", "", "", "eu-west-1")),
        ("s3://maps/", "", Bucket("maps", "", "", "eu-west-1")),
        ("s3://maps.lab/a/b-2_c.d/", "", Bucket("maps.lab", "a/b-2_c.d", "", "eu-west-1")),
        (
            "s3://maps/a",
            "https://s3.lab:9000/",
            Bucket("maps", "a", "https://s3.lab:9000", "eu-west-1"),
        ),
    ],
)
def test_address_of_a_bucket_is_taken_apart(address, endpoint, expected):
    found = s3_bucket(address, endpoint=endpoint, region="eu-west-1")
    assert found == expected
    assert found.address == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "maps",
        "s3://",
        "s3:///maps",
        "s3://Maps/a",
        "s3://maps/a//b",
        "s3://maps/../b",
        "s3://maps/a b",
        "s3://maps/a?b",
        f"s3://mapper:{PASSWORD}@maps/a",
        "https://maps.s3.amazonaws.com/a",
    ],
)
def test_address_that_is_no_buckets_is_refused(address):
    with pytest.raises(ImproperlyConfigured, match=r"SEGMAP_OBJECTS is no address .+ s3://") as no:
        s3_bucket(address, endpoint="", region="")
    assert PASSWORD not in str(no.value)


@pytest.mark.parametrize(
    "endpoint", ["s3.lab:9000", "https://s3.lab/maps", f"https://mapper:{PASSWORD}@s3.lab"]
)
def test_endpoint_that_will_not_do_is_refused(endpoint):
    with pytest.raises(ImproperlyConfigured, match="SEGMAP_S3_ENDPOINT cannot be read") as refused:
        s3_bucket("s3://maps", endpoint=endpoint, region="")
    assert PASSWORD not in str(refused.value)


def test_bucket_without_boto3_is_refused_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr("webapp.service_addresses.find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match=r"boto3 is not installed.+\[production\]"):
        s3_bucket("s3://maps", endpoint="", region="")
