"""martlet check: every mistake, each with its place; nothing of what real installations have stops the reading."""
import re
from pathlib import Path

import pytest

CONFIGURATIONS = Path(__file__).parent / "configurations"


def check(instance):
    result = instance.martlet("check", check=False)
    return result.returncode, result.stderr.splitlines()


def add(instance, *lines, name="main.cf"):
    with (instance.conf / name).open("a") as file:
        file.write("".join(line + "\n" for line in lines))


def place(instance, text, name="main.cf"):
    lines = (instance.conf / name).read_text().splitlines()
    return f"{instance.conf}/{name}, line {lines.index(text) + 1}: "


def test_every_mistake_is_said_with_its_line(launch):
    instance = launch(begin=False)
    add(instance, "no equals sign", "= nothing", "smtpd_helo_required = perhaps", "smtpd_timeout = soon",
        "smtpd_recipient_limt = 10", "mydestination = ${myhostname")
    add(instance, "smtp inet n", "other inet n - n q - smtpd", name="master.cf")
    status, lines = check(instance)
    assert status == 78
    for text, message in (("no equals sign", 'there is no "="'), ("= nothing", "no parameter name"),
                          ("smtpd_helo_required = perhaps", '"perhaps" is no boolean'), ("smtpd_timeout = soon", '"soon" is no time'),
                          ("smtpd_recipient_limt = 10", "did you mean smtpd_recipient_limit?"), ("mydestination = ${myhostname", "not closed")):
        assert any(place(instance, text) in line and message in line for line in lines), (text, lines)
    for text, message in (("smtp inet n", "3 columns"), ("other inet n - n q - smtpd", "wakeup")):
        assert any(place(instance, text, "master.cf") in line and message in line for line in lines), (text, lines)


@pytest.mark.parametrize("lines", [
    ["smtpd_relay_restrictions = permit_mynetworks", "smtpd_recipient_restrictions = permit"],
    ["smtpd_relay_restrictions =", "smtpd_recipient_restrictions = permit, reject_unauth_destination"],
    ["mynetworks = 127.0.0.0/8, 0.0.0.0/0"],
])
def test_an_open_relay_is_an_error(launch, lines):
    instance = launch(begin=False)
    add(instance, *lines)
    status, said = check(instance)
    assert status == 78
    assert any("relay mail through this host" in line for line in said), said


def test_a_good_configuration_is_silent_about_relaying(launch):
    instance = launch(begin=False)
    status, said = check(instance)
    assert (status, said) == (0, [])


def test_restrictions_that_are_never_reached_are_named(launch):
    instance = launch("smtpd_sender_restrictions = permit_mynetworks, reject, reject_unknown_sender_domain", begin=False)
    status, said = check(instance)
    assert status == 0
    assert any('nothing behind "reject" is looked at: reject_unknown_sender_domain' in line for line in said), said


def test_tables_missing_or_old_and_files_open_to_others(launch):
    instance = launch(begin=False)
    table = instance.conf / "virtual"
    add(instance, f"virtual_alias_maps = hash:{table}, texthash:{instance.conf}/nosuch")
    table.write_text("a@example.com b@example.com\n")
    said = check(instance)[1]
    assert any(f"{table}.lmdb is not there: run postmap {table}" in line for line in said), said
    assert any("nosuch: No such file or directory" in line for line in said), said
    assert instance.run("postmap", "-c", str(instance.conf), str(table)).returncode == 0
    assert not any("postmap" in line for line in check(instance)[1])
    import os
    os.utime(table, (table.stat().st_mtime + 10,) * 2)
    assert any(f"{table} has changed since" in line for line in check(instance)[1])
    (instance.conf / "main.cf").chmod(0o666)
    assert any("group or other writable" in line for line in check(instance)[1])


@pytest.mark.parametrize("configuration", sorted(path.name for path in CONFIGURATIONS.iterdir()))
def test_real_configurations_are_judged_item_by_item(launch, configuration):
    """Each line said names file and line; nothing crashes, whatever is not implemented."""
    instance = launch(begin=False)
    main = (CONFIGURATIONS / configuration / "main.cf").read_text()
    own = (instance.conf / "main.cf").read_text()
    kept = [line for line in own.splitlines() if re.match(r"(queue|data|daemon|command)_directory|mail_owner", line)]
    (instance.conf / "main.cf").write_text(main + "\n".join(kept) + "\n")
    (instance.conf / "master.cf").write_text((CONFIGURATIONS / configuration / "master.cf").read_text())
    status, said = check(instance)
    assert status in (0, 78)
    assert said
    for line in said:
        assert re.match(rf"martlet: (warning: )?{instance.conf}/(main|master)\.cf", line) or "master.cf: service" in line, said
    assert (status == 78) == any(not line.startswith("martlet: warning:") for line in said)
