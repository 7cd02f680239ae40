"""`MalformedRows`: what a reader met that is no click, by reason, and when that is too much."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from nasrec_tf.errors import MalformedRowsError

MAX_EXAMPLES = 10


@dataclass
class MalformedRows:
    """The malformed rows of the files read so far.

    Attributes:
        num_rows: rows read, malformed ones included.
        count_by_reason: malformed rows by the first rule each breaks.
        examples: "file:line: reason" of the first ones.
    """

    num_rows: int = 0
    count_by_reason: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.count_by_reason.values())

    def add(self, path: Path, line: int, reason: str) -> None:
        self.count_by_reason[reason] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(f"{path}:{line}: {reason}")

    def merge(self, other: "MalformedRows") -> None:
        self.num_rows += other.num_rows
        self.count_by_reason.update(other.count_by_reason)
        self.examples = (self.examples + other.examples)[:MAX_EXAMPLES]

    def describe(self) -> str:
        """Returns one line for people."""
        if not self.count:
            return f"{self.num_rows} rows read, none malformed"
        reasons = ", ".join(f"{count} x {reason}" for reason, count in self.count_by_reason.most_common())
        return f"{self.count} of {self.num_rows} rows are malformed and left out ({reasons}); first: {self.examples[0]}"

    def check(self, max_malformed_share: float) -> None:
        """Raises `MalformedRowsError` if the malformed share of the rows read is above `max_malformed_share`."""
        if self.count <= max_malformed_share * self.num_rows:
            return
        share = self.count / self.num_rows
        reasons = ", ".join(f"{count} x {reason}" for reason, count in self.count_by_reason.most_common())
        raise MalformedRowsError(
            f"at most a share of `max_malformed_share`={max_malformed_share:g} of the rows may be malformed. Received: "
            f"{self.count} of {self.num_rows} rows read ({share:.2%}): {reasons}. First ones:\n  "
            + "\n  ".join(self.examples)
            + "\nCorrect the file, or raise `max_malformed_share` to leave such rows out."
        )
