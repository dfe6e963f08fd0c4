"""pyproject.toml, constraints.txt and environment.yml name the same things at the same versions."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
CORE = [Requirement(line) for line in PROJECT["dependencies"]]
ALL = CORE + [Requirement(line) for lines in EXTRAS.values() for line in lines]
OF_THE_FIELD = {
    "torch", "transformers", "datasets", "accelerate", "jupyterlab", "ipywidgets", "matplotlib",
    "seaborn", "papermill", "pytest", "nbval", "scipy", "statsmodels",
}  # fmt: skip


def _constraints() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins: dict[str, Version] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        name, separator, version = line.partition("==")
        assert separator, f"constraints.txt: {line!r} is not an exact version"
        name = canonicalize_name(name)
        assert name not in pins, f"constraints.txt names {name} twice"
        pins[name] = Version(version)
    return pins


PINS = _constraints()


@pytest.mark.parametrize("requirement", ALL, ids=str)
def test_every_dependency_is_pinned_at_a_version_that_pyproject_accepts(requirement):
    name = canonicalize_name(requirement.name)
    assert name in PINS, f"constraints.txt lacks {name}"
    assert PINS[name] in requirement.specifier


def test_constraints_hold_public_versions_only():
    assert [name for name, version in PINS.items() if version.local] == []


def test_core_dependencies_contain_those_of_the_field_and_torch_as_the_kit_is_written_for():
    assert {canonicalize_name(r.name) for r in CORE} >= OF_THE_FIELD
    assert "torch==2.13.0" in PROJECT["dependencies"]


def test_build_backend_is_pinned():
    assert all("==" in line for line in PYPROJECT["build-system"]["requires"])


def test_conda_environment_installs_the_same_package_and_constraints():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert conda == ["python=3.11", "pip"]
    assert pip == ["-c constraints.txt", "-e .[course,test]"]
    assert Version("3.11") in Requirement(f"python{PROJECT['requires-python']}").specifier


def test_makefile_installs_the_same_package_and_constraints():
    makefile = (ROOT / "Makefile").read_text()
    assert "-c constraints.txt" in makefile
    assert "-e '.[course,test]'" in makefile


@pytest.mark.parametrize("requirement", CORE, ids=lambda requirement: requirement.name)
def test_installed_version_is_the_pinned_one(requirement):
    installed = Version(metadata.version(requirement.name))
    assert installed.public == str(PINS[canonicalize_name(requirement.name)])
