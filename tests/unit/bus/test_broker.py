"""The broker's address: one URL, its password in a file, nothing of it in a message."""

from pathlib import Path

import pytest

from lienthong.bus import broker


def test_the_password_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret/@\n")
    found = broker.parse(f"amqp://gateway@rabbit:5673/%2F?passfile={tmp_path / 'password'}")
    assert (found.host, found.port, found.vhost, found.user) == ("rabbit", 5673, "/", "gateway")
    assert found.password == "s3cret/@"
    assert found.kombu_url() == "pyamqp://gateway:s3cret%2F%40@rabbit:5673/%2F"


def test_the_password_may_be_written_out_for_tools() -> None:
    found = broker.parse("amqp://a%40b:c%2Fd@127.0.0.1/vss")
    assert (found.user, found.password, found.port, found.vhost) == ("a@b", "c/d", 5672, "vss")


@pytest.mark.parametrize("path", ["", "/", "/%2F"])
def test_no_vhost_is_the_vhost_of_that_name(path: str) -> None:
    assert broker.parse(f"amqp://a:b@h{path}").vhost == "/"


def test_its_representation_shows_no_password() -> None:
    assert "s3cret" not in repr(broker.parse("amqp://a:s3cret@h"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a:s3cret@h",
        "amqp://",
        "amqp://h",
        "amqp://a:s3cret@h:port",
        "amqp://a@h",
        "amqp://a:s3cret@h?passfile=/x",
        "amqp://a:s3cret@h?heartbeat=0",
        "amqp://a@h?passfile=/does/not/exist",
        "amqps://a:s3cret@h?cafile=/does/not/exist",
    ],
)
def test_a_wrong_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(broker.BrokerUrlError) as refused:
        broker.parse(url)
    assert "s3cret" not in str(refused.value)


def test_an_empty_password_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    with pytest.raises(broker.BrokerUrlError, match="empty"):
        broker.parse(f"amqp://a@h?passfile={tmp_path / 'password'}")


def test_amqps_checks_the_brokers_name() -> None:
    found = broker.parse("amqps://a:b@h")
    assert found.port == 5671
    assert found.tls is not None
    assert found.tls.check_hostname
    assert found.pika_parameters(name="x").ssl_options is not None
