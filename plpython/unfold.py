"""How large is a file once it is decompressed? Asked before anything is loaded, and answered in little memory.

A few kilobytes can unfold to gigabytes. The file is decompressed piece by piece, each piece is counted and
forgotten, and past the limit nothing more is read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from typing import Any

# How joblib tells its compressors apart; and pickle since protocol 2.
PICKLE, ZLIB, GZIP, BZ2, XZ, LZMA, LZ4 = b"\x80", b"x", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"]\x00", b"\x04\x22\x4d\x18"

PIECE = 1 << 20


class TooLarge(ValueError):
    """The file is, or unfolds to, more than it may."""


def check(blob: bytes, limit: int) -> None:
    """Decompress a joblib file without keeping it, to see that it is not larger than ``limit`` bytes.

    :raises TooLarge: it is.
    :raises ValueError: it is in no format that joblib writes. What is damaged is for joblib to tell of.
    """
    total = 0
    try:
        for piece in pieces(blob):
            total += len(piece)
            if total > limit:
                raise TooLarge(f"its {len(blob)} bytes unfold to more than {limit}")
    except (EOFError, OSError, zlib.error, lzma.LZMAError):
        return


def pieces(blob: bytes) -> Iterator[bytes]:
    """Decompress a joblib file piece by piece.

    :raises ValueError: it is in no format that joblib writes; what is damaged raises as its decompressor does.
    """
    if blob.startswith(PICKLE):
        return iter([blob])
    if blob.startswith(ZLIB):
        return _inflated(blob)
    file = io.BytesIO(blob)
    stream: Any
    if blob.startswith(GZIP):
        stream = gzip.GzipFile(fileobj=file)
    elif blob.startswith(BZ2):
        stream = bz2.BZ2File(file)
    elif blob.startswith((XZ, LZMA)):
        stream = lzma.LZMAFile(file)  # noqa: SIM115 - it reads from memory
    elif blob.startswith(LZ4):
        import lz4.frame  # joblib needs it for this format as well

        stream = lz4.frame.LZ4FrameFile(file)
    else:
        raise ValueError("it is no joblib file")
    return iter(lambda: stream.read(PIECE), b"")


def _inflated(blob: bytes) -> Iterator[bytes]:
    stream = zlib.decompressobj()
    for start in range(0, len(blob), PIECE):
        rest = blob[start : start + PIECE]
        while rest:
            if stream.eof:
                raise ValueError("it is no joblib file: something follows its end")
            yield stream.decompress(rest, PIECE)
            rest = stream.unconsumed_tail or stream.unused_data
