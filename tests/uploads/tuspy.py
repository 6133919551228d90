"""tuspy 1.1.0, as it comes from PyPI, against a running portal.

    BASE_URL=http://127.0.0.1:8080 COOKIE='session=…' python tests/uploads/tuspy.py

The cookie is that of an instructor. Prints a line for each case, and fails at the first that goes wrong.
"""
import hashlib
import os
import sys
import tempfile

import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8080")
COOKIE = os.environ["COOKIE"]
client = TusClient(BASE + "/uploads", headers={"Cookie": COOKIE})


def digest(data):
    return hashlib.sha256(data).hexdigest()


def fetched(url):
    answer = requests.get(url, headers={"Cookie": COOKIE}, timeout=60)
    assert answer.status_code == 200, answer.status_code
    return digest(answer.content)


def passed(what):
    print("ok", what)


data = os.urandom(3_000_001)
with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
    file.write(data)
    file.flush()

    # Sends an empty Upload-Metadata.
    uploader = client.uploader(file.name, chunk_size=1_000_000)
    uploader.upload()
    assert fetched(uploader.url) == digest(data)
    passed("a file in pieces")

    uploader = client.uploader(file.name, chunk_size=1_000_000, metadata={"filename": "讲座.mp4"}, upload_checksum=True)
    uploader.upload()
    assert fetched(uploader.url) == digest(data)
    passed("with checksums")

    uploader = client.uploader(file.name, chunk_size=1_000_000)
    uploader.upload_chunk()
    again = client.uploader(file.name, chunk_size=1_000_000, url=uploader.url)
    assert again.offset == 1_000_000, again.offset
    again.upload()
    assert fetched(again.url) == digest(data)
    passed("resumed by another client")

    # The address alone, after the sign-in ended.
    uploader = client.uploader(file.name, chunk_size=1_000_000)
    uploader.upload_chunk()
    again = TusClient(BASE + "/uploads").uploader(file.name, chunk_size=1_000_000, url=uploader.url)
    again.upload()
    assert fetched(again.url) == digest(data)
    passed("resumed without a session")

    # tuspy sends no Upload-Defer-Length of its own; the header can be given, and the length told with a piece.
    later = TusClient(BASE + "/uploads", headers={"Cookie": COOKIE})
    answer = requests.post(
        BASE + "/uploads",
        headers={"Cookie": COOKIE, "Tus-Resumable": "1.0.0", "Upload-Defer-Length": "1"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.status_code
    later.set_headers({"Upload-Length": str(len(data))})
    uploader = later.uploader(file.name, chunk_size=1_000_000, url=BASE + answer.headers["Location"])
    uploader.upload()
    assert fetched(uploader.url) == digest(data)
    passed("a length that was told later")

    try:
        TusClient(BASE + "/uploads").uploader(file.name).upload()
    except TusCommunicationError as error:
        assert error.status_code == 401, error.status_code
    else:
        sys.exit("an upload of nobody was taken")
    passed("nobody may begin one")
