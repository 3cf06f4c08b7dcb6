"""Programs that a fault strikes at a system call of theirs."""
import os


def struck(calls: str, fault: str, number: int) -> list[str]:
    """What goes before a command, so that the number-th of these calls fails that way. Leaks are not looked for: whoever
    is traced cannot."""
    sanitizers = ":".join([os.environ.get("ASAN_OPTIONS", ""), "detect_leaks=0"])
    return ["strace", "-E", f"ASAN_OPTIONS={sanitizers}", "-o", "/dev/null", "-e", f"trace={calls}",
            "-e", f"inject={calls}:{fault}:when={number}"]
