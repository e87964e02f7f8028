"""SASL/OAUTHBEARER: tokens of an external identity provider."""

from barnabas.foundation.config.kinds import BOOLEAN, CLASS, INT, LIST, LONG, PASSWORD, STRING
from barnabas.foundation.config.option import LOW, option
from barnabas.foundation.config.validators import between, one_of_ignoring_case


class OAuthOptions:
    """SASL/OAUTHBEARER: tokens of an external identity provider."""

    sasl_oauthbearer_token_endpoint_url = option(
        "sasl.oauthbearer.token.endpoint.url", STRING, None, "Address where tokens are issued."
    )
    sasl_oauthbearer_scope = option("sasl.oauthbearer.scope", STRING, None, "Scope asked for with a token.")
    sasl_oauthbearer_scope_claim_name = option(
        "sasl.oauthbearer.scope.claim.name", STRING, "scope", "Claim that holds the scope.", importance=LOW
    )
    sasl_oauthbearer_sub_claim_name = option(
        "sasl.oauthbearer.sub.claim.name", STRING, "sub", "Claim that holds the subject.", importance=LOW
    )
    sasl_oauthbearer_expected_audience = option(
        "sasl.oauthbearer.expected.audience", LIST, None, "Audiences of which a token must name one.", importance=LOW
    )
    sasl_oauthbearer_expected_issuer = option(
        "sasl.oauthbearer.expected.issuer", STRING, None, "Issuer that a token must name.", importance=LOW
    )
    sasl_oauthbearer_clock_skew_seconds = option(
        "sasl.oauthbearer.clock.skew.seconds", INT, 30, "Difference between clocks that is tolerated.", importance=LOW
    )
    sasl_oauthbearer_jwks_endpoint_url = option(
        "sasl.oauthbearer.jwks.endpoint.url", STRING, None, "Address of the keys with which tokens are verified."
    )
    sasl_oauthbearer_jwks_endpoint_refresh_ms = option(
        "sasl.oauthbearer.jwks.endpoint.refresh.ms",
        LONG,
        3_600_000,
        "Time between two look-ups of the keys with which tokens are verified.",
        importance=LOW,
    )
    sasl_oauthbearer_jwks_endpoint_retry_backoff_ms = option(
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
        LONG,
        100,
        "First pause after a failed look-up; it doubles each time.",
        importance=LOW,
    )
    sasl_oauthbearer_jwks_endpoint_retry_backoff_max_ms = option(
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
        LONG,
        10000,
        "Longest pause after a failed look-up.",
        importance=LOW,
    )
    sasl_oauthbearer_jwt_retriever_class = option(
        "sasl.oauthbearer.jwt.retriever.class",
        CLASS,
        "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
        "Class that fetches tokens. Barnabas can't load Java classes.",
    )
    sasl_oauthbearer_jwt_validator_class = option(
        "sasl.oauthbearer.jwt.validator.class",
        CLASS,
        "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator",
        "Class that checks tokens. Barnabas can't load Java classes.",
    )
    sasl_oauthbearer_client_credentials_client_id = option(
        "sasl.oauthbearer.client.credentials.client.id", STRING, None, "Client ID of the client_credentials grant."
    )
    sasl_oauthbearer_client_credentials_client_secret = option(
        "sasl.oauthbearer.client.credentials.client.secret",
        PASSWORD,
        None,
        "Client secret of the client_credentials grant.",
    )
    sasl_oauthbearer_assertion_algorithm = option(
        "sasl.oauthbearer.assertion.algorithm",
        STRING,
        "RS256",
        "Algorithm that signs the assertion of the jwt-bearer grant.",
        one_of_ignoring_case("ES256", "RS256"),
    )
    sasl_oauthbearer_assertion_claim_aud = option(
        "sasl.oauthbearer.assertion.claim.aud", STRING, None, "Audience claim of the assertion."
    )
    sasl_oauthbearer_assertion_claim_exp_seconds = option(
        "sasl.oauthbearer.assertion.claim.exp.seconds",
        INT,
        300,
        "Lifetime of the assertion.",
        between(0, 86400),
        importance=LOW,
    )
    sasl_oauthbearer_assertion_claim_iss = option(
        "sasl.oauthbearer.assertion.claim.iss", STRING, None, "Issuer claim of the assertion."
    )
    sasl_oauthbearer_assertion_claim_jti_include = option(
        "sasl.oauthbearer.assertion.claim.jti.include", BOOLEAN, False, "Whether the assertion carries a unique ID."
    )
    sasl_oauthbearer_assertion_claim_nbf_seconds = option(
        "sasl.oauthbearer.assertion.claim.nbf.seconds",
        INT,
        60,
        "How far back the assertion becomes valid.",
        between(0, 3600),
        importance=LOW,
    )
    sasl_oauthbearer_assertion_claim_sub = option(
        "sasl.oauthbearer.assertion.claim.sub", STRING, None, "Subject claim of the assertion."
    )
    sasl_oauthbearer_assertion_file = option(
        "sasl.oauthbearer.assertion.file", STRING, None, "File with a ready-made assertion."
    )
    sasl_oauthbearer_assertion_private_key_file = option(
        "sasl.oauthbearer.assertion.private.key.file",
        STRING,
        None,
        "File with the private key that signs the assertion.",
    )
    sasl_oauthbearer_assertion_private_key_passphrase = option(
        "sasl.oauthbearer.assertion.private.key.passphrase",
        PASSWORD,
        None,
        "Password of the private key that signs the assertion.",
    )
    sasl_oauthbearer_assertion_template_file = option(
        "sasl.oauthbearer.assertion.template.file",
        STRING,
        None,
        "File with further headers and claims of the assertion.",
    )
