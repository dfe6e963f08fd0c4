"""One training loop for every critic and decoder: Adam, stopped by the validation part."""

import copy
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from mi_cot_lib.measure.mutual_information.variables import Pairs

BATCH_SIZE = 256
MOST_STEPS = 800
_LEARNING_RATE = 5e-4
_EVERY = 20
_PATIENCE = 6
# A batch whose mean of exponentials is carried by one pair would otherwise throw the critic away.
_LARGEST_GRADIENT = 1.0


def fit(
    module: nn.Module,
    loss: Callable[[np.ndarray], Tensor],
    terms: Callable[[np.ndarray], Tensor],
    pairs: Pairs,
) -> None:
    """Train a module on the train part and leave it where it does best on the validation part.

    The start is the first candidate. A later state replaces the best so far only if it gains in every
    column of terms, by more than one standard error over items (the rule of Breiman et al. 1984).

    Args:
        module: What to train, in place.
        loss: Loss of a batch of items, given their indices.
        terms: What each item adds to each objective that must gain, `(items, objectives)`; higher is
            better.
        pairs: The items, and the seed of the batches.
    """
    generator = np.random.default_rng([pairs.seed, 1])
    optimiser = torch.optim.Adam(module.parameters(), lr=_LEARNING_RATE)
    best, state, waited = _valid_terms(terms, pairs), copy.deepcopy(module.state_dict()), 0
    size = min(BATCH_SIZE, len(pairs.train))
    shares = pairs.weights(pairs.train) / len(pairs.train)
    weights = torch.from_numpy(pairs.weights(pairs.valid))[:, None]
    for step in range(1, MOST_STEPS + 1):
        optimiser.zero_grad()
        loss(generator.choice(pairs.train, size, replace=False, p=shares)).backward()
        nn.utils.clip_grad_norm_(module.parameters(), _LARGEST_GRADIENT)
        optimiser.step()
        if step % _EVERY:
            continue
        found = _valid_terms(terms, pairs)
        gain = found - best
        hurdle = gain.std(dim=0) / math.sqrt(len(gain))
        # Written so that what is not a number is no gain.
        if bool(((weights * gain).mean(dim=0) > hurdle).all()):
            best, state, waited = found, copy.deepcopy(module.state_dict()), 0
        else:
            waited += 1
            if waited == _PATIENCE:
                break
    module.load_state_dict(state)


def _valid_terms(terms: Callable[[np.ndarray], Tensor], pairs: Pairs) -> Tensor:
    with torch.no_grad():
        return terms(pairs.valid)
