"""The kinds of work one example asks for."""

from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One piece of work for one example; its subclasses say how large it is.

    Attributes:
        block: "embedding", "block_1" and so on, or "head". operator: as in `space.operator`, or a merger's name.
        part: what of the operator. after: names of the operations whose results it reads.
    """

    block: str
    operator: str
    part: str
    after: tuple[str, ...]

    @property
    def name(self) -> str:
        """The place of the operation, spelt as the network spells the places of its weights."""
        return f"{self.block}/{self.operator}/{self.part}"

    @property
    def macs(self) -> int:
        """Multiply-accumulates by fvcore's convention, which leaves out elementwise work."""
        return 0

    @property
    def parameters(self) -> int:
        """Trainable numbers, embedding tables left out."""
        return 0


@dataclass(frozen=True)
class EmbeddingGather(Operation):
    """Reads one embedding of `length` values from each of `rows` tables."""

    rows: int
    length: int


@dataclass(frozen=True)
class MatrixVectorMultiply(Operation):
    """Multiplies `times` vectors of `rows` values by one matrix of trained weights."""

    rows: int
    columns: int
    times: int
    has_bias: bool

    @property
    def macs(self) -> int:
        return self.rows * self.columns * self.times

    @property
    def parameters(self) -> int:
        return self.rows * self.columns + (self.columns if self.has_bias else 0)


@dataclass(frozen=True)
class DigitalOperation(Operation, ABC):
    """Work without trained weights, which a digital unit does on `input_values` numbers."""

    @property
    @abstractmethod
    def input_values(self) -> int: ...

    @property
    @abstractmethod
    def output_values(self) -> int: ...

    @property
    @abstractmethod
    def steps(self) -> int:
        """Multiply-accumulates or additions that really have to be done, whatever the convention counts."""


@dataclass(frozen=True)
class PairwiseProduct(DigitalOperation):
    """Inner products of `rows` embeddings of `length` values, every pair once.

    Source:
        fvcore counts the full square `T T^T`; only the strict lower triangle is read, and costs steps here.
    """

    rows: int
    length: int

    @property
    def macs(self) -> int:
        return self.rows**2 * self.length

    @property
    def input_values(self) -> int:
        return self.rows * self.length

    @property
    def output_values(self) -> int:
        return self.rows * (self.rows - 1) // 2

    @property
    def steps(self) -> int:
        return self.output_values * self.length


@dataclass(frozen=True)
class FactorizationMachine(DigitalOperation):
    """`(sum_f s_f)^2 - sum_f s_f^2` of `rows` embeddings of `length` values."""

    rows: int
    length: int

    @property
    def input_values(self) -> int:
        return self.rows * self.length

    @property
    def output_values(self) -> int:
        return self.length

    @property
    def steps(self) -> int:
        return (2 * self.rows + 1) * self.length  # one sum, one sum of squares, one square of the sum


@dataclass(frozen=True)
class LayerNorm(DigitalOperation):
    """Normalises `times` vectors of `length` values; with `times` 0 it has weights and is never run.

    Source:
        5 per value is fvcore's count.
    """

    length: int
    times: int

    @property
    def macs(self) -> int:
        return 5 * self.length * self.times

    @property
    def parameters(self) -> int:
        return 2 * self.length

    @property
    def input_values(self) -> int:
        return self.length * self.times

    @property
    def output_values(self) -> int:
        return self.length * self.times

    @property
    def steps(self) -> int:
        return self.macs
