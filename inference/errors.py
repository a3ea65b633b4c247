"""The base of every error that `inference` raises on purpose."""


class InferenceError(Exception):
    """Something a person can act on; `str(error)` is the sentence shown to them."""
