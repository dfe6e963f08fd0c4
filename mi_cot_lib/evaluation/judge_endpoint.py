"""One question to an OpenAI-compatible endpoint; what goes wrong there is said without its secrets."""

import re

from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    NotFoundError,
    OpenAI,
    OpenAIError,
    PermissionDeniedError,
    RateLimitError,
)

from mi_cot_lib.errors import KitError

_KEPT = "The answers so far are kept: the same call goes on from there."
# Local servers take any word as a key: a short one would be found in every text.
_SECRET_LENGTH = 8
_QUOTED_LENGTH = 300


def connect(max_retries: int, timeout: float) -> OpenAI:
    """Make a client from OPENAI_API_KEY and, where it is set, OPENAI_BASE_URL; nothing is sent.

    Args:
        max_retries: How often a request that failed for a passing reason is sent again.
        timeout: Seconds without any byte before a try is given up.

    Raises:
        KitError: The key is missing or no key at all, or the address is none; the message never
            holds the key.
    """
    client: OpenAI | None
    try:
        client = OpenAI(max_retries=max_retries, timeout=timeout)
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
    if client.base_url.scheme not in ("http", "https") or not client.base_url.host:
        raise KitError(
            "OPENAI_BASE_URL is not an address such as https://api.openai.com/v1: set it anew, or unset "
            "it for OpenAI's own. Nothing was sent."
        )
    return client


class ChatEndpoint:
    """Where questions go; its client tries again, with growing pauses, what failed for a passing reason."""

    def __init__(self, client: OpenAI) -> None:
        self._client = client

    def answer(self, model: str, temperature: float, prompt: str) -> str:
        """Ask once and return the raw text, which is whatever a model wrote: read it with suspicion.

        No limit of tokens is sent: endpoints do not agree on what it is called.

        Args:
            model: Its name at the endpoint.
            temperature: Of sampling.
            prompt: The user's message.

        Returns:
            The text; empty where the model wrote none, as when it refuses.

        Raises:
            KitError: The endpoint cannot be reached, refuses, or sends something else than a chat
                completion. The message holds neither the key nor a header.
        """
        text = None
        problem = "sent no chat completion. Check OPENAI_BASE_URL (it often ends in /v1)"
        try:
            text = _text_of(
                self._client.chat.completions.create(
                    model=model,
                    temperature=temperature,
                    messages=[{"role": "user", "content": prompt}],
                )
            )
        except OpenAIError as error:
            problem = self._explained(error, model)
        except (ValueError, RecursionError):
            problem = f"sent a body that is not JSON. {problem}"
        if text is None:
            # Raised out here, the error carries no cause: a library's own may hold headers, and a
            # server's text may repeat the key.
            address = self._client.base_url.netloc.decode("ascii", "replace")
            raise KitError(f"the judge's endpoint {address} {problem}. {_KEPT}")
        return self._without_key(text)

    def _explained(self, error: OpenAIError, model: str) -> str:
        tries = f"{self._client.max_retries + 1} tries"
        if isinstance(error, AuthenticationError):
            return "refused the key (401): set OPENAI_API_KEY to one that is valid there"
        if isinstance(error, PermissionDeniedError):
            return f"does not let this key use {model!r} (403): choose another model or key"
        if isinstance(error, NotFoundError):
            return f"has no model {model!r}, or no chat completions (404): check both names"
        if isinstance(error, RateLimitError):
            return (
                f"refuses more requests (429), after up to {tries}: wait, or look whether the account's "
                "quota is spent"
            )
        if isinstance(error, APITimeoutError):
            return f"did not answer in time in {tries}: raise the timeout, or ask again later"
        if isinstance(error, APIConnectionError):
            return f"cannot be reached or breaks off, in {tries}: check the network and OPENAI_BASE_URL"
        if isinstance(error, APIStatusError) and error.status_code >= 500:
            return f"failed ({error.status_code}), after up to {tries}: ask again later"
        said = " ".join(self._without_key(str(error)).split())[:_QUOTED_LENGTH]
        shown = "".join(letter for letter in said if letter.isprintable())
        return f"does not take the request for {model!r}; it says: {shown}"

    def _without_key(self, text: str) -> str:
        key = self._client.api_key
        return text.replace(key, "[key]") if len(key) >= _SECRET_LENGTH else text


def _text_of(completion: object) -> str | None:
    # The client checks no types of what a server sends: a page of HTML comes out as a str.
    choices = getattr(completion, "choices", None)
    if not isinstance(choices, list) or not choices:
        return None
    message = getattr(choices[0], "message", None)
    if message is None or not hasattr(message, "content"):
        return None
    content = "" if message.content is None else message.content
    return content if isinstance(content, str) else None
