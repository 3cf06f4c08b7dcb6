"""Pages of docs/ that tell a story in commands, taken apart, so that tests follow them as they stand."""
import re
from pathlib import Path

from parts.programs import SOURCE


def story(page: str) -> str:
    """What stands in docs/PAGE.md between its heading "..., step by step" and the next one."""
    return re.search(r"(?ms)^## [^\n]+, step by step\n(.*?)^## ", (SOURCE / f"docs/{page}.md").read_text())[1]


def block(text: str, language: str) -> str:
    """The first one in that language."""
    return re.search(rf"(?ms)^```{language}\n(.*?)^```", text)[1]


def commands(text: str) -> list[str]:
    """Those of its blocks; a here-document belongs to its command."""
    blocks = "".join(re.findall(r"(?ms)^```sh\n(.*?)^```", text))
    return [found[0] for found in re.finditer(r"(?ms)^[^\n]*<<'(\w+)'\n.*?^\1$|^[^\n]+$", blocks)]


def steps(text: str) -> list[list[str]]:
    """The commands of each step, which begins with its number."""
    return [commands(step) for step in re.split(r"(?m)^\*\*\d\. ", text)[1:]]


def before_steps(text: str) -> list[str]:
    """The commands of what is there already."""
    return commands(re.split(r"(?m)^\*\*1\. ", text)[0])


def way_back(text: str) -> list[str]:
    """The commands in the sentence that begins so."""
    return re.findall(r"`([^`]+)`", re.search(r"(?ms)^The way back[^`]* is (.*?`)\.\s", text)[1])


def project(text: str) -> Path:
    """Where its compose file lies."""
    return Path(re.search(r"in `(/\S+)/compose\.yaml`:\n", text)[1])


def files(text: str) -> dict[Path, str]:
    """What is to stand in which file: blocks behind a line that ends with its absolute path."""
    return {Path(path): content for path, content in re.findall(r"(?ms)`(/[^`\s]+)`:\n\n```\w*\n(.*?)^```", text)}


# How a host gets everything, as the page that comes first says.
INSTALL = steps(story("migrating-from-nginx-proxy"))[0]
