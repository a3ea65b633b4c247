import logging
from collections import Counter

import pytest

from tests.fuzz.budget import report, rounds
from tests.fuzz.rasters import damaged, draw_sound_files
from webapp.imaging.answers import Answers
from webapp.imaging.sandbox import run_inspect, run_write_cog
from webapp.imaging.verdict import RasterFiles, RasterRefused

REMEDIES = ("pload", "hoose", "ave it", "ut it", "xport", "heck", "eave it", "ree some")
"""Some word of what to do is in every refusal."""


@pytest.fixture
def sound(tmp_path):
    folder = tmp_path / "sound"
    folder.mkdir()
    return draw_sound_files(folder)


def bring_in(path, answers):
    """How the first opening ends, and the writing after it where there is one."""
    files = RasterFiles(path, "ortho.tif")
    verdict = run_inspect(files, answers)
    if verdict.state != "shown":
        return verdict.state, verdict.sentence
    out = path.parent / "out.tif"
    try:
        run_write_cog(files, answers, None, out, on_progress=[].append)
    except RasterRefused as refusal:
        assert not out.exists()
        return "refused when written", refusal.sentence
    out.unlink()
    return "shown", verdict.sentence


def test_damaged_rasters_are_shown_asked_about_or_refused(sound, tmp_path, caplog):
    caplog.set_level(logging.WARNING, "webapp.imaging.sandbox")
    tally = Counter()
    answers = Answers(crs="EPSG:26910", bands="1,2,3", show="yes")
    for seed, random in rounds(few=10):
        path = tmp_path / "raster.tif"
        path.write_bytes(damaged(random, sound))
        try:
            state, sentence = bring_in(path, answers)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        assert sentence, f"seed {seed}"
        if state.startswith("refused"):
            assert any(remedy in sentence for remedy in REMEDIES), f"seed {seed}: {sentence}"
        tally[state] += 1
        if "stopped the reader" in sentence:
            tally["reader stopped"] += 1
            report(f"seed {seed}: {caplog.messages[-1][-300:]}")
    stopped = tally.pop("reader stopped", 0)
    report(f"import: {tally.total()} files, {dict(tally)}; reader stopped {stopped}, crashes 0")
    assert tally.total()
