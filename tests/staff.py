"""Who asks the functions for specialists: throw-away people, and an issuer of assertions with a key of its own."""

import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

from local.processes import HOST
from shared.staff.assertions import ALGORITHM, HEADER, ISSUER

AUDIENCE = "/projects/1/global/backendServices/1"
ANNA = "Анна Петрова <anna@pass24online.ru>"
"""A specialist, as BORIS is."""
BORIS = "Борис Смирнов <boris@pass24online.ru>"
VERA = "Вера Орлова <vera@pass24online.ru>"
"""A head."""
STRANGER = "Глеб Никитин <gleb@pass24online.ru>"
"""Somebody with an account, who stands in no list."""
ACCESS_CONTACT = "head@pass24online.ru"
SECRET = "signs-the-posts-of-the-tests"

_LIFETIME = timedelta(minutes=10)


class Issuer:
    """Plays Identity-Aware Proxy's issuer: signs with a key of its own, and serves that key while it is entered.

    Attributes:
        key: What it signs with.
        key_id: The key's `kid`.
        fetches: How often its keys were asked for.
        answer: What it says instead of its keys: a status and a body.
    """

    def __init__(self) -> None:
        self.key: EllipticCurvePrivateKey
        self.key_id = ""
        self.fetches = 0
        self.answer: tuple[HTTPStatus, bytes] | None = None
        self._rotations = 0
        self.rotate()
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        self._server.daemon_threads = True
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()

    @property
    def keys_url(self) -> str:
        """Where the keys are: IAP_KEYS_URL."""
        return f"http://{HOST}:{self._server.server_port}/keys"

    def rotate(self) -> None:
        """Go on with another key; the one before is served no more."""
        self._rotations += 1
        self.key, self.key_id = generate_private_key(SECP256R1()), f"key-{self._rotations}"

    def assertion(self, email: str, /, audience: str = AUDIENCE, **claims: object) -> str:
        """Sign that somebody asks.

        Args:
            email: The account: an address, or one with a name such as ANNA.
            audience: The service that is asked.
            claims: Claims in place of the usual ones; None leaves one out.
        """
        return self.sign(self.claims(email, audience, **claims))

    def claims(self, email: str, /, audience: str = AUDIENCE, **claims: object) -> dict[str, object]:
        """Give the claims of an assertion; see there."""
        issued_at = datetime.now(UTC)
        address = parseaddr(email)[1]
        usual: dict[str, object] = {
            "iss": ISSUER,
            "aud": audience,
            "email": address,
            "sub": f"accounts.google.com:{address}",
            "iat": int(issued_at.timestamp()),
            "exp": int((issued_at + _LIFETIME).timestamp()),
        }
        return {name: value for name, value in (usual | claims).items() if value is not None}

    def sign(self, claims: dict[str, object]) -> str:
        """Sign claims as they are."""
        # PyJWT itself would refuse some of the claims that a test may want to see refused by us.
        payload = json.dumps(claims).encode()
        return jwt.PyJWS().encode(payload, self.key, ALGORITHM, {"kid": self.key_id, "typ": "JWT"})

    def key_set(self) -> bytes:
        """Give the public key as a JWK set (RFC 7517)."""
        public = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return json.dumps({"keys": [public | {"kid": self.key_id, "alg": ALGORITHM, "use": "sig"}]}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.fetches += 1
                status, body = issuer.answer or (HTTPStatus.OK, issuer.key_set())
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests' output is pytest's."""

        return Handler


def staff_settings(issuer: Issuer) -> dict[str, str]:
    """Give what a function for specialists must know of them."""
    return {
        "SPECIALISTS": f"{ANNA}, {BORIS}",
        "HEADS": VERA,
        "ACCESS_CONTACT": ACCESS_CONTACT,
        "IAP_AUDIENCE": AUDIENCE,
        "IAP_KEYS_URL": issuer.keys_url,
        "STAFF_SECRETS": SECRET,
    }


def headers(issuer: Issuer, person: str) -> dict[str, str]:
    """Give the headers that the proxy adds to a person's request."""
    return {HEADER: issuer.assertion(person)}
