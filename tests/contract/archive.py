"""What a function's deployed archive holds: its own folder, what all functions share, its requirements, its entry."""

import shutil
from pathlib import Path

from local.processes import ROOT

_NOT_DEPLOYED = shutil.ignore_patterns("__pycache__", "requirements.in")


def function_names() -> list[str]:
    """The folders of `functions/` that are deployed: those that say what they require."""
    return sorted(wanted.parent.name for wanted in (ROOT / "functions").glob("*/requirements.in"))


def lay_out(function: str, folder: Path) -> Path:
    """Writes the archive of a function into an empty or absent folder, and gives that folder.

    `main.py` at the top is what functions-framework and Cloud Functions look for; it has one line.
    """
    own = Path("functions", function)
    for tree in (own, Path("shared")):
        shutil.copytree(ROOT / tree, folder / tree, ignore=_NOT_DEPLOYED)
    shutil.copy(ROOT / "functions" / "__init__.py", folder / "functions")
    shutil.copy(ROOT / own / "requirements.txt", folder)
    (folder / "main.py").write_text(f"from functions.{function}.main import {function}\n", encoding="utf-8")
    return folder
