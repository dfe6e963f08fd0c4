"""Items that recur: which are copies of one another, and which must stay on one side of a split."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Of the items. Where more hang together than this, values recur because they are few, as on a grid.
_WIDE = 0.1


def same_rows(columns: np.ndarray) -> np.ndarray:
    """Number the items, `(items, dims)`, so that equal rows get equal numbers, `(items,)`."""
    return np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1)


def first_of_each(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the first item of each number, rising, and how many items have it."""
    _, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order], counts[order]


def hanging_together(keys: Sequence[np.ndarray]) -> np.ndarray:
    """Number the items so that those which agree in any key, however indirectly, get one number.

    Four answers to one question share its row: what was fitted to one of them knows the others. Where
    values recur so widely that a tenth of all items hang together, agreeing in one key is chance, and only
    the first key counts.

    Args:
        keys: Numbers of the items, `(items,)` each; first that of the item as a whole.

    Returns:
        `(items,)`.
    """
    items = len(keys[0])
    nodes, start = [], items
    for key in keys:
        nodes.append(key + start)
        start += int(key.max()) + 1
    rows, columns = np.tile(np.arange(items), len(keys)), np.concatenate(nodes)
    links = coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(start, start))
    found = connected_components(links, directed=False)[1][:items]
    return keys[0] if np.bincount(found).max() > _WIDE * items else found


def cut_between(groups: np.ndarray, sizes: Sequence[int], seed: int) -> list[np.ndarray]:
    """Cut the items at random into parts that share no group.

    Args:
        groups: `(items,)`, each item's group.
        sizes: Items of each part but the last, which gets the rest. A group at a cut goes to the part
            before it.
        seed: Of the order.

    Returns:
        Indices of each part's items.
    """
    kinds, numbers = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(kinds))
    places = np.empty_like(order)
    places[order] = np.arange(len(kinds))
    items = np.argsort(places[numbers], kind="stable")
    ends = np.append(np.flatnonzero(np.diff(places[numbers][items])) + 1, len(items))
    cuts = ends[np.searchsorted(ends, np.cumsum(sizes))]
    return np.split(items, cuts)
