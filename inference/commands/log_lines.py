"""Log lines of a process that runs for long."""

import logging
import os


def begin() -> None:
    """Log to standard error: lines for people, or as JSON where SEGMAP_LOG says so.

    The JSON has the fields of the web server's own (`webapp/settings.py`), so that one program may
    read both.
    """
    if os.environ.get("SEGMAP_LOG") != "json":
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        return
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
