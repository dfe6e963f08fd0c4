"""Items that recur: which are copies of one another, and which must stay on one side of a split."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import percentile_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Of the items. Where more hang together than this, values recur because they are few, as on a grid.
_WIDE = 0.1


# A gap between neighbours is a tremor, as of rounding, where it is as small as this share of their value
# and as that one of the wide gaps around it: a steep map or a large offset makes only one of them small.
_DIGITS = 1e-6
_TREMOR, _WIDE_GAPS, _AROUND = 1e-4, 90, 51


def same_rows(columns: np.ndarray) -> np.ndarray:
    """Number the items, `(items, dims)`, so that rows equal but for a tremor get equal numbers, `(items,)`.

    No monotone map of a column matters, but by chance.
    """
    values = np.stack([_steps(column) for column in columns.T], axis=1)
    return np.unique(values, axis=0, return_inverse=True)[1].reshape(-1)


def _steps(column: np.ndarray) -> np.ndarray:
    order = np.argsort(column, kind="stable")
    # Halved, so that no gap overflows.
    values = column[order] / 2
    gaps = np.diff(values)
    wide = percentile_filter(gaps, _WIDE_GAPS, _AROUND)
    rises = gaps > np.minimum(_TREMOR * wide, _DIGITS * np.abs(values[1:]))
    steps = np.empty(len(column), dtype=int)
    steps[order] = np.concatenate([[0], np.cumsum(rises)])
    return steps


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
