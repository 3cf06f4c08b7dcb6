"""Values that nobody should believe. Each holds MARK, so that one that got through shows."""

import random

MARK = "evilmark"

_ENDINGS = [
    "", ";", "{", "}", "};", ";}", "\n", "\r\n", "\t", '"', "'", "\\", '\\"', "#", "`", "$", "|", "&", "<",
    ">", "(", ")", "[", "]", "*", "?", "!", "^", "~", "=", "+", "%00", "%0a", "\x7f", "\x01", "\x1b[31m",
    "\u2028", "\u202e", "\ud800", "\u00a0", "\ufeff",
]
_BEGINNINGS = [
    "", " ", "/", "~", "~^", "*.", "-", "--", ".", "..", "../", "http://", "80;", "on;", "max-age=1;", "1m;",
    "a.example.org;", "least_conn;", "301 ", "[::1", "\n", '"', "'", "{", "}",
]
_CORES = [
    f"{MARK} on;", f"; {MARK} on; #", f"}} {MARK} {{", f'"; {MARK} on; "', f"'; {MARK} on; '",
    f"\n{MARK} on;\n", f"$({MARK})", f"`{MARK}`", f"${{{MARK}}}", f"${MARK}", f"\\\n{MARK};",
    f"%3b{MARK}%7b", f"{MARK}\\", f"location /{MARK} {{ return 200; }}", f"include /etc/{MARK};",
    f'{MARK}" always; add_header X "y', f"; }} server {{ server_name {MARK}; }} #",
    f"<script>{MARK}</script>", f"{MARK}'--", f"|| {MARK} ||", f"\r{MARK}\r", f"\t{MARK}\t;",
    f"{MARK} {MARK} {MARK};",
]
_WHOLE = [
    MARK + "{" * 200,
    "{" * 5000 + MARK,
    "[" * 5000 + MARK,
    "a: &a [" + MARK + "]\nb: [*a,*a,*a,*a]\nc: ;",
    "\n".join(
        f"{chr(97 + i)}: &{chr(97 + i)} ["
        + ",".join([f"*{chr(96 + i)}"] * 9 if i else [f'"{MARK};"'] * 9)
        + "]"
        for i in range(9)
    ),  # the billion laughs
    "? {" + MARK + ": ;}",
    '!!python/object/apply:os.system ["' + MARK + '"]',
    "%YAML 9.9\n---\n" + MARK + ": {",
    "--- " + MARK + ";\n--- " + MARK + ";",
    MARK + ";" + "A" * 65536,
    ("a" * 63 + "." + MARK + ";") * 100,
    "~(?<host>" + MARK + ")",
    "~(?<remote_addr>" + MARK + ";)",
    "~(" + MARK + ";",
    "~(*LIMIT_MATCH=0)" + MARK,
    "~[" + MARK,
    "~(?C)" + MARK,
    "~(?R)" + MARK + "\n",
    "~" + "(" * 1000 + MARK,
    "unix:/" + MARK + ";",
    "\u0000" + MARK,
    "\ufffd" + MARK + ";",
    "\u4e2d" * 100 + MARK + ";",
    "xn--" + MARK + "-;",
    "-" + MARK,
    "@" + MARK + "(",
    "= /" + MARK,
    "^~ /" + MARK,
    "~* " + MARK,
    "/" + MARK + "/../../x",
    "/" + MARK + "//;",
]


def values(count: int, seed: int = 1) -> list[str]:
    """So many different ones, the same every time."""
    found = dict.fromkeys([*_WHOLE, *_CORES])
    drawn = random.Random(seed)
    while len(found) < count:
        found[drawn.choice(_BEGINNINGS) + drawn.choice(_CORES) + drawn.choice(_ENDINGS)] = None
    return list(found)[:count]


def encodable(value: str) -> bool:
    """Whether it can stand in an environment: no NUL, no lone surrogate."""
    return "\x00" not in value and "\ud800" not in value
