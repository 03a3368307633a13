"""The array types that the desk's numbers come in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
"""64-bit floats of any shape; NaN stands for unknown."""
IntArray = npt.NDArray[np.int64]
"""64-bit integers of any shape: indices, counts, cents."""
BoolArray = npt.NDArray[np.bool_]
"""Masks of any shape."""
RowIndex = npt.NDArray[np.intp]
"""(R,) positions along the first axis of a panel or market."""
