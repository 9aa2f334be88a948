#!/usr/bin/env python3
"""Prints what this machine knows as records, one a line: key, tab, JSON.

    records.py commits REPOSITORY    one record for each commit, the oldest first
    records.py files REPOSITORY      one for each file that a commit changed
    records.py packages              one for each package that Debian's database has

What is already in the product stands on standard input, as `weir read -o json`
prints it, and is not printed again. A package that is no longer there is
printed with no JSON: with kcat -Z, a record without a value, which ends it.
"""

import json
import subprocess
import sys
from datetime import datetime, timezone
from itertools import chain

FIELD, RECORD = "\x1f", "\x1e"


def output(*command):
    """Yields what a command prints, as text; bytes that are no text are replaced."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as p:
        yield from (line.decode("utf-8", "replace") for line in p.stdout)
    if p.returncode:
        sys.exit(f"{' '.join(command[:4])} ...: exit {p.returncode}")


def records(lines):
    """Cuts what a command prints where a record ends, which may be within a line."""
    left = ""
    for line in lines:
        *whole, left = (left + line).split(RECORD)
        yield from whole


def git(repository, *arguments):
    return output("git", "-C", repository, "log", "--reverse", "--no-color", "--no-renames", *arguments)


def when(seconds):
    return datetime.fromtimestamp(int(seconds), timezone.utc).isoformat().replace("+00:00", "Z")


def commits(repository):
    form = FIELD.join(["%H", "%P", "%an", "%ae", "%at", "%ct", "%s", "%b"]) + RECORD
    for text in records(git(repository, f"--format={form}")):
        commit, parents, author, email, written, at, subject, body = text.lstrip("\n").split(FIELD)
        yield commit, {
            "commit": commit, "parents": parents.split(), "author": author, "email": email,
            "written": when(written), "at": when(at), "subject": subject, "body": body.strip()[:4000],
        }


def files(repository):
    lines = git(repository, "-m", "--first-parent", "--numstat", f"--format={RECORD}%H{FIELD}%ct{FIELD}")
    for text in records(chain(lines, [RECORD])):
        if text.strip():
            yield from changed(text)


def changed(text):
    commit, at, numbers = text.split(FIELD)
    for line in filter(None, numbers.splitlines()):
        added, removed, path = line.split("\t", 2)
        binary = added == "-"
        yield f"{commit}/{path}", {
            "commit": commit, "at": when(at), "path": path, "binary": binary,
            "added": 0 if binary else int(added), "removed": 0 if binary else int(removed),
        }


def packages():
    fields = ["Package", "Architecture", "Version", "db:Status-Status", "Installed-Size", "Section", "Maintainer", "binary:Summary"]
    form = FIELD.join("${%s}" % f for f in fields) + "\n"
    for line in output("dpkg-query", "-W", "-f", form):
        name, architecture, version, status, size, section, maintainer, summary = line.rstrip("\n").split(FIELD)
        yield f"{name}:{architecture}", {
            "name": name, "architecture": architecture, "version": version, "status": status,
            "kilobytes": int(size or 0), "section": section, "maintainer": maintainer, "summary": summary,
        }


def known():
    """What the product holds: the latest value of each key."""
    held = {}
    for line in sys.stdin:
        row = json.loads(line)
        held[row["key"]] = row["value"]
    return held


def main(what, *repository):
    held = known()
    seen = set()
    for key, value in {"commits": commits, "files": files, "packages": packages}[what](*repository):
        seen.add(key)
        if held.get(key) != value:
            print(key, json.dumps(value, ensure_ascii=False), sep="\t")
    if what == "packages":
        for key in sorted(k for k, v in held.items() if v is not None and k not in seen):
            print(key, "", sep="\t")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("commits", "files", "packages") or (sys.argv[1] == "packages") != (len(sys.argv) == 2):
        sys.exit(__doc__)
    main(*sys.argv[1:])
