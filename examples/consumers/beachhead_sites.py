"""What the programs beside this file share: the sites on standard input, and a file that is replaced as a whole."""
import json
import os
import sys

VERSION = 1  # of the document; see beachhead-sites(5)


def read_sites() -> list[dict]:
    """The sites; ends the program where the document is of another version."""
    document = json.load(sys.stdin)
    if document["version"] != VERSION:
        sys.exit(f"the sites are of version {document['version']}, but this program knows version {VERSION} alone")
    return document["sites"]


def is_name(site: dict) -> bool:
    """Whether it is one domain: no pattern, no regular expression, no address."""
    return site["kind"] == "name"


def replace(path: str, text: str) -> bool:
    """Makes the text the file's content; returns whether it was another one. Readers see the old or the new file."""
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return False
    except FileNotFoundError:
        pass
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{path}.new", path)
    return True
