"""What a function's deployed archive holds, laid out in a folder: terraform/ says what that is, and only it."""

import re
import shutil
from pathlib import Path

from local.processes import ROOT
from tests.contract.configuration import archived, resources

_READ = re.compile(r'\$\{file\("\$\{path\.module\}/\.\./(?P<path>[^"]+)"\)\}')


def function_names() -> list[str]:
    """The folders of `functions/` that are deployed: those that say what they require."""
    return sorted(wanted.parent.name for wanted in (ROOT / "functions").glob("*/requirements.in"))


def lay_out(function: str, folder: Path) -> Path:
    """Writes the archive of a function into an empty or absent folder, and gives that folder.

    `main.py` at the top is what functions-framework and Cloud Functions look for; it has one line.
    """
    for name, source in archived(function).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for each in resources("data")["archive_file.function"]["source"]:
        content = each["content"].replace("${each.key}", function)
        read = _READ.fullmatch(content)
        text = (ROOT / read["path"]).read_text(encoding="utf-8") if read else content
        (folder / each["filename"]).write_text(text, encoding="utf-8")
    return folder
