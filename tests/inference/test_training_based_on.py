"""Configurations that are based on others."""

import pytest

from inference.training.config import TrainingConfigInvalid, read_config

BASE = """
run = "runs/base"
packs = "packs"
imagery = "imagery"
minutes = 5
seed = 4
[[stages]]
until = 1.0
crop_px = 64
batch = 2
[[sources]]
name = "disks"
folder = "./disks"
kind = "labelled"
weight = 1
[[sources]]
name = "squares"
folder = "squares"
kind = "pseudo"
weight = 2
"""


def write(folder, name: str, text: str):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_what_a_configuration_does_not_say_stands_in_the_one_below(tmp_path):
    base = read_config(write(tmp_path, "base.toml", BASE))
    upper = read_config(
        write(
            tmp_path / "upper",
            "run.toml",
            'based_on = "../base.toml"\nrun = "here"\nsteps = 7\ncomposite_share = 0.5\n'
            "[network]\nfeature_channels = 16\n",
        )
    )
    assert upper.run == tmp_path / "upper/here"
    assert (upper.packs, upper.imagery, upper.seed) == (base.packs, base.imagery, 4)
    assert (upper.steps, upper.minutes, upper.composite_share) == (7, 0, 0.5)
    assert upper.sources == base.sources
    assert upper.sources[0].folder == str(tmp_path / "disks")
    assert upper.network.feature_channels == 16
    assert base.network.feature_channels == 48


def test_lists_and_tables_are_replaced_whole(tmp_path):
    write(tmp_path, "base.toml", BASE + "[validation]\nsize_px = 96\nobjects_per_source = 3\n")
    upper = read_config(
        write(
            tmp_path,
            "run.toml",
            'based_on = "base.toml"\nrun = "run"\n[validation]\nsize_px = 64\n'
            "[[stages]]\nuntil = 1.0\ncrop_px = 32\nbatch = 1\n",
        )
    )
    assert upper.validation.objects_per_source == 14
    assert [s.crop_px for s in upper.stages] == [32]


def test_sources_below_can_be_left_out_and_bases_have_bases(tmp_path):
    write(tmp_path, "base.toml", BASE)
    write(
        tmp_path,
        "middle.toml",
        'based_on = "base.toml"\nrun = "middle"\nseed = 5\nleave_out = ["squares"]\n',
    )
    top = read_config(write(tmp_path, "top.toml", 'based_on = "middle.toml"\nrun = "top"\n'))
    assert [s.name for s in top.sources] == ["disks"]
    assert top.seed == 5
    assert top.minutes == 5


def test_sources_can_be_added_to_those_below(tmp_path):
    write(tmp_path, "base.toml", BASE)
    upper = read_config(
        write(
            tmp_path,
            "run.toml",
            'based_on = "base.toml"\nrun = "run"\n[[more_sources]]\nname = "stripes"\n'
            'folder = "./drawn"\nkind = "pseudo"\nweight = 0.1\nskipped = ["coarse_"]\n',
        )
    )
    assert [s.name for s in upper.sources] == ["disks", "squares", "stripes"]
    assert upper.sources[-1].folder == str(tmp_path / "drawn")
    assert upper.sources[-1].skipped == ("coarse_",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('based_on = "base.toml"\n', "has no run of its own"),
        ('based_on = "gone.toml"\nrun = "r"\n', "gone.toml could not be read"),
        ('based_on = "run.toml"\nrun = "r"\n', "based on each other"),
        ('based_on = "ring.toml"\nrun = "r"\n', "based on each other"),
        ('based_on = "base.toml"\nrun = "r"\nleave_out = ["disk"]\n', "leaves out disk, which"),
        ('run = "r"\nleave_out = ["disks"]\n', "not what it is based_on"),
        ('run = "r"\n[[more_sources]]\nname = "disks"\n', "more_sources, but not what"),
        ('based_on = "base.toml"\nrun = "r"\nsede = 3\n', "unknown keys: sede"),
    ],
)
def test_a_base_that_does_not_fit_is_refused(text, sentence, tmp_path):
    write(tmp_path, "base.toml", BASE)
    write(tmp_path, "ring.toml", 'based_on = "run.toml"\nrun = "ring"\n')
    with pytest.raises(TrainingConfigInvalid, match=sentence):
        read_config(write(tmp_path, "run.toml", text))
