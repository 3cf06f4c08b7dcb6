"""What is written for people."""
from parts.programs import SOURCE

PAGES = sorted(path for pattern in ["*.md", "docs/*.md", "examples/*/*.md", "confd-templates/*.md"]
               for path in SOURCE.glob(pattern))
MANUALS = sorted(SOURCE.glob("docs/*.[578]"))


def called(path) -> str:
    """For the names of tests."""
    return str(path.relative_to(SOURCE))
