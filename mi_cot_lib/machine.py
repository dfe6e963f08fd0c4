"""The one module that looks at the machine: folders, data, versions, hardware, the way to the network."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import httpx
from joblib import cpu_count

from mi_cot_lib.errors import DataError, KitError, is_disk_full

_Client = TypeVar("_Client")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_VERSIONED = ("torch", "transformers", "datasets", "accelerate", "tokenizers", "numpy")
# x86's dot-product and tile instructions, and ARM's; without them bfloat16 is slower than float32.
_BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}

PACKAGE_ROOT = Path(__file__).resolve().parent


def cache_folder() -> Path:
    """Return the kit's cache: `MI_COT_CACHE`, else `mi-cot` in the user's cache folder."""
    explicit = os.environ.get("MI_COT_CACHE")
    if explicit:
        return Path(explicit)
    users = os.environ.get("XDG_CACHE_HOME")
    return (Path(users) if users else home_folder() / ".cache") / "mi-cot"


def home_folder() -> Path:
    """Return the user's home folder; DataError where there is none, as for a container's unknown user."""
    try:
        home = Path.home()
    except RuntimeError:
        home = Path()
    if not home.is_absolute():
        raise DataError(
            "this account has no home folder: let HOME name a folder that it may write to, or MI_COT_CACHE "
            "one for the kit's cache alone."
        )
    return home


@contextmanager
def using_cache(folder: Path) -> Iterator[None]:
    """Turn the system's refusal to use the cache into a DataError that names the setting."""
    try:
        yield
    except OSError as error:
        room = "make room there, or " if is_disk_full(error) else ""
        raise DataError(
            f"cannot write to the cache {folder} ({error.strerror or error}): {room}let MI_COT_CACHE name a "
            "folder that can be written to."
        ) from error


def data_root_from_environment() -> Path | None:
    """Return the folder named by `MI_COT_DATA`, or None where it is not set."""
    value = os.environ.get("MI_COT_DATA")
    return Path(value) if value else None


def repository_root() -> Path:
    """Return the checkout that holds `notebooks/` and `figures/`; DataError where the library has none."""
    root = PACKAGE_ROOT.parent
    if not (root / "notebooks").is_dir():
        raise DataError(
            f"no notebooks/ beside {PACKAGE_ROOT.name}: this command needs the repository; "
            "clone it and run `make setup` there."
        )
    return root


def openai_address() -> str | None:
    """Return `OPENAI_BASE_URL` as it stands, or None where it is not set."""
    return os.environ.get("OPENAI_BASE_URL")


def network_client(make: Callable[[], _Client]) -> _Client:
    """Make a client that takes its proxy and certificates from the environment; nothing is sent.

    The KitError for what cannot be used names the settings, not their values, which may hold a password.
    """
    broken = [name for name, value in _settings(*_PROXIES).items() if not _is_proxy(value)]
    problem = f"{', '.join(broken)} holds no address such as http://proxy.example:3128"
    if not broken:
        try:
            return make()
        except ImportError:
            proxies = _settings(*_PROXIES).items()
            names = ", ".join(name for name, value in proxies if value.lower().startswith("socks"))
            problem = (
                f"{names} names a SOCKS proxy, which needs one more package: `pip install socksio`"
            )
        except httpx.InvalidURL:
            problem = "NO_PROXY holds something else than names and addresses of hosts"
        except OSError as error:
            name = "SSLKEYLOGFILE" if error.filename else "SSL_CERT_FILE"
            problem = f"{name} names a file that cannot be used ({error.strerror or error})"
    # Raised out here, the error carries no cause, which may hold a proxy's password.
    raise KitError(f"{problem}. Set it anew or unset it. Nothing was sent.")


def network_hint() -> str:
    """Return the settings that a failed connection may be due to, as the end of a sentence."""
    names = ", ".join(_settings(*_PROXIES, "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"))
    return f"; the environment sets {names}" if names else ""


def run_pip(*arguments: str) -> bool:
    """Run this interpreter's pip, which speaks on the error output, and tell whether it succeeded."""
    # By the environment: older versions, which cannot resume, refuse the option.
    environment = {**os.environ, "PIP_RESUME_RETRIES": "5", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, "-m", "pip", *arguments]
    # A command's own output ends with its result.
    return subprocess.run(command, env=environment, stdout=2).returncode == 0


