"""Fetching against real servers on this machine that cut, ignore ranges and lie."""

import hashlib
import io
import stat
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import certifi
import pytest

from mi_cot_lib.data.fetch import extract, fetch, fetched_root, git_blob_id
from mi_cot_lib.errors import DataError, KitError


def zipped(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


GOOD = zipped(
    {"datasets/svamp/svamp_test.json": "{}\n" * 90_000, "datasets/svamp/llm/test_CoT_0.json": "[]"}
)


def blob_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


BLOB_ID = blob_id(GOOD)
PART = f"dss-{BLOB_ID[:8]}.zip.part"


class Server:
    """A file server on the loopback address that misbehaves as told, and notes what was asked."""

    def __init__(self):
        self.content, self.ranges, self.statuses, self.asked = GOOD, True, [], []
        # After how many bytes the next answers break off.
        self.cuts = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/datasets.zip"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request):
        asked = request.headers.get("Range")
        self.asked.append(asked)
        if self.statuses:
            request.send_error(self.statuses.pop(0))
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        if start and start >= len(self.content):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        body = self.content[start:]
        if start:
            last = len(self.content) - 1
            request.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.cuts.pop(0)] if self.cuts else body)

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


def fetch_from(server, cache, **options):
    """Fetch what the server should hold, quietly and without waiting."""
    options = {"blob_id": BLOB_ID, "pause": 0.0, "progress": False} | options
    return fetch(server.url, cache, **options)


def assert_complete(root):
    assert (root / "datasets/svamp/svamp_test.json").read_text() == "{}\n" * 90_000
    assert [path for path in root.parent.iterdir() if path.suffix != ".lock"] == [root]


def test_what_is_fetched_is_the_data_and_a_second_fetch_asks_no_server(server, tmp_path):
    cache = tmp_path / "new" / "cache"
    root = fetch_from(server, cache)
    assert_complete(root)
    assert fetched_root(cache, BLOB_ID) == fetch_from(server, cache) == root
    assert len(server.asked) == 1


def test_cut_connections_are_continued_where_they_broke(server, tmp_path):
    server.cuts = [100, 150]
    assert_complete(fetch_from(server, tmp_path))
    assert server.asked == [None, "bytes=100-", "bytes=250-"]


def test_a_later_call_continues_what_an_interrupted_one_left(server, tmp_path):
    server.cuts = [100, 0, 0]
    with pytest.raises(DataError, match=r"first 100 bytes are kept"):
        fetch_from(server, tmp_path, attempts=2)
    assert_complete(fetch_from(server, tmp_path))
    assert server.asked[-1] == "bytes=100-"


def test_a_server_without_ranges_restarts_cleanly_and_is_given_up_where_it_always_cuts(
    server, tmp_path
):
    server.ranges = False
    server.cuts = [100, 60] * 50
    with pytest.raises(DataError, match="could not download"):
        fetch_from(server, tmp_path, attempts=3)
    assert len(server.asked) == 4
    server.cuts = [100]
    assert_complete(fetch_from(server, tmp_path))


@pytest.mark.parametrize(
    ("leftover", "last_asked"), [(GOOD, f"bytes={len(GOOD)}-"), (b"not the archive", None)]
)
def test_a_leftover_is_used_if_it_is_whole_and_replaced_if_it_is_spoilt(
    server, tmp_path, leftover, last_asked
):
    (tmp_path / PART).write_bytes(leftover)
    assert_complete(fetch_from(server, tmp_path))
    assert server.asked[-1] == last_asked


def test_other_content_is_refused_and_not_kept(server, tmp_path):
    server.content = zipped({"datasets/svamp/svamp_test.json": "other"})
    with pytest.raises(DataError, match=f"expected {BLOB_ID}"):
        fetch_from(server, tmp_path)
    assert fetched_root(tmp_path, BLOB_ID) is None
    assert not list(tmp_path.glob("*.part"))


def test_a_busy_server_is_asked_again_and_a_missing_file_is_not(server, tmp_path):
    server.statuses = [503, 429]
    assert_complete(fetch_from(server, tmp_path))
    server.statuses = [404]
    with pytest.raises(DataError, match=r"answered 404.*--data-root"):
        fetch_from(server, tmp_path / "other")
    assert len(server.asked) == 4


def test_offline_the_error_says_what_was_tried_and_what_helps(server, tmp_path):
    server.stop()
    with pytest.raises(DataError, match=r"127\.0\.0\.1.* 2 tries.*--data-root or MI_COT_DATA"):
        fetch_from(server, tmp_path, attempts=2)


def test_a_cache_that_cannot_be_written_is_named(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write to the cache .*MI_COT_CACHE"):
        fetch_from(server, tmp_path / "file")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://ann:secret@127.0.0.1:9"),
        ("HTTPS_PROXY", "ftp://ann:secret@127.0.0.1:9"),
        ("http_proxy", "http://127.0.0.1:9\n"),
        ("NO_PROXY", "fe80::/10"),
        ("SSL_CERT_FILE", "/nowhere.pem"),
        ("SSL_CERT_FILE", "/"),
        ("SSL_CERT_FILE", __file__),
        ("SSLKEYLOGFILE", "/nowhere/keys"),
    ],
)
def test_a_broken_way_to_the_network_is_named_before_the_cache_is_touched(
    server, tmp_path, monkeypatch, name, value
):
    monkeypatch.setenv(name, value)
    with pytest.raises(KitError, match=f"^{name} .*unset it") as caught:
        fetch_from(server, tmp_path / "cache")
    assert "secret" not in str(caught.value)
    assert server.asked == [] and not (tmp_path / "cache").exists()


def test_a_proxy_that_does_not_answer_is_named(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    with pytest.raises(
        DataError, match=r"refused; the environment sets .*HTTP_PROXY.*SSL_CERT_FILE"
    ):
        fetch_from(server, tmp_path, attempts=1)


LINK = zipfile.ZipInfo("datasets/link")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    "name",
    ["../escape", "datasets/../../escape", "/escape", "..\\escape", "C:escape", LINK],
    ids=str,
)
def test_an_archive_that_leaves_its_folder_is_refused_whole(server, tmp_path, name):
    content = zipped({"datasets/fine": "fine", name: "/etc"})
    server.content = content
    cache = tmp_path / "deep" / "cache"
    with pytest.raises(DataError, match="nothing was extracted"):
        fetch_from(server, cache, blob_id=blob_id(content))
    assert fetched_root(cache, blob_id(content)) is None
    assert not [path for path in tmp_path.rglob("*") if path.name in ("escape", "fine", "link")]


def test_what_is_no_zip_archive_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"text")
    with pytest.raises(DataError, match="not a zip archive"):
        extract(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_blob_id_is_gits(tmp_path):
    (tmp_path / "hello").write_bytes(b"hello\n")
    assert git_blob_id(tmp_path / "hello") == "ce013625030ba8dba906f756967f9e9ca394464a"
