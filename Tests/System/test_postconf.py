"""postconf beside Postfix's own 3.7 on the same files: text, warnings, exit status, and what an edit leaves."""
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from instance import DAEMONS

POSTFIX = Path(os.environ.get("MARTLET_POSTCONF", "/usr/sbin/postconf"))
CONFIGURATIONS = Path(__file__).parent / "configurations"
ALL = sorted(path.name for path in CONFIGURATIONS.iterdir())

# Defaults that are Martlet's, and why.
OURS = {
    "config_directory": "our own directory when there is no -c",
    "daemon_directory": "our programs are elsewhere",
    "data_directory": "an instance beside Postfix shares no files with it",
    "queue_directory": "the same",
    "mail_owner": "the same",
    "mail_name": "we call ourselves Martlet",
    "mail_version": "our version",
    "mail_release_date": "we have none",
    "alias_maps": "Debian's Postfix has NIS, which we do not ask",
    "process_id": "differs by its nature",
    "html_directory": "Debian's place of Postfix's manual",
    "smtpd_relay_restrictions": "an open relay needs more than a low compatibility_level",
    "smtpd_forbid_bare_newline": "smuggling of messages is stopped by default, as in Postfix 3.9",
}


def is_later(name):
    """Parameters of Postfix 3.8 and later, and Martlet's own: 3.7 does not know them."""
    known = subprocess.run([POSTFIX, "-d", name], capture_output=True, text=True)
    return "unknown parameter" in known.stderr


@pytest.fixture
def pair(programs, tmp_path):
    """pair(configuration, words…) runs both on copies of their own, and compares; `edit` compares the files afterwards."""
    if not POSTFIX.exists():
        pytest.skip("there is no postconf of Postfix here")

    def run(configuration, *words, edit=False):
        results = []
        for index, program in enumerate((POSTFIX, programs / "postconf")):
            place = tmp_path / f"{configuration}-{index}"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(CONFIGURATIONS / configuration, place)
            result = subprocess.run(
                ["postconf", "-c", ".", *words], executable=program, cwd=place, capture_output=True, text=True, timeout=30)
            # The order of warnings is that of a hash table; a mistake in a table's file is reported when the table is opened.
            warnings = {line for line in result.stderr.splitlines() if not line.startswith("postconf: warning: open ")}
            # Postfix leaves the temporary file of an edit that failed.
            files = {path.name: path.read_text() for path in place.glob("*.cf")} if edit else None
            text = result.stdout
            if index == 0 and any("x" in word for word in words if word.startswith("-")):
                for theirs, ours in (("/var/lib/postfix", "/var/lib/martlet"), ("ESMTP Postfix", "ESMTP Martlet")):
                    text = text.replace(theirs, ours)
            results.append((result.returncode, text, warnings, files))
        return results

    return run


def assert_same(results):
    postfix, martlet = results
    assert martlet[1] == postfix[1]
    assert martlet[2] == postfix[2]
    assert martlet[0] == postfix[0]
    assert martlet[3] == postfix[3]


SHOWN = ["-n", "-nx", "-nf", "-nh", "-nH", "-M", "-Mf", "-Mx", "-F", "-Ff", "-Fx", "-Fh", "-FH", "-P", "-Px", "-Ph", "-PH", "-Pf",
         "-C user", "-C service", "-h myhostname mydestination", "-x smtpd_banner", "-p -n", "-F */*/chroot", "-F smtp/unix/command",
         "-P smtp/inet/smtpd_banner", "-P nosuch", "-M smtp/inet nosuch", "-M smtp/", "-n bogus myhostname", "foo",
         "-n -o foo=1 -o bar=3 bar foo", "-o myhostname=other -x mydestination"]


@pytest.mark.parametrize("words", SHOWN)
@pytest.mark.parametrize("configuration", ALL)
def test_shows_what_postfix_shows(pair, configuration, words):
    assert_same(pair(configuration, *words.split()))


REFUSED = ["-nd", "-n -M", "-e", "-X", "-# ", "-e foo", "-# foo=1", "-X foo=1", "-M -d", "-me foo=1", "-Pe smtp=1", "-Me smtp=1",
           "-o foo", "-o =b -n", "-hH foo", "-Mh", "-PF", "-F a/b/c/d", "-F smtp/inet/nosuch", "-M smtp/inet/x", "-C x",
           "-C builtin,x", "-eX", "-den a=b", "-FM -P", "-Xn foo", "-#d foo", "-eo a=b c=d", "-xX foo", "-hX foo", "-X# a", "-fe a=b",
           "-l -n", "-a -m", "-Fp", "-M -H", "-X -F smtp/inet/chroot", "-P -# a/b/c", "-d -o foo=1", "-b -n"]


@pytest.mark.parametrize("words", REFUSED)
def test_refuses_what_postfix_refuses(pair, words):
    postfix, martlet = pair("odd", *words.split())
    assert martlet[:2] == postfix[:2] == (1, "")
    # Postfix has read main.cf before it looks at some of its options.
    assert {line for line in martlet[2] if "fatal" in line} == {line for line in postfix[2] if "fatal" in line}


