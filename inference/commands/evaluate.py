"""`evaluate`: judge a model or a baseline by simulated clicks on labelled pictures."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.commands.command import Subparsers, UsageError, numbers
from inference.commands.model_options import add_model_options, load

if TYPE_CHECKING:
    from inference.evaluation.evaluate import ClickRules
    from inference.evaluation.methods import Method, Refinement, TypicalObject
    from inference.evaluation.object_list import ListedObject, SourceChoice
    from inference.evaluation.objects import LabelledSource, ObjectRules
    from inference.prediction.reference_settings import ClickScope

LIST_SIZE = 40
"""Objects per source that --write-objects takes."""


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """The method, the pictures, how they are clicked, and what is written."""
    parser = subparsers.add_parser(
        "evaluate",
        help="judge a model or a baseline by simulated clicks on labelled pictures",
        description="--model also takes the baselines grabcut and random-walker.",
    )
    add_model_options(parser)
    _add_method_options(parser)
    _add_object_options(parser)
    clicks = parser.add_argument_group("clicks")
    clicks.add_argument("--max-clicks", type=_at_least_one, default=20)
    clicks.add_argument(
        "--stop-iou",
        type=float,
        default=1.0,
        metavar="Q",
        help="an object that reaches it gets no more clicks; later IoUs hold the last value",
    )
    clicks.add_argument(
        "--click-place",
        choices=("centre", "boundary"),
        default="centre",
        help="aimed at the innermost pixel of the largest error, or at random within 3 px of that "
        "error's edge",
    )
    clicks.add_argument(
        "--click-jitter",
        type=float,
        default=0.0,
        metavar="PX",
        help="each click falls at random this near to where it was aimed, within the same error",
    )
    clicks.add_argument("--seed", type=int, default=0, help="of all chance")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="REPORT.json",
        help="writes the report, a plot (.png) and each object's results (.objects.jsonl) beside "
        "it; run again with the same settings, an evaluation that was stopped goes on",
    )
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="SHEET.png",
        help="draws some of the objects with their clicks and outlines: a quarter of them the "
        "worst after 5 clicks, a quarter the best, the others evenly from between",
    )
    parser.add_argument("--sheet-objects", type=_at_least_one, default=40, metavar="N")
    return parser


def _add_method_options(parser: argparse.ArgumentParser) -> None:
    method = parser.add_argument_group("method")
    method.add_argument(
        "--preset",
        choices=("interactive", "reference"),
        default="interactive",
        help="as the app answers, or as the authors' evaluation does",
    )
    method.add_argument(
        "--bands",
        type=numbers,
        metavar="1,2,3",
        help="of the pictures, in the network's order; those it was trained on without it",
    )
    method.add_argument(
        "--typical-object",
        type=_typical_object,
        metavar="PX|class|truth",
        help="longest side of a typical object, which the first window is made to fit, as the "
        "project setting of the app; class: the median of the others of its class in the picture, "
        "as the app does once a class has labels; truth: each object's own, which the app never "
        "knows",
    )
    method.add_argument(
        "--edit",
        action="store_true",
        help="every object begins with its true outline, deformed as an old or careless one is",
    )
    method.add_argument(
        "--cfr", type=int, metavar="N", help="refining passes; the preset's own without it"
    )
    method.add_argument("--adaptive", action="store_true", help="end CFR when little changes")
    method.add_argument("--cfr-clicks", type=_click_scope, default="first", metavar="first|all|K")


def _add_object_options(parser: argparse.ArgumentParser) -> None:
    objects = parser.add_argument_group("objects")
    objects.add_argument(
        "--data",
        type=Path,
        required=True,
        help="a folder with images/, masks/ or instances/ and classes.json; an ISPRS folder; or a "
        "folder of such folders",
    )
    objects.add_argument(
        "--source",
        type=_source_choice,
        action="append",
        default=[],
        metavar="NAME[=PREFIX,...]",
        help="only this folder of --data, and of it only pictures whose names begin so; repeat",
    )
    objects.add_argument(
        "--objects", type=Path, metavar="LIST.json", help="only the objects of this list"
    )
    objects.add_argument(
        "--write-objects",
        type=Path,
        metavar="LIST.json",
        help=f"instead of evaluating, draw up to {LIST_SIZE} whole objects per source into a list",
    )
    objects.add_argument(
        "--limit", type=_at_least_one, metavar="N", help="at most N objects per source"
    )
    objects.add_argument(
        "--ignore-classes",
        type=lambda text: tuple(entry.strip() for entry in text.split(",") if entry.strip()),
        metavar="A,B",
        help="ids or names that are unknown, neither object nor background; without it what "
        "classes.json calls ignore",
    )
    objects.add_argument("--min-area", type=int, default=64, metavar="PX")
    objects.add_argument("--connectivity", type=int, choices=(4, 8), default=4)
    objects.add_argument(
        "--patch",
        type=int,
        metavar="PX",
        help="cut pictures into squares of this side (0: leave them whole); without it only ISPRS "
        "pictures are cut, as in the paper",
    )


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _typical_object(text: str) -> "TypicalObject":
    if text in ("truth", "class"):
        return text  # type: ignore[return-value]  # one of the two literals
    size_px = float(text)
    if not 0 < size_px < float("inf"):
        raise ValueError(text)
    return size_px


def _click_scope(text: str) -> "ClickScope":
    return text if text in ("first", "all") else _at_least_one(text)  # type: ignore[return-value]  # one of the two literals


def _source_choice(text: str) -> "SourceChoice":
    from inference.evaluation.object_list import SourceChoice

    name, _, prefixes = text.partition("=")
    return SourceChoice(name, tuple(p for p in prefixes.split(",") if p))


def run(options: argparse.Namespace) -> int:
    """Evaluate and print a table, or write a list of objects."""
    from inference.evaluation.evaluate import evaluate
    from inference.evaluation.report import ProgressLine, plot_of, table_of
    from inference.evaluation.results_file import ResultsFile
    from inference.evaluation.sheet import choose_objects, draw_sheet
    from inference.evaluation.summary import report_of

    if options.write_objects is not None:
        return _write_objects(options)
    sources, wanted, choice_of_objects = _chosen_objects(options)
    method, choice_of_method = _method(options)
    rules = _click_rules(options)
    settings = {**choice_of_method, **choice_of_objects, **asdict(rules)}
    file = (
        ResultsFile.open(options.out.with_suffix(".objects.jsonl"), settings)
        if options.out is not None
        else ResultsFile.in_memory()
    )
    progress = ProgressLine(len(wanted), done=len(file.results))
    for result in evaluate(method, sources, wanted, rules, done=file.results.keys()):
        file.add(result)
        progress.advance(len(result.ious))
    report = report_of(list(file.results.values()), most=rules.max_clicks)
    print(table_of(report))
    print(_how(options))
    if options.out is not None:
        report["settings"] = settings
        options.out.write_text(json.dumps(report, indent=1) + "\n")
        plot_of(report, title=str(settings["model"])).savefig(options.out.with_suffix(".png"))
        print(f"written to {options.out} and {options.out.with_suffix('.png').name}")
    if options.sheet is not None:
        chosen = choose_objects(list(file.results.values()), options.sheet_objects)
        options.sheet.parent.mkdir(parents=True, exist_ok=True)
        draw_sheet(method, sources, wanted, rules, chosen, bands=options.bands).save(options.sheet)
        print(f"{len(chosen)} objects drawn in {options.sheet}")
    return 0


def _how(options: argparse.Namespace) -> str:
    """A sentence on the clicks and on what the method was told."""
    told = "clicks " + (
        "on centres" if options.click_place == "centre" else "near the edges of errors"
    )
    if options.click_jitter > 0:
        told += f", each off by up to {options.click_jitter:g} px"
    if options.typical_object == "truth":
        told += "; first windows fit each object's own size, which was taken from the truth"
    elif options.typical_object == "class":
        told += "; first windows fit the median of the others of the class in the picture"
    elif options.typical_object is not None:
        told += f"; first windows fit objects of {options.typical_object:g} px"
    if options.edit:
        told += "; every object began with its true outline, deformed"
    return told[0].upper() + told[1:] + "."


def _click_rules(options: argparse.Namespace) -> "ClickRules":
    from inference.evaluation.evaluate import ClickRules

    return ClickRules(
        max_clicks=options.max_clicks,
        stop_iou=options.stop_iou,
        place=options.click_place,
        jitter_px=options.click_jitter,
        seed=options.seed,
    )


def _object_rules(options: argparse.Namespace) -> "ObjectRules":
    from inference.evaluation.objects import ObjectRules

    return ObjectRules(
        connectivity=options.connectivity,
        min_area_px=options.min_area,
        ignored=options.ignore_classes,
        patch_px=options.patch,
    )


def _write_objects(options: argparse.Namespace) -> int:
    """Draw a list of objects."""
    from inference.evaluation import object_list
    from inference.evaluation.objects import open_sources

    rules = _object_rules(options)
    chosen = object_list.choose_sources(open_sources(options.data, rules), options.source)
    most = min(LIST_SIZE, options.limit or LIST_SIZE)
    drawn = []
    for name, targets in object_list.targets_of(chosen):
        listed = object_list.draw_for_list(targets, most=most, seed=options.seed)
        print(f"{name}: {len(listed)} of {len(targets)} objects")
        drawn += listed
    options.write_objects.parent.mkdir(parents=True, exist_ok=True)
    object_list.write_list(options.write_objects, drawn, rules, seed=options.seed)
    print(f"{len(drawn)} objects written to {options.write_objects}")
    return 0


def _chosen_objects(
    options: argparse.Namespace,
) -> "tuple[list[LabelledSource], list[ListedObject], dict[str, Any]]":
    """The sources, the objects to evaluate, and how they were chosen.

    Raises:
        UsageError: there are none.
    """
    from inference.evaluation import object_list
    from inference.evaluation.objects import open_sources

    rules = _object_rules(options)
    listed = object_list.read_list(options.objects) if options.objects else None
    if listed is not None:
        rules = object_list.with_rules(rules, listed)
    chosen = object_list.choose_sources(open_sources(options.data, rules), options.source)
    if listed is None:
        candidates = [
            (name, [object_list.ListedObject.of(t) for t in targets])
            for name, targets in object_list.targets_of(chosen)
        ]
    else:
        candidates = object_list.listed_by_source(listed, chosen)
    wanted = [
        entry
        for _, entries in candidates
        for entry in object_list.draw(entries, most=options.limit, seed=options.seed)
    ]
    if not wanted:
        raise UsageError("There is no such object in these pictures, so nothing was evaluated.")
    choice = {
        **asdict(rules),
        "sources": {source.name: list(prefixes) for source, prefixes in chosen},
        "limit": options.limit,
        "objects_sha256": listed.sha256 if listed else None,
    }
    return [source for source, _ in chosen], wanted, choice


def _method(options: argparse.Namespace) -> "tuple[Method, dict[str, Any]]":
    """What outlines the objects, and how it was chosen.

    Raises:
        ModelUnavailable: there is no such model.
    """
    from inference.evaluation.baselines import BASELINES, BaselineMethod

    is_app = options.model not in BASELINES and options.preset == "interactive"
    if not is_app and (options.typical_object is not None or options.edit):
        raise UsageError(
            "--typical-object and --edit are for networks with the interactive preset: baselines "
            "and the authors' evaluation have no first window and start from nothing. Nothing was "
            "evaluated."
        )
    if options.model in BASELINES:
        baseline = BaselineMethod(BASELINES[options.model], options.bands)
        return baseline, {"model": options.model, "bands": options.bands}
    from inference.evaluation.methods import InteractiveMethod, ReferenceMethod, TimedNetwork
    from inference.prediction.reference_settings import REFERENCE

    plain, model, threads = load(options)
    network, refinement = TimedNetwork(plain), _refinement(options)
    bands = options.bands or model.picture_bands or None
    method: Method
    if options.preset == "interactive":
        method = InteractiveMethod(
            network,
            model.size,
            bands,
            refinement,
            typical=options.typical_object,
            edits=options.edit,
        )
    else:
        settings = refinement.reference() if refinement else REFERENCE
        method = ReferenceMethod(network, settings, bands)
    return method, {
        "model": model.name,
        "sha256": model.sha256,
        "preset": options.preset,
        "bands": bands,
        "cfr": asdict(refinement) if refinement else None,
        "typical_object": options.typical_object,
        "edit": options.edit,
        "threads": threads,
    }


def _refinement(options: argparse.Namespace) -> "Refinement | None":
    """CFR as asked for; None where it was not.

    Raises:
        UsageError: it was asked for by halves.
    """
    from inference.evaluation.methods import Refinement

    if options.cfr is None:
        if options.adaptive or options.cfr_clicks != "first":
            raise UsageError(
                "--adaptive and --cfr-clicks need --cfr N, the number of refining passes. "
                "Nothing was evaluated."
            )
        return None
    return Refinement(options.cfr, options.adaptive, options.cfr_clicks)
