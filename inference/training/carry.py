"""python -m inference.training.carry RUN_OR_WEIGHTS OUT.pt: weights for another machine.

Half precision, and nothing but torch is needed to read them: `start_from` of a run on a bare GPU
box, or `python -m inference.training.export` of what comes back from there.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from inference.errors import InferenceError
from inference.training.networks import carry, load_start, trained_network
from inference.training.run_folder import RunFolder

log = logging.getLogger("inference.training.carry")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = argparse.ArgumentParser(
        prog="python -m inference.training.carry",
        description="Write weights in half precision to one file that only torch is needed for.",
    )
    options.add_argument("origin", type=Path, help="folder of a run, or a weights file")
    options.add_argument("out", type=Path, help="file to write (.pt)")
    arguments = options.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        if arguments.origin.is_dir():
            state = RunFolder(arguments.origin).load()
            network = trained_network(state)
            facts = {k: state[k] for k in ("schedule", "samples", "crop_px", "final_crop_px")}
            carry(network, arguments.out, **facts)
        else:
            carry(load_start(arguments.origin), arguments.out)
    except InferenceError as error:
        log.error("%s", error)  # noqa: TRY400 (a sentence for a person, not a traceback)
        return 1
    log.info("%s: %.1f MB", arguments.out, arguments.out.stat().st_size / 1e6)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