def _settings(*names: str) -> dict[str, str]:
    found = {name: value for name, value in os.environ.items() if name.upper() in names and value}
    return dict(sorted(found.items()))


def is_address(text: str, *schemes: str) -> bool:
    """Tell whether a text is the address of a host, in one of these schemes and with a port that exists."""
    try:
        address = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        return False
    whole = address.scheme in schemes and bool(address.host) and (address.port or 0) < 2**16
    return whole and not any(letter.isspace() for letter in text)


def _is_proxy(value: str) -> bool:
    address = value if "://" in value else f"http://{value}"
    return is_address(address, "http", "https", "socks5", "socks5h")


def library_versions() -> dict[str, str]:
    """Return the versions on which a result may depend."""
    return {"python": platform.python_version(), **{name: version(name) for name in _VERSIONED}}


def hardware() -> dict[str, Any]:
    """Return processor, cores and device, without the machine's name."""
    # Not above: whoever only asks for a cache does without torch, which takes seconds.
    import torch

    processor = cpuinfo_line("model name") or platform.machine()
    return {
        "processor": processor,
        "cores": cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def describe_hardware(found: Mapping[str, Any]) -> str:
    """Say in words what `hardware` found."""
    return (
        f"{found.get('processor', 'unknown processor')}, {found.get('cores', '?')} cores, device "
        f"{found.get('device', '?')}"
    )


def cpuinfo_line(name: str) -> str | None:
    """Return what Linux says of the first core under a name, None elsewhere."""
    path = Path("/proc/cpuinfo")
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.split(":")[0].strip() == name:
                return line.split(":", 1)[1].strip()
    return None


def address_space() -> int | None:
    """Return how much of it this process has taken, in bytes; None where the system does not say."""
    path = Path("/proc/self/statm")
    if not path.is_file():
        return None
    return int(path.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


def free_memory() -> int | None:
    """Return how many bytes this process can still take, of its container too; None where nothing says so."""
    limits = []
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                limits.append(1024 * int(line.split()[1]))
    limits += [left for left in map(left_in, _groups()) if left is not None]
    taken = address_space()
    if taken is not None:
        # Not above: other systems have no such module.
        import resource

        most_addresses, _ = resource.getrlimit(resource.RLIMIT_AS)
        if most_addresses != resource.RLIM_INFINITY:
            limits.append(most_addresses - taken)
    return max(0, min(limits)) if limits else None


def _groups() -> Iterator[Path]:
    """Give the folders of the groups of processes whose memory limits hold here: own, and around it."""
    told = Path("/proc/self/cgroup")
    for line in told.read_text(encoding="utf-8").splitlines() if told.is_file() else []:
        _, kinds, own = line.split(":", 2)
        base = Path("/sys/fs/cgroup")
        if kinds:
            # Version 1 has a tree a kind of limit.
            if "memory" not in kinds.split(","):
                continue
            base /= "memory"
        group = base / own.lstrip("/")
        yield from (one for one in (group, *group.parents) if one.is_relative_to(base))


def left_in(group: Path) -> int | None:
    """Return how many bytes a group of processes can still take; None where its folder names no limit."""
    for most, used in (
        ("memory.max", "memory.current"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        if not ((group / most).is_file() and (group / used).is_file()):
            continue
        text = (group / most).read_text(encoding="ascii").strip()
        if text.isdecimal():
            stat = group / "memory.stat"
            lines = stat.read_text(encoding="ascii").splitlines() if stat.is_file() else []
            said = dict(line.split() for line in lines)
            # What files take of it is given back when it is needed.
            files = sum(int(said.get(name, 0)) for name in ("inactive_file", "active_file"))
            return int(text) - int((group / used).read_text(encoding="ascii")) + files
    return None


def git_commit() -> str | None:
    """Return the checkout's commit, with `+` where files differ from it; None outside a checkout."""
    git = ["git", "-C", str(PACKAGE_ROOT)]
    try:
        head, changed = (
            subprocess.run(git + asked, capture_output=True, text=True, check=True).stdout.strip()
            for asked in (
                ["rev-parse", "--short=12", "HEAD"],
                ["status", "--porcelain", "--untracked-files=no", "--", "."],
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")


def has_fast_bf16() -> bool:
    """Tell whether this machine multiplies bfloat16 matrices in hardware: its GPU, else its CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    flags = cpuinfo_line("flags") or cpuinfo_line("Features") or ""
    return not _BF16_FLAGS.isdisjoint(flags.split())
