"""How GDAL reads a COG from a web server or a bucket: the page's tiles and the engine alike."""

OVER_HTTP: dict[str, str | int | float | bool] = {
    # Few requests, none that waits for ever, one more try where it stumbles.
    "GDAL_INGESTED_BYTES_AT_OPEN": 65536,
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "CPL_VSIL_CURL_USE_HEAD": "NO",
    "GDAL_HTTP_CONNECTTIMEOUT": 5,
    "GDAL_HTTP_TIMEOUT": 20,
    "GDAL_HTTP_MAX_RETRY": 1,
    "GDAL_HTTP_RETRY_DELAY": 0.2,
}
"""GDAL's settings."""