# At most one new name in each: Postfix appends several in the order of a hash table with a random seed.
EDITS = [
    ["-e", "myhostname=new.example.com", "zzz = 1  2"], ["-e", "foo=${x}"], ["myorigin=$mydomain"], ["-#", "mydestination", "foo", "nosuch"],
    ["-X", "mydestination", "smtpd_recipient_restrictions"], ["-e", "foo=a", "foo=b"], ["-e", "# foo=1"], ["-e", "a=b\nc"],
    ["-Me", "smtp/inet=smtp inet n - n - 7 smtpd -o a=b -o { c = d e }"], ["-Me", "new/unix=new unix - - n - - pipe user=me argv=/bin/x {y z}"],
    ["-Me", "smtp/inet=smtp inet n"], ["-Me", "smtp/inet=smtp inet q - n - 7 smtpd"], ["-M#", "smtp/inet", "slow/unix"], ["-MX", "smtp/inet"],
    ["-Fe", "smtp/inet/chroot=n"], ["-F", "*/unix/chroot=n", "smtp/inet/process_limit=9"], ["-Fe", "smtp/inet/command=smtpd -v -o x=y"],
    ["-Fe", "smtp/inet/private=maybe"], ["-Fe", "nosuch/inet/chroot=n"], ["-Pe", "smtp/inet/smtpd_banner=hi", "smtp/inet/new=1"],
    ["-PX", "smtp/inet/mynetworks"], ["-PX", "*/*/content_filter", "smtp/inet/syslog_name"],
]


@pytest.mark.parametrize("words", EDITS, ids=" ".join)
@pytest.mark.parametrize("configuration", ["odd", "submission"])
def test_edits_as_postfix_does(pair, configuration, words):
    assert_same(pair(configuration, *words, edit=True))


@pytest.mark.parametrize("words", ["-d", "-dx", "-df", "", "-x"])
@pytest.mark.parametrize("configuration", ["debian", "odd"])
def test_defaults_differ_only_where_they_must(pair, configuration, words):
    postfix, martlet = pair(configuration, *words.replace("-df", "-d").split())
    assert (martlet[0], martlet[2]) == (postfix[0], postfix[2])
    theirs, ours = (dict(line.split(" =", 1) for line in text.splitlines()) for text in (postfix[1], martlet[1]))
    assert set(theirs) - set(ours) == set()
    added = set(ours) - set(theirs)
    assert {name for name in added if not is_later(name)} == set()
    # A value that refers to one of ours differs with it when it is expanded.
    roots = {theirs[name].strip() for name in OURS if name in theirs}
    differing = {name for name in theirs if ours[name] != theirs[name] and name not in OURS}
    assert {name for name in differing if not any(root and root in theirs[name] for root in roots)} == set()
    assert "x" in words or differing == set()


def test_what_programs_declare_is_in_the_table(programs):
    """What postconf shows as a default is what the programs use."""
    for daemon in DAEMONS:
        declared = subprocess.run([programs / daemon, "--parameters"], capture_output=True, text=True, timeout=30)
        for line in declared.stdout.splitlines():
            name, _, default, _ = line.split("\t")
            if name in ("mynetworks", "myhostname", "mydomain", "config_directory"):
                continue  # Found out on the machine.
            shown = subprocess.run([programs / "postconf", "-d", "-h", name], capture_output=True, text=True, timeout=30)
            assert shown.stdout.split() == default.replace("$$", "$").split() or shown.stdout.split() == default.split(), (
                daemon, name, shown.stdout, shown.stderr, "add it to Sources/Configuration/Names/OwnParameters.swift")


def test_an_edit_keeps_mode_and_replaces_the_file_at_once(programs, tmp_path):
    main = tmp_path / "main.cf"
    main.write_text("a = b\n")
    main.chmod(0o640)
    (tmp_path / "master.cf").write_text("")
    before = main.stat().st_ino
    held = main.open()
    subprocess.run([programs / "postconf", "-c", tmp_path, "-e", "a=c"], check=True, timeout=30)
    assert main.read_text() == "a = c\n"
    assert held.read() == "a = b\n"
    assert main.stat().st_ino != before
    assert stat.S_IMODE(main.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_failed_edit_changes_nothing(programs, tmp_path):
    result = subprocess.run([programs / "postconf", "-c", tmp_path, "-e", "a=c"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["-j"], ["-nj"], ["-Mj"], ["-Fj"], ["-Pj"]])
def test_json_is_an_object_on_each_line(programs, words):
    result = subprocess.run(
        [programs / "postconf", "-c", CONFIGURATIONS / "submission", *words], capture_output=True, text=True, timeout=30)
    entries = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 0 and entries
    if "n" in words[0]:
        by_name = {entry["name"]: entry for entry in entries}
        assert by_name["home_mailbox"] == {"name": "home_mailbox", "value": "Maildir/", "source": "main.cf"}


def test_martlet_conf_is_postconf(programs):
    both = [
        subprocess.run(words, capture_output=True, text=True, timeout=30)
        for words in ([programs / "martlet", "-c", CONFIGURATIONS / "debian", "conf", "-n"],
                      [programs / "postconf", "-c", CONFIGURATIONS / "debian", "-n"])]
    assert both[0].stdout == both[1].stdout != ""
    assert both[0].returncode == both[1].returncode == 0
