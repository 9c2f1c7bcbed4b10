"""What the runtime uses of PL/Python's ``plpy``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, Protocol


class Plpy(Protocol):
    """The module that PL/Python hands to every function."""

    def prepare(self, query: str, argtypes: Sequence[str] = ...) -> Any:
        """Prepare a statement."""

    def execute(self, query: Any, arguments: Sequence[Any] = ..., limit: int = ...) -> Any:
        """Run a statement or a prepared plan; rows are dictionaries."""

    def error(self, message: str, *, detail: str = ..., hint: str = ..., sqlstate: str = ...) -> NoReturn:
        """Raise an error in the server."""
