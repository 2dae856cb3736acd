"""The gateway publishes the public keys of certificates, as many as there are, and never a private one."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import ValidationError

from gateway.__main__ import _certificate_keys
from gateway.settings import Settings
from lienthong.certificate import CertificateKeys, public_keys
from lienthong.signing import Algorithm, PrivateKey

OLD, NEW = (PrivateKey.generate(Algorithm.ECDSA_P256_SHA256) for _ in range(2))


def written(folder: Path, document: object) -> Path:
    path = folder / "keys.json"
    path.write_text(json.dumps(document))
    return path


def pages(path: Path | None) -> dict[str, Any]:
    return _certificate_keys(cast("Settings", SimpleNamespace(certificate_keys=path)))


def complaints(path: Path) -> set[str]:
    """What is wrong with the variable, others apart."""
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"certificate_keys": path})
    return {
        str(problem["msg"]) for problem in refused.value.errors() if problem["loc"] == ("certificate_keys",)
    }


def test_while_keys_rotate_both_are_shown_to_any_page(tmp_path: Path) -> None:
    path = written(tmp_path, public_keys([OLD.public, NEW.public]))
    assert not complaints(path)
    page = pages(path)["/.well-known/jwks.json"]
    assert set(CertificateKeys.parse(page.body)) == {OLD.key_id, NEW.key_id}
    assert (b"access-control-allow-origin", b"*") in page.headers


def test_without_a_file_nothing_is_published() -> None:
    assert pages(None) == {}


@pytest.mark.parametrize("member", [{"d": "AAAA"}, {"kid": NEW.key_id}])
def test_a_private_key_or_a_wrong_name_stops_the_start(tmp_path: Path, member: dict[str, str]) -> None:
    (key,) = public_keys([OLD.public])["keys"]
    assert complaints(written(tmp_path, {"keys": [key | member]}))
