"""An item's answer: the largest declared effect first, then what else was declared; at most two sentences."""

from collections.abc import Mapping, Sequence

import jinja2
import numpy as np
import pandas as pd

from mi_cot_lib.measure.verdicts import HIGHER, LOWER, SAME, UNDECIDED
from mi_cot_lib.report.compare import CONFIRMED, REFUTED
from mi_cot_lib.report.runs import (
    ASKED,
    NO_ROOM,
    Result,
    column_title,
    has_claims,
    is_listed,
    pair_title,
    pair_titles,
    pairs_of,
    verdict_of,
)
from mi_cot_lib.report.setting import COLUMN, Setting, title
from mi_cot_lib.report.text import DIGITS, interval, number

# Further ones stand in the folded table.
_NAMED = 2
# So many comparisons have a sentence each.
_EACH = 3
WORDS = jinja2.Environment(
    loader=jinja2.PackageLoader("mi_cot_lib.report"),
    autoescape=jinja2.select_autoescape(["html.jinja"]),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def answer_of(result: Result) -> list[str]:
    """Return what an item's comparisons say; of those that were not declared, how many are apart from 0.

    Up to three that were declared have a sentence each. Of more the first sentence is of the largest effect
    that is decided, with its 95% interval; where none is, of the largest difference that was seen. The second
    says what became of the others, by what is compared where an item asks two things. Where more is compared
    on several data sets, each comparison has a sentence; where one of them is primary, a sentence a split is
    of that before all others. Claims are told by what became of them. The last sentence says whether what an
    item varies makes a difference.
    """
    declared = result.declared
    if result.asked.empty:
        return []
    if declared.empty:
        return [_explored(result), *_contrast(result)]
    if has_claims(result):
        return _claims(result)
    if len(declared) <= _EACH:
        each = [_sentence(result, row) for _, row in declared.iterrows()]
        return [*each, *_contrast(result)]
    if is_listed(result):
        return [*_primary(result), *_listed(result)]
    first = first_of(result)
    rest = declared.drop(index=first.name)
    pairs = [pair_title(result, *pair) for pair in pairs_of(rest)]
    text = WORDS.get_template("answer.txt.jinja").render(
        verdict=first["verdict"],
        decided={
            verdict: _named(result, rest[rest["verdict"] == verdict]) for verdict in (HIGHER, LOWER)
        },
        others=[verdict for verdict in (SAME, UNDECIDED) if (rest["verdict"] == verdict).any()],
        by_pair=_by_pair(rest, pairs) if len(set(pairs)) == ASKED else {},
        margin=f"{result.margin:g}",
    )
    return [_sentence(result, first), *_lines(text)]


def _contrast(result: Result) -> list[str]:
    """Say the largest contrast that is decided; where none is, the largest that is not the same."""
    found = result.contrasts
    if found.empty:
        return []
    one = _largest_decided(found, ((HIGHER, LOWER), (UNDECIDED,), (SAME,)))
    text = WORDS.get_template("contrast.txt.jinja").render(
        kind=result.contrast,
        contrast=one["contrast"],
        where=column_title(result, one["setting"]),
        verdict=one["verdict"],
        signed=number(one["difference"], signed=True),
        interval=interval(one["low"], one["high"], 1, signed=True),
        margin=f"{result.margin:g}",
    )
    return _lines(text)


def _explored(result: Result) -> str:
    """Say on how many of several differences seeds agree; which is the largest of all would be chance."""
    asked = result.asked
    if len(asked) == 1:
        return _sentence(result, asked.iloc[0])
    known = asked[asked["low"].notna() | (asked["difference"] == 0)]
    apart = known[known["low"] * known["high"] > 0]
    sides: dict[str, list[str]] = {}
    for one in apart.to_dict("records"):
        pair = pair_title(result, one["setting"], one["against"])
        side = f"{pair} is {'above' if one['difference'] > 0 else 'below'} it"
        sides.setdefault(side, []).append(column_title(result, one["setting"]))
    text = WORDS.get_template("explored.txt.jinja").render(
        asked=len(asked),
        known=len(known),
        apart=len(apart),
        sides=sides,
        are_equal=bool((asked[["difference", "spread"]] == 0).all(axis=None)),
    )
    (line,) = _lines(text)
    return line


def _sentence(result: Result, row: pd.Series) -> str:
    """Say one comparison with its interval."""
    digits = DIGITS[result.measure]
    one, other, shared = pair_titles(result, row["setting"], row["against"])
    text = WORDS.get_template("sentence.txt.jinja").render(
        verdict=row["verdict"],
        measure=result.measure,
        row=one,
        against=other,
        where=", ".join(filter(None, (column_title(result, row["setting"]), shared))),
        signed=number(row["difference"], digits, signed=True),
        interval=interval(row["low"], row["high"], digits, signed=True),
        is_equal=bool(np.isnan(row["low"]) and row["difference"] == 0),
        has_room=bool(row["room"]),
        is_small=bool(max(abs(row["low"]), abs(row["high"])) < result.margin),
        is_corrected_away=bool(row["low"] * row["high"] > 0),
        margin=f"{result.margin:g}",
    )
    (line,) = _lines(text)
    return line[0].upper() + line[1:] if line[0].isascii() else line


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def first_of(result: Result) -> pd.Series:
    """Return the declared comparison that an answer opens with, a row of `Result.declared`."""
    return _largest_decided(result.declared, ((HIGHER, LOWER), (UNDECIDED, SAME)))


def _largest_decided(compared: pd.DataFrame, ranks: Sequence[tuple[str, ...]]) -> pd.Series:
    """Return the largest difference among those with the first verdicts that any has."""
    has = [compared["verdict"].isin(verdicts) for verdicts in ranks]
    return _largest(compared[next(one for one in has if one.any())])


def _largest(compared: pd.DataFrame) -> pd.Series:
    return compared.loc[compared["difference"].abs().idxmax()]


def _claims(result: Result) -> list[str]:
    """Say which claims are confirmed, which refuted, and which undecided."""
    found: dict[str, list[str]] = {}
    for one in result.declared.to_dict("records"):
        said = one["claim"].answer(one["verdict"], one["low"], one["high"], result.margin)
        found.setdefault(said, []).append(one["claim"].text)
    return [
        f"{answer.capitalize()}: {'; '.join(found[answer])}."
        for answer in (CONFIRMED, REFUTED, UNDECIDED)
        if answer in found
    ]


def _primary(result: Result) -> list[str]:
    """Say what is compared over all data sets at once, if anything is."""
    if result.pooled.empty:
        return []
    first = result.declared.iloc[0]
    text = WORDS.get_template("primary.txt.jinja").render(
        pooled=[
            {
                "where": title(first["setting"].with_(split=row["split"]), ("split",)),
                "verdict": row["verdict"],
                "sets": row["sets"],
                "signed": number(row["difference"], 2, signed=True),
                "interval": interval(row["low"], row["high"], 2, signed=True),
            }
            for row in result.pooled.to_dict("records")
        ],
        pair=pair_titles(result, first["setting"], first["against"])[:2],
        margin=f"{result.margin:g}",
    )
    return _lines(text)


def _listed(result: Result) -> list[str]:
    """Say each declared comparison: on which data sets it is higher, lower, the same, undecided."""
    declared = result.declared
    verdicts: dict[str, dict[Setting, str]] = {}
    for pair, row in zip(pairs_of(declared), declared.to_dict("records"), strict=True):
        one, other, _ = pair_titles(result, *pair)
        name = " ".join(filter(None, (row["question"], f"{one} − {other}")))
        verdicts.setdefault(name, {})[pair[0]] = verdict_of(row)
    text = WORDS.get_template("listed.txt.jinja").render(
        by_pair={pair: _where(found) for pair, found in verdicts.items()},
        margin=f"{result.margin:g}",
    )
    return _lines(text)


def _where(verdicts: Mapping[Setting, str]) -> dict[str, list[str]]:
    """Return data sets by verdict; a split is named where not all of its data set's have that verdict."""
    of_set: dict[str, set[str]] = {}
    for setting, verdict in verdicts.items():
        of_set.setdefault(setting.dataset, set()).add(verdict)
    found: dict[str, dict[str, None]] = {}
    for setting, verdict in verdicts.items():
        name = title(setting, ("dataset",))
        if len(of_set[setting.dataset]) > 1:
            name += f" {title(setting, ('split',)) or f'({setting.split})'}"
        found.setdefault(verdict, {})[name] = None
    return {
        verdict: list(found[verdict])
        for verdict in (HIGHER, LOWER, SAME, NO_ROOM, UNDECIDED)
        if verdict in found
    }


def _by_pair(rest: pd.DataFrame, pairs: list[str]) -> dict[str, dict[str, list[str]]]:
    """Group columns by what is compared, then by verdict."""
    found: dict[str, dict[str, list[str]]] = {}
    for pair, setting, verdict in zip(pairs, rest["setting"], rest["verdict"], strict=True):
        found.setdefault(pair, {}).setdefault(verdict, []).append(title(setting, COLUMN))
    return found


def _named(result: Result, compared: pd.DataFrame) -> list[str]:
    ranked = compared.sort_values("difference", key=abs, ascending=False)
    names: dict[str, list[str]] = {}
    for one in ranked.head(_NAMED).to_dict("records"):
        pair = pair_title(result, one["setting"], one["against"])
        names.setdefault(pair, []).append(title(one["setting"], COLUMN))
    more = ["others"] if len(ranked) > _NAMED else []
    return [f"{pair} on {' and '.join(where)}" for pair, where in names.items()] + more
