"""Random numbers by name and by index: the n-th draw of a stream never depends on how many are drawn after it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from desk.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Draws:
    """Random streams of one seed. Numbers are drawn in index order, so a longer draw begins with the shorter one."""

    seed: int

    def generator(self, stream: str) -> np.random.Generator:
        """The generator of a named stream, from its start."""
        key = np.array([self.seed & 0xFFFFFFFFFFFFFFFF, zlib.crc32(stream.encode())], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key))

    def normal(self, stream: str, count: int) -> FloatArray:
        """Standard normal. Shape (count,)."""
        return self.generator(stream).standard_normal(count)

    def student_t(self, stream: str, count: int, *, degrees: float = 5.0) -> FloatArray:
        """Student t scaled to unit variance, for daily market moves. Shape (count,)."""
        return self.generator(stream).standard_t(degrees, count) * float(np.sqrt((degrees - 2.0) / degrees))

    def uniform(self, stream: str, count: int) -> FloatArray:
        """Uniform on [0, 1). Shape (count,)."""
        return self.generator(stream).random(count)
