"""Finds Google's official Firestore and Pub/Sub emulators, and fetches them where they are absent.

The order: an address in the environment (somebody runs the emulator already), then the gcloud installation,
then the cache folder in the repository. `python -m local.emulators` says where each one is and fills the cache.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from local.errors import StackError

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "emulators"
_CHUNK = 1 << 20  # bytes
_NETWORK_PATIENCE = 30  # seconds without a byte


class JavaMissingError(StackError):
    """The emulators run on Java, and there is none."""


class EmulatorMissingError(StackError):
    """An emulator is not on this machine."""


class FetchError(StackError):
    """An emulator could not be fetched, or what came is not the pinned file."""


@dataclass(frozen=True, slots=True)
class Download:
    """One published file, pinned by its hash. `member` names the jar inside when the file is a zip archive."""

    url: str
    size: int
    sha256: str
    member: str | None = None

    @property
    def jar_name(self) -> str:
        """The jar's file name in the cache; it carries the version, so a new pin is a new file."""
        return self.url.rsplit("/", 1)[-1].removesuffix(".zip").removesuffix(".jar") + ".jar"


@dataclass(frozen=True, slots=True)
class Emulator:
    """One of Google's emulators. `installed` is the jar's path pattern inside gcloud's `platform` folder."""

    name: str
    variable: str
    installed: str
    main_class: str
    heap: str
    component: str
    download: Download


FIRESTORE = Emulator(
    name="firestore",
    variable="FIRESTORE_EMULATOR_HOST",
    installed="cloud-firestore-emulator/cloud-firestore-emulator.jar",
    main_class="com.google.cloud.datastore.emulator.firestore.CloudFirestore",
    heap="1g",
    component="cloud-firestore-emulator",
    download=Download(
        url="https://storage.googleapis.com/firebase-preview-drop/emulator/cloud-firestore-emulator-v1.22.0.jar",
        size=136_707_194,
        sha256="9b6498b7f62714d67f48f59b3818883cd682dbcd46b9f59511de81c97bb5166c",
    ),
)
PUBSUB = Emulator(
    name="pubsub",
    variable="PUBSUB_EMULATOR_HOST",
    installed="pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
    main_class="com.google.cloud.pubsub.testing.v1.Main",
    heap="512m",
    component="pubsub-emulator",
    download=Download(
        url="https://storage.googleapis.com/firebase-preview-drop/emulator/pubsub-emulator-0.8.37.zip",
        size=53_029_797,
        sha256="c83383e0c71633e58abad6fdc9c0312c7d0f6a5a34236c42e3f92eb24ded1c26",
        member="*lib/cloud-pubsub-emulator-*-all.jar",
    ),
)


def locate(emulator: Emulator, environ: Mapping[str, str], cache: Path = CACHE) -> Path | None:
    """The emulator's jar on this machine, gcloud's first; None when there is none."""
    gcloud = shutil.which("gcloud", path=environ.get("PATH", ""))
    if gcloud:
        platform = Path(gcloud).resolve().parent.parent / "platform"
        installed = sorted(platform.glob(emulator.installed))
        if installed:
            return installed[-1]
    cached = cache / emulator.download.jar_name
    return cached if cached.is_file() else None


def java(environ: Mapping[str, str]) -> str:
    """The Java program: JAVA_HOME's, or the one on the PATH.

    Raises:
        JavaMissingError: with the command that installs it.
    """
    home = environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else environ.get("PATH", ""))
    if not found:
        where = f"in JAVA_HOME ({home})" if home else "here"
        raise JavaMissingError(
            f"Google's emulators need Java, and there is none {where}. On Debian this installs it:\n"
            "    apt-get install -y default-jre-headless"
        )
    return found


def command(emulator: Emulator, environ: Mapping[str, str], host: str, port: int) -> tuple[str, ...]:
    """The command that runs an emulator at `host:port`.

    Raises:
        JavaMissingError: there is no Java.
        EmulatorMissingError: the emulator is not on this machine.
    """
    jar = locate(emulator, environ)
    if jar is None:
        raise EmulatorMissingError(
            f"The {emulator.name} emulator is not on this machine. This fetches it:\n"
            "    .venv/bin/python -m local.emulators"
        )
    return (
        java(environ),
        f"-Xmx{emulator.heap}",
        "-XX:+UseSerialGC",  # the smallest collector: two emulators share the machine with everything else
        "-Duser.language=en",  # gcloud's own starter does this: the emulator knows English messages only
        "-cp",
        str(jar),
        emulator.main_class,
        f"--host={host}",
        f"--port={port}",
    )


def fetch(emulator: Emulator, cache: Path = CACHE) -> Path:
    """Downloads the emulator into the cache; the jar appears there only whole and verified.

    Raises:
        FetchError: the file can't be had, or its hash is not the pinned one.
    """
    download = emulator.download
    cache.mkdir(parents=True, exist_ok=True)
    jar = cache / download.jar_name
    print(f"{emulator.name}: fetching {download.url} ({download.size / 1e6:.0f} MB)", flush=True)
    # Both files live in a folder of their own on the cache's file system: the last step is one rename.
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as folder:
        fetched = Path(folder) / "fetched"
        try:
            sha256 = _download(download.url, fetched)
        except (OSError, HTTPException) as error:
            raise FetchError(
                f"The {emulator.name} emulator could not be fetched from {download.url}: {error}.\n"
                f"Install it with gcloud (gcloud components install {emulator.component}), or start one\n"
                f"elsewhere and name its address in {emulator.variable}."
            ) from error
        if sha256 != download.sha256:
            raise FetchError(
                f"What {download.url} answered is not the pinned file, and was thrown away:\n"
                f"    expected SHA-256 {download.sha256}\n    got      SHA-256 {sha256}"
            )
        if download.member is not None:
            fetched = _extract(fetched, download.member)
        fetched.replace(jar)
    return jar


def _download(url: str, target: Path) -> str:
    """Writes what the URL answers to `target`; returns its SHA-256 in hexadecimal."""
    digest = hashlib.sha256()
    try:
        # S310 warns of file:// and the like: the addresses are the constants above.
        response = urllib.request.urlopen(url, timeout=_NETWORK_PATIENCE)  # noqa: S310
    except HTTPError as refusal:
        refusal.close()  # the exception is the open response as well
        raise
    with response, target.open("wb") as file:
        while chunk := response.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def _extract(archive: Path, member: str) -> Path:
    """Takes the one file that matches `member` out of the archive, next to it."""
    with zipfile.ZipFile(archive) as zipped:
        [name] = [name for name in zipped.namelist() if fnmatch(name, member)]
        target = archive.with_name("extracted")
        with zipped.open(name) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file)
    return target


def main() -> int:
    """Says where each emulator is, and fetches what is missing; 1 when something can't be had."""
    try:
        for emulator in (FIRESTORE, PUBSUB):
            if address := os.environ.get(emulator.variable):
                print(f"{emulator.name}: {address} ({emulator.variable})")
                continue
            java(os.environ)
            print(f"{emulator.name}: {locate(emulator, os.environ) or fetch(emulator)}")
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
