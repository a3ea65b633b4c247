import pytest

from webapp.imaging.answers import Answers, UnknownAnswer


def test_command_line_and_form_give_the_same_answers():
    pairs = ["crs=EPSG:26910", "band4=nir", "bands=3,2,1"]

    answers = Answers.from_strings(pairs)

    assert answers == Answers(crs="EPSG:26910", band4="nir", bands="3,2,1")
    assert Answers.from_mapping(answers.to_mapping()) == answers


def test_proj_string_may_hold_equal_signs():
    assert Answers.from_strings(["crs=+proj=utm +zone=10"]).crs == "+proj=utm +zone=10"


@pytest.mark.parametrize("pair", ["band4=blue", "nodata=maybe", "show=no", "colour=red", "crs"])
def test_what_answers_nothing_is_refused_with_a_sentence(pair):
    with pytest.raises(UnknownAnswer, match=r"\."):
        Answers.from_strings([pair])
