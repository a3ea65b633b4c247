"""`engine`: serve a web server."""

import argparse
import asyncio
import logging
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from inference.commands import log_lines
from inference.commands.command import Subparsers, UsageError
from inference.commands.model_options import add_model_options, load, use_threads

TOKEN_NAME = "SEGMAP_ENGINE_TOKEN"  # noqa: S105 (the variable's name, not a token)
MODEL_NAME = "SEGMAP_MODEL"


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """The server's address, the name shown to people, and the model."""
    parser = subparsers.add_parser("engine", help=f"serve a web server ({TOKEN_NAME} proves who)")
    parser.add_argument("--server", required=True, help="ws:// or wss:// address of its socket")
    parser.add_argument("--name", default=socket.gethostname(), help="shown to people")
    parser.add_argument(
        "--fetch",
        action="store_true",
        help="fetch pixels from the server always, not only where its files are not at hand here",
    )
    add_model_options(parser)
    # By the environment, too: so `make run` and the units of deploy/ are told.
    parser.set_defaults(model=os.environ.get(MODEL_NAME) or "default")
    parser.add_argument(
        "--backend",
        choices=("auto", "torch", "openvino"),
        default="auto",
        help="what computes the network; auto (the default) takes OpenVINO where it won before",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path.home() / ".cache" / "segmap",
        help="folder for networks converted for OpenVINO (default: %(default)s)",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Dial in to a server and answer its clicks until stopped."""
    from inference.backends.choice import Choice
    from inference.data.open_files import OpenFiles
    from inference.engine.link import EngineLink
    from inference.engine.runner import Runner
    from inference.models.registry import WEIGHTS_FOLDER, read_manifest

    log_lines.begin()
    token = os.environ.get(TOKEN_NAME, "")
    if not token:
        raise UsageError(
            f"The engine has no token, so it did not start. Put the one that the server shows for "
            f"it into {TOKEN_NAME}."
        )
    network, model, threads = load(options)
    choice = Choice(
        network,
        weights=WEIGHTS_FOLDER / read_manifest()[model.name].file,
        sha256=model.sha256,
        size=model.size,
        threads=threads,
        cache=options.cache,
    )
    chosen = choice.make(options.backend)
    logging.info("Running %s on %s.", model.name, chosen.words)
    link = EngineLink(
        url=options.server,
        token=token,
        name=options.name,
        device=chosen.words,
        runner=Runner(
            chosen.backend,
            model,
            files=OpenFiles(server=web_address(options.server), always_fetch=options.fetch),
            largest_batch=chosen.largest_batch,
        ),
        # OpenMP's thread count belongs to the thread that sets it.
        prepare_thread=lambda: use_threads(threads),
    )

    async def serve() -> None:
        task = asyncio.create_task(link.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    try:
        asyncio.run(serve())
    finally:
        if chosen.trial is not None:
            chosen.trial.terminate()
    return 0


def web_address(socket_address: str) -> str:
    """Where the server of a socket answers HTTP: wss://host:port/ws/engine gives https://host:port.

    The server's own paths follow, so what stands before /ws/engine is not part of it.
    """
    parts = urlsplit(socket_address)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}"
