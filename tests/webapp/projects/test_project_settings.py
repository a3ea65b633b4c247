import pytest

from webapp.projects.models import Project

SETTINGS = {
    "name": "Dunes",
    "description": "",
    "keep_parts": "clicked",
    "min_part_m2": 9,
    "min_hole_m2": 4,
    "simplify_px": 0.5,
    "typical_object_m": None,
    "overlaps": "reported",
    "own_review_allowed": False,
    "viewers_may_export": True,
}


def change(cast, client, **settings):
    address = f"/api/projects/{cast.project.uid}"
    return client.patch(address, SETTINGS | settings, content_type="application/json")


@pytest.mark.parametrize("length", [12.5, None])
def test_manager_says_how_long_a_typical_object_is(cast, client_of, length):
    Project.objects.update(typical_object_m=3)
    answer = change(cast, client_of(cast.max), typical_object_m=length)
    assert answer.json()["settings"] == SETTINGS | {"typical_object_m": length}
    assert Project.objects.get().typical_object_m == length


def test_manager_says_what_becomes_of_overlaps(cast, client_of):
    for rule in ("allowed", "cut", "reported"):
        answer = change(cast, client_of(cast.max), overlaps=rule)
        assert answer.json()["settings"] == SETTINGS | {"overlaps": rule}
        assert Project.objects.get().overlaps == rule
    assert change(cast, client_of(cast.max), overlaps="ours").status_code == 422
    assert change(cast, client_of(cast.ana), overlaps="cut").status_code == 403
    assert Project.objects.get().overlaps == "reported"


@pytest.mark.parametrize("length", [0, -3, 1e9, "NaN"])
def test_length_that_nothing_has_is_refused(cast, client_of, length):
    answer = change(cast, client_of(cast.max), typical_object_m=length)
    assert answer.status_code == 422
    assert "typical_object_m" in answer.json()["sentence"]
    assert Project.objects.get().typical_object_m is None
