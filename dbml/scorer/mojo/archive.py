"""A MOJO as it lies in its zip file: what ``model.ini`` says, the columns with their categories, the trees' bytes.

H2O's own reader, h2o-genmodel, is what documents the format.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from dbml.scorer.limits import MAX_FEATURES

MAX_FILES = 200_000


class Exceeded(Exception):
    """The model is larger than is read; the message says what of it."""


class NotReadable(Exception):
    """The file is no MOJO; the message says why."""


@dataclass(frozen=True)
class Column:
    """A column of the training frame.

    :param levels: its categories in H2O's order; None where it is a number.
    """

    name: str
    levels: tuple[str, ...] | None


class Archive:
    """The file of one model.

    :param content: its bytes.
    :param unfolded: bytes that it may have once it is decompressed.
    :raises NotReadable: it is none.
    :raises Exceeded: it has more, or more columns than are served.
    """

    def __init__(self, content: bytes, unfolded: int) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except zipfile.BadZipFile as error:
            raise NotReadable(str(error)) from None
        parts = self._zip.infolist()
        if len(parts) > MAX_FILES or sum(part.file_size for part in parts) > unfolded:
            raise Exceeded(f"it unfolds to more than {unfolded / 1024**2:.1f} MB, or to more than {MAX_FILES} files")
        self._names = {part.filename for part in parts}
        sections = self._sections()
        self.info = dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in sections["info"])
        if self.info["endianness"] != "LITTLE_ENDIAN":
            raise NotReadable("its numbers are not LITTLE_ENDIAN")
        names = sections["columns"]
        if len(names) != int(self.info["n_columns"]):
            raise NotReadable(f"it says {self.info['n_columns']} columns and lists {len(names)}")
        if len(names) > MAX_FEATURES:
            raise Exceeded(f"it has {len(names)} columns, and at most {MAX_FEATURES} are served")
        levels = dict(self._levels(line) for line in sections["domains"])
        self.columns = [Column(name, levels.get(place)) for place, name in enumerate(names)]

    def _sections(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {"info": [], "columns": [], "domains": []}
        lines = found["info"]
        for line in map(str.strip, self.text("model.ini").splitlines()):
            if line.startswith("[") and line[1:-1] in found:
                lines = found[line[1:-1]]
            elif line and not line.startswith("#"):
                lines.append(line)
        return found

    def _levels(self, line: str) -> tuple[int, tuple[str, ...]]:
        place, count, file = re.split(r":\s*| ", line, maxsplit=2)
        levels = self.lines(f"domains/{file}")
        if len(levels) != int(count):
            raise NotReadable(f"column {place} has {count} levels, and its file {len(levels)}")
        return int(place), tuple(levels)

    def lines(self, name: str) -> list[str]:
        """The lines of a file, in which a line feed of a level is escaped."""
        lines = re.split(r"\r\n|\n|\r", self.text(name))
        if lines and not lines[-1]:
            lines.pop()
        if not self.flag("escape_domain_values"):
            return lines
        escaped = {"n": "\n", "r": "\r"}
        return [re.sub(r"\\(.)", lambda found: escaped.get(found[1], found[1]), line) for line in lines]

    def text(self, name: str) -> str:
        """A file as text."""
        return self.bytes(name).decode()

    def bytes(self, name: str) -> bytes:
        """A file.

        :raises NotReadable: it is not there.
        """
        if name not in self._names:
            raise NotReadable(f"it has no {name}")
        return self._zip.read(name)

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._names

    def get(self, key: str, default: str | None = None) -> str | None:
        """What is said of a key; the default where nothing is, or ``null``."""
        said = self.info.get(key, "null")
        return default if said == "null" else said

    def flag(self, key: str) -> bool:
        """Whether a key is said to be true."""
        return self.get(key) == "true"

    def number(self, key: str, default: float | None = None) -> float:
        """A number.

        :raises NotReadable: it is not said, and has no default.
        """
        said = self.get(key)
        if said is None and default is not None:
            return default
        if said is None:
            raise NotReadable(f"it says no {key}")
        return float(said)

    def numbers(self, key: str) -> list[float]:
        """A list of numbers; of what is not said an empty one."""
        # Java writes NaN and Infinity as Python's JSON does.
        found: list[Any] = json.loads(self.get(key, "[]") or "[]")
        return [float(number) for number in found]

    @property
    def features(self) -> list[Column]:
        """What the model scores, in order: an offset stands behind them."""
        found = self.columns[: int(self.number("n_features"))]
        offset = self.get("offset_column")
        return found if offset is None else [*found, Column(offset, None)]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the response; H2O calls those of a response of numbers 0 and 1."""
        return self.columns[-1].levels or ("0", "1")
