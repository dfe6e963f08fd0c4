"""A value of the type that a field wants, or a message that says what would be valid."""

from typing import Any, get_args

from mi_cot_lib.errors import ConfigError, unknown_name

_TYPES: dict[type, tuple[Any, str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    float: ((int, float), "a number"),
}


def checked(name: str, kind: Any, value: Any) -> Any:
    """Return a value of its field's type; 1 and 1.0 are one value and must name one run."""
    if kind not in _TYPES:
        if value not in get_args(kind):
            raise unknown_name(name, value, get_args(kind))
        return value
    accepted, words = _TYPES[kind]
    if isinstance(value, bool) or not isinstance(value, accepted):
        raise ConfigError(f"{name} must be {words}, got {value!r}.")
    return kind(value)
