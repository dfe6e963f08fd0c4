"""A chat completion server on loopback that stalls, refuses, breaks off and talks nonsense."""

import json
import threading
import time
import traceback
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.judge import JudgeItem

KEY = "sk-test-0123456789abcdefghij"


@dataclass
class Reply:
    """One answer of the server; without a body a chat completion that says `text`.

    `retry` is the pause that it asks for, `cut` breaks off in the middle, `stall` never answers.
    """

    text: object = "4"
    status: int = 200
    body: str | None = None
    kind: str = "application/json"
    retry: dict = field(default_factory=lambda: {"Retry-After-Ms": "10"})
    cut: bool = False
    stall: bool = False


def completion(message, finish_reason="stop"):
    """Return a chat completion with this message, as a server sends it."""
    choice = {
        "index": 0,
        "finish_reason": finish_reason,
        "message": {"role": "assistant", **message},
    }
    return json.dumps({"id": "1", "object": "chat.completion", "choices": [choice]})


class Server:
    """A chat completion server that gives the replies of `next`, then `always`, and notes each request."""

    def __init__(self):
        self.next, self.always = [], Reply()
        self.asked, self.times, self.keys = [], [], []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request):
        assert request.path == "/v1/chat/completions"
        self.times.append(time.monotonic())
        self.keys.append(request.headers["Authorization"])
        self.asked.append(
            json.loads(request.rfile.read(int(request.headers["Content-Length"])).decode())
        )
        reply = self.next.pop(0) if self.next else self.always
        if reply.stall:
            self.released.wait(20)
            return
        body = (completion({"content": reply.text}) if reply.body is None else reply.body).encode()
        request.send_response(reply.status)
        request.send_header("Content-Type", reply.kind)
        request.send_header("Content-Length", str(len(body)))
        if reply.status >= 400:
            for name, value in reply.retry.items():
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body[: len(body) // 2] if reply.cut else body)


def items(number):
    return [
        JudgeItem(f"q{i}", "SVAMP", f"What is {i} + 1?", str(i + 1), f"{i} and one more.")
        for i in range(number)
    ]


def failure(judge, number=1, repeats=1, **options):
    """Return all that a person can see of the error: its text and the whole traceback."""
    with pytest.raises(KitError) as caught:
        judge.judge(items(number), repeats, **options)
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown and "Authorization" not in shown
    assert caught.value.__cause__ is None and caught.value.__context__ is None
    return str(caught.value)
