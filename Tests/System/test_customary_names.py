"""postmap, postalias, postlog, postlock, postkick, postfix, postmulti: what scripts rely on, beside Postfix's own where it runs."""
import os
import shutil
import subprocess

import pytest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "main.cf").write_text(
        f"compatibility_level = 3.6\nmaillog_file = {tmp_path}/log\nmaillog_file_prefixes = {tmp_path}\n")
    (tmp_path / "master.cf").write_text("")
    (tmp_path / "t").write_text("a 1\nb  2 x\n")
    (tmp_path / "al").write_text('x: y, z\nd: "|cmd a"\n')
    return tmp_path


def run(program, folder, *words, **options):
    return subprocess.run(
        [os.path.basename(program), *words], executable=program, cwd=folder, capture_output=True, text=True, timeout=60,
        env={**os.environ, "MAIL_CONFIG": str(folder)}, **options)


@pytest.fixture
def both(programs, folder, tmp_path_factory):
    """both(name, words…): status and output of Postfix's and of ours, each in its own copy."""
    other = tmp_path_factory.mktemp("postfix") / "conf"
    shutil.copytree(folder, other)

    def call(name, *words, **options):
        if not os.path.exists(f"/usr/sbin/{name}"):
            pytest.skip(f"there is no {name} of Postfix here")
        theirs = run(f"/usr/sbin/{name}", other, *words, **options)
        ours = run(programs / name, folder, *words, **options)
        return [(result.returncode, sorted(result.stdout.splitlines())) for result in (theirs, ours)]

    return call


def test_tables_as_postmap_makes_and_asks_them(both):
    for words, text in (
        (["t"], None), (["-q", "a", "t"], None), (["-q", "A", "hash:t"], None), (["-q", "zz", "t"], None), (["-s", "t"], None),
        (["-q", "-", "t"], "a\nzz\n"), (["-q", "-", "t"], "zz\n"), (["-d", "a", "t"], None), (["-d", "a", "t"], None), (["-s", "t"], None),
        (["-i", "t"], "n 1\nb other\n"), (["-r", "-i", "t"], "b new\n"), (["-s", "t"], None), (["-d", "-", "t"], "b\nzz\n"),
        (["nosuch"], None), ([], None), (["-z"], None), (["foo:t"], None), (["texthash:t"], None), (["-s", "-q", "a", "t"], None),
        (["-q", "a", "static:foo"], None), (["-q", "b", "texthash:t"], None),
    ):
        theirs, ours = both("postmap", *words, input=text or "")
        assert ours == theirs, words


def test_aliases(both):
    for words in (["al"], ["-q", "x", "al"], ["-q", "nope", "al"]):
        theirs, ours = both("postalias", *words, input="")
        assert ours == theirs, words


def test_postlock_has_the_status_of_its_command(both):
    for words in (["t", "true"], ["t", "false"], ["t", "sh", "-c", "exit 3"], ["t", "/nosuch"], [], ["-l", "bogus", "t", "true"],
                  ["/nosuch/x", "true"], ["-l", "flock", "t", "echo", "done"]):
        theirs, ours = both("postlock", *words)
        assert ours == theirs, words


def test_postlock_keeps_others_out(programs, folder):
    lock = folder / "t.lock"
    result = run(programs / "postlock", folder, "-l", "dotlock", "t", "test", "-e", str(lock))
    assert result.returncode == 0
    assert not lock.exists()


def test_postlog_writes_to_the_log(programs, folder):
    assert run(programs / "postlog", folder, "-t", "backup", "-p", "warn", "two", "words").returncode == 0
    assert run(programs / "postlog", folder, input="line one\nline two\n").returncode == 0
    assert run(programs / "postlog", folder, "-p", "bogus", "x").returncode == 1
    text = (folder / "log").read_text()
    assert " backup[" in text and "]: warning: two words\n" in text
    assert text.count("postfix/postlog[") == 2 and "]: line two\n" in text


def test_the_mail_system_by_its_customary_names(launch):
    instance = launch(begin=False)

    def postfix(*words):
        return instance.run("postfix", "-c", str(instance.conf), *words).returncode

    assert postfix("status") == 1
    assert postfix("stop") == 1
    assert postfix("check") == 0
    assert postfix("start") == 0
    try:
        assert postfix("start") == 1
        assert postfix("status") == 0
        assert postfix("reload") == 0
        assert postfix("flush") == 0
        assert postfix("set-permissions") == 0
        assert postfix("nonsense") == 1
        kick = [instance.run("postkick", "-c", str(instance.conf), *words).returncode
                for words in (["public", "qmgr", "F"], ["public", "pickup", "W"], ["public", "nosuch", "W"], [])]
        assert kick == [0, 0, 1, 1]
        listed = instance.run("postmulti", "-l", env={**os.environ, "MAIL_CONFIG": str(instance.conf)})
        assert listed.stdout.split() == ["-", "-", "y", str(instance.conf)]
        status = instance.run("postmulti", "-p", "status", env={**os.environ, "MAIL_CONFIG": str(instance.conf)})
        assert status.returncode == 0, status.stderr
        asked = instance.run("postmulti", "-x", "sh", "-c", "echo $MAIL_CONFIG", env={**os.environ, "MAIL_CONFIG": str(instance.conf)})
        assert asked.stdout == f"{instance.conf}\n"
    finally:
        assert postfix("stop") == 0
    assert postfix("abort") == 1
    assert instance.run("postkick", "-c", str(instance.conf), "public", "qmgr", "F").returncode == 1
