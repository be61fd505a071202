"""Names and versions of what runs here."""

from __future__ import annotations

import platform
from importlib import metadata

import numpy as np

from .simulator import Description


def version_of(distribution: str) -> str:
    """The version of an installed distribution, `unknown` where it isn't one."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


def installed_versions(*distributions: str) -> dict[str, str]:
    """Versions of those distributions that are installed."""
    versions = {name: version_of(name) for name in distributions}
    return {name: version for name, version in versions.items() if version != "unknown"}


def server_name() -> str:
    return f"meow_isaac_bridge {version_of('meow_isaac_bridge')}"


def versions_of(description: Description) -> dict[str, str]:
    return {"python": platform.python_version(), "numpy": np.__version__, **description.versions}
