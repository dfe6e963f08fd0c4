"""Fetches the real data once: download, verify, extract into the user's cache."""

import hashlib
import re
import stat
import tempfile
import time
import zipfile
from pathlib import Path, PurePosixPath

import httpx
from filelock import FileLock
from tqdm.auto import tqdm

from mi_cot_lib.errors import DataError
from mi_cot_lib.machine import cache_folder, network_client, network_hint, using_cache

COMMIT = "ef94426"
DATASETS_URL = (
    f"https://github.com/google-research/distilling-step-by-step/raw/{COMMIT}/datasets.zip"
)
DATASETS_BLOB_ID = "fb9d88a0b44c2daac1ec1639f0bdae993e7e5bcd"

_TIMEOUT = httpx.Timeout(30.0)
_OWN_COPY = (
    "If you have a copy of that archive's content, name its folder with --data-root or MI_COT_DATA."
)
_DRIVE = re.compile(r"[A-Za-z]:")


def fetch(
    url: str = DATASETS_URL,
    cache: Path | None = None,
    *,
    blob_id: str = DATASETS_BLOB_ID,
    attempts: int = 5,
    pause: float = 1.0,
    progress: bool = True,
) -> Path:
    """Download, verify and extract the real data; return the data root to read it from.

    What an interrupted download left is continued where the server can do so. Nothing is extracted
    that is not, byte for byte, the archive that `blob_id`, git's id of its content, names.

    It is kept in `cache`, by default the user's. `attempts` are tries in a row without a single new byte
    before giving up, `pause` the seconds between two, doubled after each that brought nothing.

    DataError where the server cannot be reached or refuses, or sends another archive; KitError where the
    environment's proxy or certificates cannot be used.
    """
    cache = cache or cache_folder()
    if done := fetched_root(cache, blob_id):
        return done
    root = _root(cache, blob_id)
    part = root.with_name(f"{root.name}.zip.part")
    # Made before the cache is touched: its own errors are of the system's kind too.
    with network_client(httpx.Client) as client, using_cache(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(root.with_name(f"{root.name}.lock")):
            if not root.is_dir():
                resumed = part.exists()
                _download(client, url, part, attempts, pause, progress)
                if resumed and git_blob_id(part) != blob_id:
                    # The bytes of an earlier call may be the bad ones: judge the server by a fresh copy.
                    part.unlink()
                    _download(client, url, part, attempts, pause, progress)
                _refuse_other_content(part, url, blob_id)
                extract(part, root)
                part.unlink()
    return root


def fetched_root(cache: Path | None = None, blob_id: str = DATASETS_BLOB_ID) -> Path | None:
    """Return the data root that `fetch` made, or None where it has not been run."""
    cache = cache or cache_folder()
    with using_cache(cache):
        root = _root(cache, blob_id)
        return root if root.is_dir() else None


def git_blob_id(path: Path) -> str:
    """Return git's id of a file's content: SHA-1 of `blob <size>`, a zero byte and the content."""
    # SHA-1 is git's choice of name for the content here, not a means of security of ours.
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def extract(archive: Path, target: Path) -> None:
    """Extract a zip archive into a folder that does not exist yet: all of it or nothing.

    DataError for what is none, or one with an absolute path, a `..` or a symbolic link.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}-") as scratch:
        unpacked = Path(scratch) / "unpacked"
        try:
            with zipfile.ZipFile(archive) as opened:
                for member in opened.infolist():
                    _refuse_escape(member, archive)
                opened.extractall(unpacked)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise DataError(f"{archive} is not a zip archive that can be read: {error}.") from error
        unpacked.rename(target)


def _root(cache: Path, blob_id: str) -> Path:
    return cache / f"dss-{blob_id[:8]}"


def _refuse_other_content(part: Path, url: str, blob_id: str) -> None:
    found = git_blob_id(part)
    if found != blob_id:
        part.unlink()
        raise DataError(
            f"{url} did not send the expected archive (git blob id {found}, expected {blob_id}); "
            f"nothing was kept. {_OWN_COPY}"
        )


def _download(
    client: httpx.Client, url: str, part: Path, attempts: int, pause: float, progress: bool
) -> None:
    failures, longest = 0, _size(part)
    while True:
        try:
            _download_once(client, url, part, progress)
            return
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if status < 500 and status != httpx.codes.TOO_MANY_REQUESTS:
                raise DataError(f"{url} answered {status}. {_OWN_COPY}") from error
            cause: Exception = error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            cause = error
        failures = failures + 1 if _size(part) <= longest else 0
        longest = max(longest, _size(part))
        if failures >= attempts:
            size = _size(part)
            kept = f"The first {size:,} bytes are kept; a new call goes on from there. "
            raise DataError(
                f"could not download {url} in {attempts} tries "
                f"({type(cause).__name__}: {cause}{network_hint()}). {kept if size else ''}{_OWN_COPY}"
            ) from cause
        time.sleep(pause * 2 ** max(failures - 1, 0))


def _download_once(client: httpx.Client, url: str, part: Path, progress: bool) -> None:
    offset = _size(part)
    # Identity: a range counts the bytes that are sent, so they have to be those of the file.
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    with client.stream(
        "GET", url, headers=headers, follow_redirects=True, timeout=_TIMEOUT
    ) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and offset:
            # Nothing lies beyond the bytes at hand: whether they are the file, the blob id tells.
            return
        response.raise_for_status()
        continued = response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")
        if not (offset and response.status_code == httpx.codes.PARTIAL_CONTENT and continued):
            offset = 0
        length = response.headers.get("Content-Length")
        total = offset + int(length) if length and length.isdecimal() else None
        with (
            part.open("ab" if offset else "wb") as file,
            tqdm(
                desc="datasets.zip",
                total=total,
                initial=offset,
                unit="B",
                unit_scale=True,
                disable=not progress,
            ) as bar,
        ):
            # Chunks as they come: collecting them would lose the last ones of a cut connection.
            for chunk in response.iter_raw():
                bar.update(file.write(chunk))


def _refuse_escape(member: zipfile.ZipInfo, archive: Path) -> None:
    # orig_filename: zipfile has already tidied the other one.
    name = member.orig_filename
    path = PurePosixPath(name)
    link = stat.S_ISLNK(member.external_attr >> 16)
    outside = path.is_absolute() or ".." in path.parts or _DRIVE.match(name)
    if link or outside or "\\" in name or "\0" in name:
        raise DataError(
            f"{archive}: the entry {name!r} would leave the folder it is extracted to; "
            "nothing was extracted."
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
