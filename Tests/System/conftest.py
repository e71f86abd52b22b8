import contextlib

import pytest

from fake_suite import Suite
from instance import Instance, Sink, free_port, stage_programs, temporary_directory


@pytest.fixture(scope="session")
def programs():
    with temporary_directory() as directory:
        yield stage_programs(directory)


@pytest.fixture
def launch(programs):
    """launch(settings…) starts an instance that is stopped and removed after the test."""
    with contextlib.ExitStack() as stack:

        def start(*settings, services=(), smtpd_options="", begin=True):
            root = stack.enter_context(temporary_directory())
            instance = Instance(programs, root, settings, services, smtpd_options)
            stack.callback(instance.stop)
            if begin:
                instance.start()
            return instance

        yield start


@pytest.fixture
def sink():
    """sink(options…) starts an smtp-sink on a free port, or on the port given."""
    with contextlib.ExitStack() as stack:

        def start(*options, port=None):
            server = Sink(port or free_port(), *options)
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def suite(programs, tmp_path):
    made = []

    def make(services, settings=()):
        root = tmp_path / str(len(made))
        root.mkdir()
        for directory in (tmp_path, *list(tmp_path.parents)[:2], root):
            directory.chmod(0o755)
        made.append(Suite(programs, root, services, settings))
        return made[-1]

    yield make
    for one in made:
        one.kill()
