"""examples/real/run publishes real data of the machine through the public
commands alone: the commits and changed files of a Git repository (this one, or a
small one that is made here), and Debian's packages. What can be read is what git
and dpkg-query say. A second run writes what is new, and nothing else."""

import json
import os
import subprocess

import lib
from lib import claim, measure

SCRIPT = str(lib.TOP / "examples" / "real" / "run")


def script():
    node = lib.Node().start()
    repository = made()
    measure("published", publish(node, repository), "")
    same(node, repository)
    out = publish(node, repository)
    claim(out.count(": 0 new records") == 3, f"a second run writes nothing: {out}")

    (repository / "b.txt").write_text("one\ntwo\n")
    git(repository, "add", "b.txt")
    git(repository, "commit", "-q", "-m", "Another\n\nwith a \"body\"\tand a tab")
    out = publish(node, repository)
    claim("software.commits: 1 new" in out and "software.changed-files: 1 new" in out, f"the next run writes what is new: {out}")
    same(node, repository)

    bad = run(node, lib.folder(), check=False)
    claim(bad.returncode == 2 and "is not a Git repository" in bad.stderr, f"another folder is refused: {bad.stderr}")


def publish(node, repository):
    return "; ".join(line for line in run(node, repository).stdout.splitlines() if "new records" in line)


def run(node, repository, check=True):
    env = dict(os.environ, WEIR=lib.BIN, WEIR_URL=node.http, WEIR_TOKEN=node.admin["token"], HOME=str(node.data.parent))
    r = subprocess.run([SCRIPT, str(repository)], env=env, capture_output=True, text=True, timeout=300)
    claim(not check or r.returncode == 0, f"examples/real/run: exit {r.returncode}: {r.stdout} {r.stderr}")
    return r


def same(node, repository):
    """What the products hold is what git and dpkg-query say."""
    commits = rows(node, "software.commits")
    claim([c["commit"] for c in commits] == git(repository, "rev-list", "--reverse", "HEAD").split(), "every commit, in order")
    subjects = git(repository, "log", "--reverse", "--format=%s").splitlines()
    claim([c["subject"] for c in commits] == subjects, "with its subject")
    numbers = [line.split("\t") for line in git(repository, "log", "-m", "--first-parent", "--no-renames", "--numstat", "--format=").splitlines() if line]
    files = rows(node, "software.changed-files")
    want = sorted((path, 0 if added == "-" else int(added)) for added, _, path in numbers)
    claim(sorted((f["path"], f["added"]) for f in files) == want, "every changed file, with its lines")
    names = subprocess.run(["dpkg-query", "-W", "-f", "${Package}:${Architecture} ${Version}\n"], capture_output=True, text=True, check=True).stdout.splitlines()
    packages = {f"{p['name']}:{p['architecture']} {p['version']}" for p in rows(node, "software.packages")}
    claim(packages == set(names), f"every package: {packages ^ set(names)}")
    found = json.loads(node.weir("search", "tag:area=software", "-o", "json").out)
    claim(found["total"] == 3, f"the three products are found: {found['total']}")
    measure("commits, files, packages", f"{len(commits)}, {len(files)}, {len(packages)}")


def rows(node, product):
    out = node.weir("read", product, "--from", "earliest", "-n", "10000000", "-o", "json").out
    return [json.loads(line)["value"] for line in out.splitlines()]


def git(repository, *arguments):
    who = ["-c", "user.name=Añn \"Quote\"", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", str(repository), *who, *arguments], capture_output=True, text=True, check=True).stdout


def made():
    """A repository with a merge, a binary file, odd names, and a message that is no UTF-8."""
    top = lib.folder()
    git(top, "init", "-q", "-b", "main")
    (top / "a.txt").write_text("one\n")
    (top / "t\tab \"q\".txt").write_text("x\n" * 30)
    (top / "bin").write_bytes(bytes(range(256)) * 4)
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "First")
    git(top, "switch", "-q", "-c", "side")
    (top / "a.txt").write_text("one\ntwo\n")
    git(top, "commit", "-q", "-am", "On the side: ü, \x1b, {\"json\"}")
    git(top, "switch", "-q", "main")
    (top / "c.txt").write_text("c\n")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "On main")
    git(top, "merge", "-q", "--no-ff", "-m", "Both", "side")
    return top


lib.main(script)
