"""The perceptron that critics and decoders share."""

import torch
from torch import Tensor, nn

_WIDTH = 128


class Perceptron(nn.Module):
    """Two hidden layers, in float64: at 8 nats scores are small differences of large numbers.

    Args:
        inputs: Columns that it takes.
        outputs: Columns that it makes.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(inputs, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, _WIDTH), nn.ReLU()
        )
        self.last = nn.Linear(_WIDTH, outputs)
        self.double()

    def forward(self, columns: Tensor) -> Tensor:
        """Map `(items, inputs)` to `(items, outputs)`."""
        return self.last(self.body(columns))

    def silence(self, outputs: slice = slice(None)) -> None:
        """Let some outputs start at 0, whatever the input."""
        with torch.no_grad():
            self.last.weight[outputs] = 0
            self.last.bias[outputs] = 0
