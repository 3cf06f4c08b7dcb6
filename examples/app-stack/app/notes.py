"""Notes that visitors leave: a WSGI application on PostgreSQL.

`GET /` shows the latest notes, `POST /` with a form's field `note` adds one, and `GET /health` says whether the database
answers. $DATABASE says where that is, as PostgreSQL's libpq writes it; its password is the first line of the file
$DATABASE_PASSWORD_FILE.
"""
import html
import os
import socket
from contextlib import closing
from urllib.parse import parse_qs

import psycopg2

SHOWN = 20
FORM_BYTES_MAX = 4096

PAGE = """<!DOCTYPE html>
<html lang="en">
<title>Notes</title>
<link rel="stylesheet" href="/static/notes.css">
<h1>Notes</h1>
<form method="post"><input name="note" required><button>Leave it</button></form>
<ul>{notes}</ul>
<footer>From {host}. <a href="/docs/">How it works</a></footer>
</html>
"""


def connect():
    """A connection to the database, to be closed by the caller."""
    with open(os.environ["DATABASE_PASSWORD_FILE"]) as file:
        password = file.readline().strip()
    return psycopg2.connect(os.environ["DATABASE"], password=password, connect_timeout=2)


def query(text: str, *values) -> list[tuple]:
    """The rows of one statement, which is committed."""
    with closing(connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def health(_environ) -> tuple[str, list, str]:
    """200 while the database answers."""
    query("SELECT 1")
    return "200 OK", [("Content-Type", "text/plain")], "well\n"


def show(_environ) -> tuple[str, list, str]:
    """The page, with the latest notes first."""
    rows = query("SELECT text FROM notes ORDER BY id DESC LIMIT %s", SHOWN)
    notes = "".join(f"<li>{html.escape(text)}</li>" for text, in rows)
    return "200 OK", [("Content-Type", "text/html; charset=utf-8")], PAGE.format(notes=notes, host=socket.gethostname())


def add(environ) -> tuple[str, list, str]:
    """Keeps the note of a form, and leads back to the page."""
    size = min(int(environ.get("CONTENT_LENGTH") or 0), FORM_BYTES_MAX)
    for note in parse_qs(environ["wsgi.input"].read(size).decode(errors="replace")).get("note", []):
        query("INSERT INTO notes (text) VALUES (%s)", note)
    return "303 See Other", [("Location", "/")], ""


ANSWERS = {("GET", "/"): show, ("POST", "/"): add, ("GET", "/health"): health}


def application(environ, start_response) -> list[bytes]:
    """What gunicorn calls for each request (PEP 3333)."""
    answer = ANSWERS.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    try:
        status, headers, body = answer(environ) if answer else ("404 Not Found", [], "")
    except psycopg2.OperationalError as error:
        print(error, file=environ["wsgi.errors"])
        status, headers, body = "503 Service Unavailable", [], ""
    start_response(status, headers)
    return [body.encode()]
