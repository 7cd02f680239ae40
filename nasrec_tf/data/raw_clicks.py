"""`RawClicks`: rows of a click log as the file has them, column by column, before any transform."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class RawClicks:
    """Untransformed clicks.

    Attributes:
        columns: feature name -> the cells' bytes in row order; a missing value is `b""`. Features with the "zero"
            transform stand in no file and are absent.
        label: 1 for a click, 0 for none.

    Shapes:
        columns: `[n]` bytes (NumPy "S") each. label: `[n]` float32.
    """

    columns: Mapping[str, npt.NDArray[np.bytes_]]
    label: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, indices: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "RawClicks":
        """Returns the rows that an index array or a mask picks."""
        return RawClicks({name: cells[indices] for name, cells in self.columns.items()}, self.label[indices])

    @classmethod
    def concatenate(cls, parts: Sequence["RawClicks"]) -> "RawClicks":
        """Joins at least one part; all have the same columns."""
        names = parts[0].columns
        return cls(
            {name: np.concatenate([part.columns[name] for part in parts]) for name in names},
            np.concatenate([part.label for part in parts]),
        )
