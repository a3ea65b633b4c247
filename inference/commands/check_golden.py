"""`check-golden`: replay recorded data and say how far today's answers are from it."""

import argparse
from pathlib import Path

from inference.commands.command import Subparsers


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """The folder, and the network it was recorded with."""
    parser = subparsers.add_parser(
        "check-golden",
        help="replay recorded networks, clicks and losses, and compare",
        description="Prints the largest difference of every quantity. The status is 1 where one "
        "is larger than allowed.",
    )
    parser.add_argument("folder", type=Path, help="network.npz, seq_*.npz, click_maps.npz, ...")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        help="the network recorded; without it the folder's simpleclick_* file",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Check file after file."""
    from inference.golden.folder import check_folder, unchecked

    is_within = True
    for report in check_folder(options.folder, checkpoint=options.checkpoint):
        print(f"{report.path.name}: {'ok' if report.is_within else 'DIFFERS'}")
        for finding in report.findings:
            allowed = f"at most {finding.tolerance:g}" if finding.tolerance else "equal"
            remark = "" if finding.is_within else "  <- over"
            print(f"  {finding.quantity:32} {finding.difference:9.2g}  ({allowed}){remark}")
        is_within &= report.is_within
    if left := unchecked(options.folder):
        print(f"not checked, no check knows them: {', '.join(left)}")
    return 0 if is_within else 1
