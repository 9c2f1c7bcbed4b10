"""Ways out: a stored version as a file of another format, checked on its golden rows before it is written.

A version may have come as ``joblib``, ``skops``, ``onnx`` and other files: then an export of that format is the stored
file, bit for bit. Everything else is made anew and asked for the golden rows by an evaluator that had no part in
making it.
"""

from __future__ import annotations

import importlib
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from dbml import database, errors
from dbml.database import Connection
from dbml.models import versions
from dbml.models.formats import FORMATS
from dbml.models.trust import require_signature

# Each is made by the module of its name, whose ``make(raw, stored)`` returns checked bytes.
_MADE = ("sql", "plan", "pmml", "onnx", "js", "python", "html")
# Converters take the estimator itself.
_UNPICKLE = ("pmml", "onnx")


def export(
    connection: Connection,
    name: str,
    version: int,
    form: str | None = None,
    *,
    schema: str = "scorer",
    trust: Sequence[str] = (),
    beside: Mapping[str, str] | None = None,
) -> bytes:
    """Return a version as a file of some format, checked on its golden rows.

    :param form: one of :data:`FORMATS`; left out, what the version was added as.
    :param schema: of ``sql``: where its functions are to stand.
    :param trust: types that a skops file may load, for a version that came as one.
    :param beside: of ``js`` and ``python``: format → what else the file holds, such as :func:`dbml.reducer` writes.
    :raises UnknownModel: the version is not there.
    :raises ExportError: the format cannot carry this model, or a package that makes it is missing.
    :raises ParityError: what was made does not answer as the model.
    """
    return _made(connection, name, version, form, schema, trust, beside)[1]


def export_file(
    connection: Connection,
    name: str,
    version: int,
    path: Path | str,
    form: str | None = None,
    *,
    schema: str = "scorer",
    trust: Sequence[str] = (),
    beside: Mapping[str, str] | None = None,
    force: bool = False,
) -> tuple[str, int]:
    """Write a version to a file, wholly or not at all.

    :param form: as :func:`export` takes it; left out, by the file's suffix, else what the version was added as.
    :param force: replace a file that is there.
    :returns: the format, and the number of bytes.
    :raises ExportError: the file is there, or cannot be written; and what :func:`export` raises.
    """
    path = Path(path)
    _refuse_existing(path, force)
    if form is None:
        form = next((form for form, suffix in FORMATS.items() if path.suffix == suffix), None)
    form, content = _made(connection, name, version, form, schema, trust, beside)
    _write(path, content, force)
    return form, len(content)


def _made(
    connection: Connection,
    name: str,
    version: int,
    form: str | None,
    schema: str,
    trust: Sequence[str],
    beside: Mapping[str, str] | None,
) -> tuple[str, bytes]:
    raw = database.driver(connection)
    content = versions.content(raw, name, version)
    if form not in (None, *FORMATS):
        raise errors.ExportError(f'there is no format "{form}"', f"Formats are {', '.join(FORMATS)}.")
    if form in (None, content.kind):
        # Its sha256 is that of the file whose golden rows were scored when it was added: to copy it unpickles nothing.
        return content.kind, content.artifact
    if beside and form not in beside:
        raise errors.ExportError(
            f"only {' and '.join(beside)} files can hold the counters of a profile",
            f"Say --format {next(iter(beside))}.",
        )
    if form not in _MADE:
        raise errors.ExportError(
            f"{content.label} came as {content.kind}, and there is no {form} file of it",
            f"Export what was added: `--format {content.kind}`.",
        )
    # numpy is not for those who only import dbml.
    from dbml.models.exports.checking import Stored

    if form in _UNPICKLE and content.kind == "joblib":
        require_signature(raw, name, version, content.sha256, content.interface)
    maker = importlib.import_module(f"dbml.models.exports.{form}")
    stored = Stored(**vars(content), schema=schema, trust=tuple(trust), beside=beside or {})
    with database.translated():
        return form, maker.make(raw, stored)


def _refuse_existing(path: Path, force: bool) -> None:
    if path.is_file() and not force:
        raise errors.ExportError(f"{path} is there already", "Say `--force` to replace it, or give another `-o FILE`.")


def _write(path: Path, content: bytes, force: bool) -> None:
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        if path.exists() and not path.is_file():  # /dev/stdout: nothing is to be renamed over a device
            path.write_bytes(content)
            return
        try:
            with open(beside, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _refuse_existing(path, force)  # it may have come meanwhile
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise errors.ExportError(f"cannot write {path}: {error.strerror}", "Give another `-o FILE`.") from error


__all__ = ["FORMATS", "export", "export_file"]
