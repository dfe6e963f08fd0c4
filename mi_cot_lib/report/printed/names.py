"""What an item's rows, columns and comparisons are called."""

from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import Setting, title

COLUMN = ("dataset", "split")


def row_title(result: Result, setting: Setting) -> str:
    """Return what a setting's row is called in this item."""
    return title(setting, _row_fields(result))


def _row_fields(result: Result) -> tuple[str, ...]:
    sizes = {one.size for one in result.cells["setting"]}
    return (*result.fields, *(("size",) if len(sizes) > 1 else ()))


def pair_titles(result: Result, setting: Setting, against: Setting) -> tuple[str, str, str]:
    """Return what a comparison's sides are called, and once what they share: `MI`, `DSS`, `250 examples`."""
    fields = _row_fields(result)
    differing = [name for name in fields if getattr(setting, name) != getattr(against, name)]
    # What only one side has is no difference of two values: α3 of MI against DSS.
    own = [name for name in differing if getattr(against, name) is not None] or differing
    shared = [name for name in fields if name not in differing]
    return title(setting, differing), title(against, own), title(setting, shared)


def pair_title(result: Result, setting: Setting, against: Setting) -> str:
    """Return what a comparison is called: `MI − DSS, 250 examples`."""
    one, other, shared = pair_titles(result, setting, against)
    return f"{one} − {other}" + (f", {shared}" if shared else "")
