"""One question to an OpenAI-compatible endpoint; what goes wrong there is said without its secrets."""

import contextlib
import json
import re
from dataclasses import dataclass
from typing import Any

from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    OpenAI,
    OpenAIError,
)

from mi_cot_lib.errors import KitError
from mi_cot_lib.machine import is_address, network_client, network_hint, openai_address

_KEPT = "The answers so far are kept: the same call goes on from there."
# Local servers take any word as a key: a short one would be found in every text.
_SECRET_LENGTH = 8
_CUT_OFF = ("length", "content_filter", "error")
_QUOTED_LENGTH = 300
_HEADERS = (
    "cannot be asked: its address or a header holds letters that none may hold. Check OPENAI_BASE_URL, "
    "OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS"
)


def connect(max_retries: int, timeout: float) -> OpenAI:
    """Make a client from OPENAI_API_KEY and, where it is set, OPENAI_BASE_URL; nothing is sent.

    Raises:
        KitError: The key is missing or no key at all, the address is none, or the proxy or the
            certificates that the environment names cannot be used; the message never holds the key.
    """
    address = openai_address()
    if address is not None and not is_address(address, "http", "https"):
        raise KitError(
            "OPENAI_BASE_URL is not an address such as https://api.openai.com/v1: set it anew, or unset "
            "it for OpenAI's own. Nothing was sent."
        )
    client: OpenAI | None
    try:
        client = network_client(lambda: OpenAI(max_retries=max_retries, timeout=timeout))
    except OpenAIError:
        # Without any key the client refuses to be made; with a blank one it does not.
        client = None
    if client is None or not client.api_key.strip():
        raise KitError(
            "the judge needs a key: set the environment variable OPENAI_API_KEY (any word will do for a "
            "local server that asks for none; OPENAI_BASE_URL names the server). Nothing was sent."
        )
    if not re.fullmatch(r"[!-~]+", client.api_key):
        raise KitError(
            "OPENAI_API_KEY holds a space, a line break or a letter that no key has: set it anew. "
            "Nothing was sent."
        )
    return client


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote, to be read with suspicion, and what is shown of it: one short, printable line."""

    text: str
    shown: str


class ChatEndpoint:
    """Where questions go; its client tries again, with growing pauses, what failed for a passing reason."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client

    def answer(self, model: str, temperature: float, prompt: str) -> Reply:
        """Ask once. No limit of tokens is sent: endpoints do not agree on what it is called.

        Raises:
            KitError: The endpoint cannot be reached, refuses, or sends something else than a chat
                completion. The message holds the server's own words, and neither the key nor a header.
        """
        body, reply = "", None
        try:
            body = self._client.chat.completions.with_raw_response.create(
                model=model,
                temperature=temperature,
                messages=[{"role": "user", "content": prompt}],
            ).text
            reply = self._reply(body)
        except OpenAIError as error:
            problem = self._explained(error, model)
        except UnicodeError:
            problem = _HEADERS
        else:
            problem = (
                "sent no chat completion. Check OPENAI_BASE_URL (it often ends in /v1) and the model's "
                f"name {model!r}; it says: {self._shown(body)}"
            )
        if reply is None:
            # Raised out here, the error carries no cause: a library's own may hold headers, and a
            # server's text may repeat the key.
            address = self._client.base_url.netloc.decode("ascii", "replace")
            raise KitError(f"the judge's endpoint {address} {problem}. {_KEPT}")
        return reply

    def _reply(self, body: str) -> Reply | None:
        """Read a chat completion; None where the body is none."""
        try:
            choice = json.loads(body)["choices"][0]
            message = choice["message"]
            content = message.get("content")
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            return None
        text = _text_of(content)
        if text is None:
            return None
        # Short entries first: the reason for an empty reply stands behind pages of thoughts at times.
        said = {**message, "finish_reason": choice.get("finish_reason")}
        entries = sorted(said.items(), key=lambda entry: len(str(entry[1])))
        # Of a text that was cut off nobody knows how it goes on: "4" may be "4.5".
        text = "" if said["finish_reason"] in _CUT_OFF else text
        whole = text.strip() and said["finish_reason"] in (None, "stop")
        shown = text if whole else json.dumps(dict(entries))
        return Reply(self._without_key(text), self._shown(shown))

    def _explained(self, error: OpenAIError, model: str) -> str:
        tries = f"{self._client.max_retries + 1} tries"
        if isinstance(error, APITimeoutError):
            return (
                f"did not answer in time in {tries}: raise the timeout, or ask again later"
                f"{network_hint()}"
            )
        if isinstance(error, APIConnectionError):
            # Its text would repeat the header, whatever that is.
            if type(error.__cause__).__name__ == "LocalProtocolError":
                return _HEADERS
            return (
                f"cannot be reached or breaks off, in {tries} ({self._shown(str(error.__cause__))}): "
                f"check the network and OPENAI_BASE_URL{network_hint()}"
            )
        if not isinstance(error, APIStatusError):
            return f"does not take the request for {model!r}: {self._shown(str(error))}"
        advice = {
            401: "refused the key (401): set OPENAI_API_KEY to one that is valid there",
            403: f"does not let this key use {model!r} (403): choose another model or key",
            404: f"has no model {model!r}, or no chat completions (404): check both names",
            429: f"refuses more requests (429), after up to {tries}: wait, or look whether the account's "
            "quota is spent",
        }.get(error.status_code, f"does not take the request for {model!r}")
        if error.status_code >= 500:
            advice = f"failed ({error.status_code}), after up to {tries}: ask again later"
        return f"{advice}; it says: {self._shown(error.response.text)}"

    def _shown(self, text: str) -> str:
        """Return foreign text as one short line without control characters and without the key."""
        with contextlib.suppress(ValueError, RecursionError):
            # The same words, without the escapes that JSON needs.
            text = json.dumps(json.loads(text), ensure_ascii=False)
        seen = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
        line = self._without_key(" ".join(seen.split()))
        return line[:_QUOTED_LENGTH] + "…" * (len(line) > _QUOTED_LENGTH) or "nothing"

    def _without_key(self, text: str) -> str:
        key = self._client.api_key
        if len(key) < _SECRET_LENGTH:
            return text
        return text.replace(key, "[key]").replace(json.dumps(key)[1:-1], "[key]")


def _text_of(content: Any) -> str | None:
    """Return the text of a message's content, which may come in parts; None where it is no content."""
    if content is None:
        return ""
    parts = content if isinstance(content, list) else [content]
    if not all(isinstance(part, str | dict) for part in parts):
        return None
    texts = [
        part if isinstance(part, str) else part.get("text")
        for part in parts
        if isinstance(part, str) or part.get("type", "text") == "text"
    ]
    return "".join(text for text in texts if isinstance(text, str))
