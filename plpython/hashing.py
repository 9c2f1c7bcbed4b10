"""Words by their hashes, as scikit-learn's HashingVectorizer has them. Standard library only."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = 0xFFFFFFFF
# Hashes of words that were seen: most words of a text were in texts before.
_known: dict[str, int] = {}
_KNOWN_AT_MOST = 100_000


def murmur3(key: bytes) -> int:
    """MurmurHash3 of 32 bits with the seed 0, as a signed number (Austin Appleby, public domain)."""
    found = 0
    whole = len(key) // 4 * 4
    for place in range(0, whole, 4):
        found ^= _mixed(int.from_bytes(key[place : place + 4], "little"))
        found = (found << 13 | found >> 19) & _WHOLE
        found = (found * 5 + 0xE6546B64) & _WHOLE
    if whole < len(key):
        found ^= _mixed(int.from_bytes(key[whole:], "little"))
    found ^= len(key)
    found = ((found ^ found >> 16) * 0x85EBCA6B) & _WHOLE
    found = ((found ^ found >> 13) * 0xC2B2AE35) & _WHOLE
    found ^= found >> 16
    return found - 2**32 if found >= 2**31 else found


def _mixed(block: int) -> int:
    block = (block * 0xCC9E2D51) & _WHOLE
    block = (block << 15 | block >> 17) & _WHOLE
    return (block * 0x1B873593) & _WHOLE


class Hashed:
    """A weighted sum over buckets of words.

    :param places: buckets with a weight of their own.
    :param weights: their weights.
    :param default: the weight of the others.
    :param buckets: how many there are.
    :param signed: whether the hash decides a word's sign.
    :param binary: whether a bucket that has a word counts 1.
    :param norm: ``l1`` or ``l2``, by which the sum is divided, or ``none``.
    """

    def __init__(
        self,
        places: Sequence[int],
        weights: Sequence[float],
        default: float,
        buckets: int,
        signed: bool,
        binary: bool,
        norm: str,
    ) -> None:
        self.weights = dict(zip(places, weights))
        self.default = default
        self.buckets = buckets
        self.signed = signed
        self.binary = binary
        self.norm = norm

    def of(self, counts: dict[str, float]) -> float:
        """The sum for a text.

        :param counts: how often each word is in it.
        """
        found: dict[int, float] = {}
        for word, count in counts.items():
            value = _known.get(word)
            if value is None:
                if len(_known) >= _KNOWN_AT_MOST:
                    _known.clear()
                value = _known[word] = murmur3(word.encode())
            # abs(-2**31) is no 32-bit number: scikit-learn takes the next.
            place = abs(value) % self.buckets if value != -(2**31) else (2**31 - self.buckets) % self.buckets
            found[place] = found.get(place, 0.0) + (-count if self.signed and value < 0 else count)
        if self.binary:
            found = dict.fromkeys(found, 1.0)
        total = sum([count * self.weights.get(place, self.default) for place, count in found.items()])
        if self.norm == "l2":
            total /= math.sqrt(sum([count * count for count in found.values()])) or 1.0
        elif self.norm == "l1":
            total /= sum(map(abs, found.values())) or 1.0
        return total
