"""Sign-in by an OpenID Connect provider: authorization code with PKCE, state and nonce. Authlib speaks the protocol; no account is made by it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.starlette_client import OAuth  # type: ignore[import-untyped]
from joserfc.errors import JoseError

from core.errors import Forbidden, Unavailable
from core.logs import get_logger
from web.console import Console, console_of
from web.sessions import OIDC, cookie_of, drop_cookie, put_cookie, sealed, unsealed

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.responses import Response

log = get_logger(__name__)
LIVES = 600  # seconds that a person may take at the provider
RETURN = "/connexion/fournisseur/retour"
# a provider that names "none" or a shared-key algorithm must not be able to make us take them
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
SECONDS = 10  # that the provider may take to answer


class Identity(NamedTuple):
    """Who somebody is for a provider. ``email``: only where the provider says that it checked it."""

    subject: str  # issuer and subject
    email: str | None
    wanted: str  # the page to go on to


def offered(console: Console) -> bool:
    """Whether a provider is set."""
    return console.settings.oidc_issuer is not None and bool(console.settings.oidc_client_id)


async def leave(request: Request, *, wanted: str) -> Response:
    """Go to the provider; what is needed on the way back waits in a signed cookie of this browser. Raises Unavailable, Forbidden."""
    console = console_of(request)
    request.scope["session"] = session = {"wanted": wanted}  # where Authlib keeps state, nonce and verifier
    url = console.settings.console_url or request.base_url
    client = await _client(request)
    answer: Response = await _asked(client.authorize_redirect(request, f"{str(url).rstrip('/')}{RETURN}"))
    kept = base64.urlsafe_b64encode(json.dumps(session).encode()).decode()
    put_cookie(answer, console, OIDC, sealed(console, kept, purpose=OIDC), lives=LIVES)
    return answer


async def come_back(request: Request) -> Identity:
    """Who came back. Raises Forbidden for what did not begin in this browser or is not signed as it must be, Unavailable."""
    console = console_of(request)
    kept = unsealed(console, cookie_of(request, OIDC), purpose=OIDC, lives=LIVES)
    if kept is None:
        raise Forbidden("this sign-in did not begin in this browser, or took more than 10 minutes; begin again")
    request.scope["session"] = session = json.loads(base64.urlsafe_b64decode(kept))
    client = await _client(request)
    issuer = client.server_metadata["issuer"]
    options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client.client_id}, "sub": {"essential": True}}
    token = await _asked(client.authorize_access_token(request, claims_options=options))
    claims = token.get("userinfo")
    if not claims or len(str(claims["sub"])) > 255:
        raise Forbidden("the provider sent no proof of who this is; ask an administrator of Vigie")
    email = str(claims.get("email") or "").strip().lower() if claims.get("email_verified") is True else None
    return Identity(f"{issuer} {claims['sub']}", email or None, session["wanted"])


def forget(answer: Response, console: Console) -> None:
    """What waited in the cookie serves once."""
    drop_cookie(answer, console, OIDC)


async def _client(request: Request) -> Any:
    """Authlib's client, with what the provider says of itself; read once a process."""
    console = console_of(request)
    known = getattr(request.app.state, "oidc", None)
    if known is None:
        known = request.app.state.oidc = _registered(console)
    metadata = await _asked(known.load_server_metadata())
    if str(metadata.get("issuer", "")).rstrip("/") != str(console.settings.oidc_issuer).rstrip("/"):
        request.app.state.oidc = None
        raise Forbidden("the provider calls itself otherwise than VIGIE_OIDC_ISSUER; an administrator must look at both")
    stated = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in stated if name in ALGORITHMS] or ["RS256"]
    return known


def _registered(console: Console) -> Any:
    settings = console.settings
    secret = settings.oidc_client_secret
    return OAuth().register(
        "fournisseur", client_id=settings.oidc_client_id, client_secret=secret.get_secret_value() if secret else None,
        server_metadata_url=f"{str(settings.oidc_issuer).rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": SECONDS, "follow_redirects": False},
    )  # fmt: skip


async def _asked(question: Any) -> Any:
    """What the provider answers; its errors as ours, without its words, which are a stranger's."""
    try:
        return await question
    except (AuthlibBaseError, JoseError, KeyError, TypeError, RuntimeError) as error:
        log.warning("oidc_refused", error=type(error).__name__, kind=getattr(error, "error", ""))
        raise Forbidden("the provider's answer cannot be trusted, or it refused; begin again, or ask an administrator of Vigie") from error
    except (httpx2.HTTPError, ValueError) as error:
        log.warning("oidc_unavailable", error=type(error).__name__)
        raise Unavailable("the provider does not answer as it should; try again later, or sign in with a password") from error
