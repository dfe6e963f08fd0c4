"""Sentences that pictures and cases carry, from `words.toml`."""

import tomllib
from pathlib import Path

_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
# By picture, what its marks are.
NOTES: dict[str, str] = _WORDS["notes"]
# By what a case study is about, the rules by which its cases are chosen.
RULES: dict[str, list[str]] = _WORDS["cases"]
