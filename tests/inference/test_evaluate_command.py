import json

import pytest
from PIL import Image

from inference.__main__ import main
from inference.evaluation.sheet import FOUND, INCLUDE, TRUTH
from tests.drawn.click_layers import COLOUR_SPEC, ColourNetwork
from tests.drawn.evaluation_folders import BOXES, write_picture


@pytest.fixture(autouse=True)
def colour_model(monkeypatch):
    """`--model default` is the network of the drawn layers."""
    monkeypatch.setattr(
        "inference.models.registry.load_model", lambda _name: (ColourNetwork(), COLOUR_SPEC)
    )


@pytest.fixture
def data(tmp_path):
    return write_picture(tmp_path / "field", "a", BOXES)


def evaluate(data, *more):
    return main(["evaluate", "--data", str(data), "--max-clicks", "3", *more])


def test_report_table_and_plot_are_written(data, tmp_path, capsys):
    out = tmp_path / "results/report.json"
    assert evaluate(data, "--out", str(out)) == 0
    report = json.loads(out.read_text())
    assert report["objects"] == 3
    assert report["noc80"] == 1
    assert len(report["miou"]) == 3
    assert set(report["per_class"]) == {"plant", "water"}
    assert report["settings"]["sha256"] == "c" * 64
    said = capsys.readouterr().out
    assert "NoC80" in said
    assert "water" in said
    with Image.open(out.with_suffix(".png")) as plot:
        assert len(set(plot.get_flattened_data())) > 10


def test_stopped_evaluation_goes_on_where_it_was(data, tmp_path):
    out = tmp_path / "report.json"
    assert evaluate(data, "--out", str(out)) == 0
    whole = json.loads(out.read_text())
    lines = out.with_suffix(".objects.jsonl")
    head, first, second, _ = lines.read_text().splitlines(keepends=True)
    marked = json.loads(first) | {"class_name": "done before"}
    lines.write_text(head + json.dumps(marked) + "\n" + second[:30])  # killed while writing
    assert evaluate(data, "--out", str(out)) == 0
    again = json.loads(out.read_text())
    assert again["miou"] == whole["miou"]
    assert again["per_class"]["done before"]["objects"] == 1
    assert len(lines.read_text().splitlines()) == 4


def test_results_of_other_settings_are_left_alone(data, tmp_path, capsys):
    out = tmp_path / "report.json"
    evaluate(data, "--out", str(out))
    before = out.with_suffix(".objects.jsonl").read_text()
    assert evaluate(data, "--out", str(out), "--click-jitter", "3") == 1
    assert "other settings (jitter_px)" in capsys.readouterr().err
    assert out.with_suffix(".objects.jsonl").read_text() == before


def test_file_that_holds_no_results_is_left_alone(data, tmp_path, capsys):
    other = tmp_path / "report.objects.jsonl"
    other.write_text("my notes")
    assert evaluate(data, "--out", str(tmp_path / "report.json")) == 1
    assert "holds no results" in capsys.readouterr().err
    assert other.read_text() == "my notes"


def test_written_list_is_evaluated(data, tmp_path, capsys):
    objects = tmp_path / "objects.json"
    assert evaluate(data, "--write-objects", str(objects), "--limit", "2") == 0
    assert evaluate(data, "--objects", str(objects), "--out", str(tmp_path / "r.json")) == 0
    assert json.loads((tmp_path / "r.json").read_text())["objects"] == 2


def test_limit_and_source_choose_objects(data, tmp_path, capsys):
    write_picture(data, "b", BOXES)
    out = tmp_path / "r.json"
    assert evaluate(data, "--source", "field=b", "--limit", "2", "--out", str(out)) == 0
    _, *lines = out.with_suffix(".objects.jsonl").read_text().splitlines()
    keys = [json.loads(line)["key"] for line in lines]
    assert len(keys) == 2
    assert all(key.startswith("field/b/") for key in keys)


def test_unknown_source_is_refused(data, capsys):
    assert evaluate(data, "--source", "meadow") == 1
    assert "meadow" in capsys.readouterr().err


def test_cfr_options_without_passes_are_refused(data, capsys):
    assert evaluate(data, "--adaptive") == 1
    assert "need --cfr N" in capsys.readouterr().err


@pytest.mark.parametrize("cfr", [(), ("--cfr", "2", "--cfr-clicks", "all", "--adaptive")])
def test_reference_preset_finds_the_objects(cfr, tmp_path):
    # One box of each colour: nothing but the colour decides here, wherever it is in the picture.
    data = write_picture(tmp_path / "field", "a", {i: places[:1] for i, places in BOXES.items()})
    out = tmp_path / "r.json"
    assert evaluate(data, "--preset", "reference", *cfr, "--out", str(out)) == 0
    assert json.loads(out.read_text())["miou"][0] > 0.9


def test_baseline_needs_no_weights(data, tmp_path, monkeypatch):
    monkeypatch.setattr("inference.models.registry.load_model", None)
    out = tmp_path / "r.json"
    assert evaluate(data, "--model", "grabcut", "--out", str(out)) == 0
    assert json.loads(out.read_text())["miou"][-1] > 0.5


@pytest.mark.parametrize(
    ("typical", "sentence"),
    [
        ("truth", "each object's own size, which was taken from the truth"),
        ("class", "fit the median of the others of the class in the picture"),
    ],
)
def test_report_says_where_sizes_were_taken_from(typical, sentence, data, tmp_path, capsys):
    out = tmp_path / "r.json"
    told = ("--typical-object", typical, "--click-place", "boundary")
    assert evaluate(data, *told, "--out", str(out)) == 0
    settings = json.loads(out.read_text())["settings"]
    assert (settings["typical_object"], settings["place"]) == (typical, "boundary")
    said = capsys.readouterr().out
    assert sentence in said
    assert "near the edges of errors" in said


def test_report_says_that_objects_began_with_an_old_outline(data, tmp_path, capsys):
    out = tmp_path / "r.json"
    assert evaluate(data, "--edit", "--out", str(out)) == 0
    assert json.loads(out.read_text())["settings"]["edit"] is True
    assert "began with its true outline, deformed" in capsys.readouterr().out


@pytest.mark.parametrize("told", [("--typical-object", "40"), ("--edit",)])
@pytest.mark.parametrize("other", [("--model", "grabcut"), ("--preset", "reference")])
def test_what_only_the_app_is_told_is_refused_for_others(told, other, data, capsys):
    assert evaluate(data, *told, *other) == 1
    assert "have no first window" in capsys.readouterr().err


def test_sheet_shows_objects_with_outlines_and_clicks(data, tmp_path, capsys):
    sheet = tmp_path / "sheets/sheet.png"
    assert evaluate(data, "--sheet", str(sheet), "--sheet-objects", "2") == 0
    assert "2 objects drawn" in capsys.readouterr().out
    with Image.open(sheet) as drawn:
        colours = set(drawn.convert("RGB").get_flattened_data())
    assert {TRUTH, FOUND, INCLUDE} <= colours
