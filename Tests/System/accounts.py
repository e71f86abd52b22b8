"""The users as whom the programs run when root starts them, for tests that run as root."""
import grp
import os
import pwd

import pytest

NAMES = ("martlet", "martlet-smtpd", "martlet-smtp")


def exists(name):
    try:
        pwd.getpwnam(name)
        return True
    except KeyError:
        return False


def missing():
    """Why these tests cannot run; empty when they can."""
    if os.geteuid() != 0:
        return "only root can become others"
    absent = [name for name in NAMES if not exists(name)]
    return f"the users {', '.join(absent)} are missing (make setup-tests makes them)" if absent else ""


needs_root = pytest.mark.skipif(bool(missing()), reason=missing())


def uid(name):
    return pwd.getpwnam(name).pw_uid


def gid(name):
    return pwd.getpwnam(name).pw_gid


def group_name(number):
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def status(pid):
    """/proc/PID/status as a dictionary."""
    with open(f"/proc/{pid}/status") as file:
        return {key: value.strip() for key, _, value in (line.partition(":") for line in file)}
