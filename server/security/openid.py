"""An organisation's own sign-in, by OpenID Connect (privacy rule C3): the code flow with PKCE, a nonce and a state.

A provider is believed for what its ID token says and its published keys prove: the issuer that the operator named and
the subject. Never an e-mail address, which a provider may let anybody choose. Cookies, pages and workers are not here.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core.claims import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.security.tokens import new_token, same
from server.settings import LOOPBACK_HOSTS, OpenIdSettings
from shared.model.value import NO_JSON

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures of a private key alone: with `none` or HS256 whoever reads the published keys could sign."""
SKEW = timedelta(seconds=60)
"""How far the provider's clock and ours may be apart."""
OLDEST = timedelta(minutes=10)
"""An ID token of a sign-in that has just happened is no older."""
KEPT = timedelta(hours=1)
"""How long what a provider publishes of itself is believed."""
ASKED_AGAIN_AFTER = timedelta(seconds=30)
"""An unknown key is looked for anew at most this often: nobody makes us hammer a provider."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LARGEST_BYTES = 256 * 1024
SUBJECT_LONGEST = 255


class ProviderFailed(Exception):
    """The provider does not answer, or what it says of itself cannot be used. Says which, without what anybody typed."""


class NotBelieved(Exception):
    """The provider's answer does not prove who somebody is. Says why, for the audit."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider publishes of itself (OpenID Connect Discovery 1.0), as far as it is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in under way: what must come back, and what nobody else knows."""

    state: str
    nonce: str
    verifier: str
    begun_at: datetime
    next: str = ""
    invitation: str = ""
    again: bool = False
    """Whether the person proves themselves anew, though the provider knows them still."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser brings back from the provider."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""


@dataclass
class Provider:
    """One organisation's sign-in, as this server is registered with it."""

    settings: OpenIdSettings
    redirect_uri: str
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _metadata: Metadata | None = None
    _keys: KeySet | None = None
    _read_at: datetime | None = None
    _keys_at: datetime | None = None

    def begin(
        self, now: datetime, *, next_path: str = "", invitation: str = "", again: bool = False
    ) -> tuple[str, Begun]:
        """Where to send the browser, and what to keep until it comes back. `again` asks the person to prove themselves anew."""
        begun = Begun(
            state=new_token(), nonce=new_token(), verifier=secrets.token_urlsafe(48), begun_at=now, next=next_path,
            invitation=invitation, again=again,
        )  # fmt: skip
        more = {"prompt": "login", "max_age": "0"} if again else {}
        address: str = prepare_grant_uri(
            self.metadata(now).authorization_endpoint, self.settings.registered_as, "code", self.redirect_uri, "openid",
            begun.state, nonce=begun.nonce, code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256", **more,
        )  # fmt: skip
        return address, begun

    def finish(self, begun: Begun, answered: Answered, now: datetime) -> str:
        """The subject that the provider proves. Raises NotBelieved or ProviderFailed."""
        metadata = self.metadata(now)
        if not same(answered.state, begun.state):
            raise NotBelieved("the state is another sign-in's")
        if (
            answered.iss or metadata.authorization_response_iss_parameter_supported
        ) and answered.iss != metadata.issuer:
            raise NotBelieved("the answer is another provider's")
        if answered.error or not answered.code:
            raise NotBelieved("the provider refused")
        return self._read(self._exchange(metadata, answered.code, begun.verifier), begun, metadata, now)

    def sign_out_address(self, back: str, now: datetime) -> str:
        """Where the browser signs out of the organisation too; where there is no such address, our own sign-in page."""
        ours, theirs = f"{back}/sign-in", self.metadata(now).end_session_endpoint
        if not theirs:
            return ours
        address: str = add_params_to_uri(
            theirs, [("client_id", self.settings.registered_as), ("post_logout_redirect_uri", ours)]
        )
        return address

    def metadata(self, now: datetime) -> Metadata:
        """What the provider publishes of itself. Raises ProviderFailed."""
        with self._lock:
            if self._metadata is None or self._read_at is None or now - self._read_at > KEPT:
                self._metadata, self._read_at = self._discover(), now
            return self._metadata

    def _discover(self) -> Metadata:
        issuer = self.settings.issuer
        try:
            found = msgspec.convert(_ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration"), Metadata)
        except msgspec.ValidationError as error:
            raise ProviderFailed("its description is incomplete") from error
        if found.issuer != issuer:
            raise ProviderFailed("its description names another issuer")
        named = [found.authorization_endpoint, found.token_endpoint, found.jwks_uri]
        if not all(map(is_safe, [*named, *filter(None, [found.end_session_endpoint])])):
            raise ProviderFailed("its description names an address that is not https")
        return found

    def _exchange(self, metadata: Metadata, code: str, verifier: str) -> str:
        offered = metadata.token_endpoint_auth_methods_supported
        method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        body = prepare_token_request(
            "authorization_code", redirect_uri=self.redirect_uri, code=code, code_verifier=verifier
        )
        headers = {"content-type": "application/x-www-form-urlencoded"}
        uri, headers, body = ClientAuth(
            self.settings.registered_as, self.settings.secret, method if self.settings.secret else "none"
        ).prepare("POST", metadata.token_endpoint, headers, body)
        token = _ask("POST", uri, headers=headers, content=body).get("id_token")
        if not isinstance(token, str):
            raise NotBelieved("there is no ID token")
        return token

    def _read(self, token: str, begun: Begun, metadata: Metadata, now: datetime) -> str:
        decoded = self._verify(token, metadata, now)
        params = {"nonce": begun.nonce, "client_id": self.settings.registered_as}
        options: Any = {
            "iss": {"essential": True, "value": metadata.issuer},
            "aud": {"essential": True, "value": self.settings.registered_as},
        }
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        at_s = int(now.timestamp())
        try:
            claims.validate(now=at_s, leeway=int(SKEW.total_seconds()))
        except JoseError as error:
            raise NotBelieved(f"the ID token is refused: {error.error}") from error
        if claims["iat"] < at_s - (OLDEST + SKEW).total_seconds():
            raise NotBelieved("the ID token is too old")
        if begun.again and not _is_proven_since(claims.get("auth_time"), begun.begun_at):
            raise NotBelieved("the provider does not say that they proved themselves anew")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LONGEST:
            raise NotBelieved("the subject is no name")
        return subject

    def _verify(self, token: str, metadata: Metadata, now: datetime) -> jwt.Token:
        """The token's words, if a published key has signed them; keys that are not known are asked for once more."""
        try:
            try:
                return jwt.decode(token, self._published(metadata, now), algorithms=list(ALGORITHMS))
            except JoseError:
                return jwt.decode(token, self._published(metadata, now, anew=True), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError) as error:
            raise NotBelieved("no published key has signed the ID token") from error

    def _published(self, metadata: Metadata, now: datetime, *, anew: bool = False) -> KeySet:
        with self._lock:
            age = None if self._keys_at is None else now - self._keys_at
            if self._keys is None or age is None or age > (ASKED_AGAIN_AFTER if anew else KEPT):
                try:
                    self._keys = KeySet.import_key_set(_only_signing(_ask("GET", metadata.jwks_uri)))
                except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                    raise ProviderFailed("its keys cannot be read") from error
                self._keys_at = now
            return self._keys


def _is_proven_since(auth_time: Any, begun_at: datetime) -> bool:
    """Does the token say that they did so since? The browser carries the wish, and whoever sits there could leave it out."""
    is_time = isinstance(auth_time, int | float) and not isinstance(auth_time, bool)
    return is_time and bool(auth_time >= begun_at.timestamp() - SKEW.total_seconds())


def is_safe(url: str) -> bool:
    """May a sign-in go there? Only over https, but for a provider on this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)


def _only_signing(published: Mapping[str, Any]) -> Any:
    """The public keys that sign. A secret in a published set is no secret."""
    keys = [
        key
        for key in published["keys"]
        if key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC"} and key.get("kid")
    ]
    return {"keys": keys}


def _ask(method: str, url: str, **sent: Any) -> dict[str, Any]:
    """A provider's answer as an object: soon, of a bounded size, and not from another address."""
    body = bytearray()
    try:
        with httpx.stream(method, url, timeout=TIMEOUT, follow_redirects=False, trust_env=True, **sent) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > LARGEST_BYTES:
                    raise ProviderFailed("it says too much")
            status = answer.status_code
    except httpx.HTTPError as error:
        raise ProviderFailed("it does not answer") from error
    if status in {400, 401, 403} and method == "POST":
        raise NotBelieved("the provider does not take the code")
    if status != 200:
        raise ProviderFailed(f"it answers {status}")
    try:
        return msgspec.json.decode(bytes(body), type=dict[str, Any])
    except NO_JSON as error:
        raise ProviderFailed("its answer cannot be read") from error
