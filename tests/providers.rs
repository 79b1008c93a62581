//! Providers as they are: the built-in entry drives the real program through login, refresh and revocation, against a
//! stand-in that answers exactly as that provider is documented to.

use serde_json::{Value, json};

use crate::support::demo::{parameter, visit};
use crate::support::double::{Asked, Double};
use crate::support::sandbox::{Home, Output};
use crate::support::wait_for;

const CLIENT: &str = "my client";
const SECRET: &str = "se:cret/+";
/// `my client` and `se:cret/+`, each form-encoded first (RFC 6749 §2.3.1).
const BASIC: &str = "Basic bXkrY2xpZW50OnNlJTNBY3JldCUyRiUyQg==";

/// One provider, and what is documented of it.
#[derive(Default)]
struct Case {
    provider: &'static str,
    /// Connected without a secret.
    public: bool,
    set: &'static [&'static str],
    /// The account is given, because nobody tells it.
    named: bool,
    /// What the token endpoint says to the code.
    code: &'static str,
    /// What it says to the refresh token, with its status; empty where there is none.
    refresh: (u16, &'static str),
    /// Other addresses, and what they say.
    says: &'static [(&'static str, u16, &'static str)],
    /// Parameters of the authorization request.
    url: &'static [(&'static str, &'static str)],
    /// What requests must have been, by their address.
    asked: &'static [(&'static str, Want)],
    /// The credential, by JSON pointer.
    credential: &'static [(&'static str, &'static str)],
    /// The header line of the first token, when it is not the usual one.
    header: Option<&'static str>,
    /// What becomes of access and refresh token when it is revoked.
    revoked: (&'static str, &'static str),
}

/// What a request must have been.
#[derive(Clone, Copy, Debug)]
enum Want {
    Method(&'static str),
    Header(&'static str, &'static str),
    NoHeader(&'static str),
    Form(&'static str, &'static str),
    NoForm(&'static str),
    Json(&'static str, &'static str),
    Body(&'static str),
}

impl Want {
    fn fits(self, asked: &Asked) -> bool {
        match self {
            Self::Method(method) => asked.method == method,
            Self::Header(name, value) => asked.headers.get(name).is_some_and(|own| own == value),
            Self::NoHeader(name) => !asked.headers.contains_key(name),
            Self::Form(name, value) => asked.form(name).as_deref() == Some(value),
            Self::NoForm(name) => asked.form(name).is_none(),
            Self::Json(name, value) => asked.json(name).as_deref() == Some(value),
            Self::Body(body) => asked.body == body,
        }
    }
}

/// The usual answers, for cases about something else.
const CODE: &str = r#"{"access_token":"at-1","token_type":"bearer","expires_in":3600,"refresh_token":"rt-1"}"#;
const REFRESH: (u16, &str) =
    (200, r#"{"access_token":"at-2","token_type":"bearer","expires_in":3600,"refresh_token":"rt-2"}"#);
const GONE: (&str, &str) = ("unsupported", "unsupported");

fn cases() -> Vec<Case> {
    use Want::{Body, Form, Header, Json, Method, NoForm, NoHeader};
    vec![
        Case {
            provider: "github",
            code: "access_token=at-1&scope=read%3Auser%2Crepo&token_type=bearer",
            refresh: (0, ""),
            says: &[
                ("https://api.github.com/user", 200, r#"{"login":"octocat","id":583231}"#),
                ("https://api.github.com/applications/my+client/token", 204, ""),
            ],
            asked: &[
                ("https://github.com/login/oauth/access_token", Header("accept", "application/json")),
                ("https://api.github.com/applications/my+client/token", Method("DELETE")),
                ("https://api.github.com/applications/my+client/token", Header("authorization", BASIC)),
                ("https://api.github.com/applications/my+client/token", Json("access_token", "at-1")),
            ],
            credential: &[
                ("/account", "\"octocat\""),
                ("/subject", "\"583231\""),
                ("/scopes", r#"["read:user","repo"]"#),
                ("/expires_at", "null"),
                ("/refreshable", "false"),
            ],
            revoked: ("revoked", "skipped"),
            ..Case::default()
        },
        Case {
            provider: "slack",
            public: true,
            code: r#"{"ok":true,"app_id":"A1","authed_user":{"id":"U1","scope":"users:read,chat:write",
                "access_token":"at-1","token_type":"user","expires_in":43200,"refresh_token":"rt-1"},
                "team":{"id":"T1","name":"Acme"},"enterprise":null}"#,
            refresh: (
                200,
                r#"{"ok":true,"access_token":"at-2","token_type":"user","expires_in":43200,"refresh_token":"rt-2"}"#,
            ),
            says: &[
                ("https://slack.com/api/auth.test", 200, r#"{"ok":true,"user":"alice","user_id":"U1","team_id":"T1"}"#),
                ("https://slack.com/api/auth.revoke", 200, r#"{"ok":true,"revoked":true}"#),
            ],
            url: &[("user_scope", "users:read,chat:write")],
            asked: &[
                ("https://slack.com/api/auth.revoke", Method("POST")),
                ("https://slack.com/api/auth.revoke", Header("authorization", "Bearer at-2")),
            ],
            credential: &[
                ("/account", "\"alice\""),
                ("/subject", "\"U1\""),
                ("/scopes", r#"["users:read","chat:write"]"#),
                ("/metadata/team_id", "\"T1\""),
            ],
            revoked: ("revoked", "unsupported"),
            ..Case::default()
        },
        Case {
            provider: "notion",
            code: r#"{"access_token":"at-1","token_type":"bearer","bot_id":"B1","workspace_id":"W1","workspace_name":"Acme",
                "owner":{"type":"user","user":{"id":"U1","person":{"email":"alice@example.test"}}},"refresh_token":"rt-1"}"#,
            refresh: (200, r#"{"access_token":"at-2","token_type":"bearer","refresh_token":"rt-2"}"#),
            says: &[
                ("https://api.notion.com/v1/users/me", 200, r#"{"object":"user","id":"B1","type":"bot"}"#),
                ("https://api.notion.com/v1/oauth/revoke", 200, r#"{"request_id":"1"}"#),
            ],
            url: &[("owner", "user")],
            asked: &[
                ("https://api.notion.com/v1/oauth/token", Header("authorization", BASIC)),
                ("https://api.notion.com/v1/oauth/token", Header("content-type", "application/json")),
                ("https://api.notion.com/v1/oauth/token", Header("notion-version", "2022-06-28")),
                ("https://api.notion.com/v1/oauth/token", Json("grant_type", "authorization_code")),
                ("https://api.notion.com/v1/oauth/token", Json("refresh_token", "rt-1")),
                ("https://api.notion.com/v1/users/me", Header("notion-version", "2022-06-28")),
                ("https://api.notion.com/v1/oauth/revoke", Json("token", "at-2")),
                ("https://api.notion.com/v1/oauth/revoke", Header("authorization", BASIC)),
            ],
            credential: &[
                ("/account", "\"alice@example.test\""),
                ("/subject", "\"U1\""),
                ("/metadata/workspace_id", "\"W1\""),
                ("/metadata/workspace", "\"Acme\""),
                ("/expires_at", "null"),
            ],
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "dropbox",
            public: true,
            code: r#"{"access_token":"at-1","token_type":"bearer","expires_in":14400,"refresh_token":"rt-1",
                "scope":"account_info.read","uid":"7","account_id":"dbid:1"}"#,
            refresh: (200, r#"{"access_token":"at-2","token_type":"bearer","expires_in":14400}"#),
            says: &[
                (
                    "https://api.dropboxapi.com/2/users/get_current_account",
                    200,
                    r#"{"account_id":"dbid:1","email":"a@example.test"}"#,
                ),
                ("https://api.dropboxapi.com/2/auth/token/revoke", 200, ""),
            ],
            url: &[("token_access_type", "offline")],
            asked: &[
                ("https://api.dropboxapi.com/2/users/get_current_account", Method("POST")),
                ("https://api.dropboxapi.com/2/users/get_current_account", Body("")),
                ("https://api.dropboxapi.com/2/users/get_current_account", NoHeader("content-type")),
                ("https://api.dropboxapi.com/2/auth/token/revoke", Method("POST")),
                ("https://api.dropboxapi.com/2/auth/token/revoke", Header("authorization", "Bearer at-2")),
            ],
            credential: &[("/account", "\"a@example.test\""), ("/subject", "\"dbid:1\""), ("/refreshable", "true")],
            revoked: ("revoked", "unsupported"),
            ..Case::default()
        },
        Case {
            provider: "linear",
            code: CODE,
            refresh: REFRESH,
            says: &[
                ("https://api.linear.app/graphql", 200, r#"{"data":{"viewer":{"id":"7","email":"a@example.test"}}}"#),
                ("https://api.linear.app/oauth/revoke", 200, ""),
            ],
            url: &[("scope", "read,chat:write")],
            asked: &[
                ("https://api.linear.app/graphql", Method("POST")),
                ("https://api.linear.app/graphql", Header("content-type", "application/json")),
                ("https://api.linear.app/graphql", Json("query", "{ viewer { id email } }")),
                ("https://api.linear.app/oauth/token", Form("client_secret", SECRET)),
            ],
            credential: &[("/account", "\"a@example.test\""), ("/subject", "\"7\"")],
            revoked: ("revoked", "unsupported"),
            ..Case::default()
        },
        Case {
            provider: "figma",
            code: CODE,
            refresh: (200, r#"{"access_token":"at-2","token_type":"bearer","expires_in":7776000}"#),
            says: &[("https://api.figma.com/v1/me", 200, r#"{"id":"7","email":"a@example.test"}"#)],
            asked: &[
                ("https://api.figma.com/v1/oauth/refresh", Form("refresh_token", "rt-1")),
                ("https://api.figma.com/v1/oauth/refresh", Header("authorization", BASIC)),
                ("https://api.figma.com/v1/oauth/token", Form("grant_type", "authorization_code")),
                ("https://api.figma.com/v1/oauth/token", NoForm("client_secret")),
            ],
            credential: &[("/account", "\"a@example.test\""), ("/subject", "\"7\"")],
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "jira",
            code: CODE,
            refresh: REFRESH,
            says: &[
                ("https://api.atlassian.com/me", 200, r#"{"account_id":"7","email":"a@example.test"}"#),
                (
                    "https://api.atlassian.com/oauth/token/accessible-resources",
                    200,
                    r#"[{"id":"cloud-1","url":"https://acme.atlassian.net"},{"id":"cloud-2"}]"#,
                ),
            ],
            url: &[
                ("audience", "api.atlassian.com"),
                ("prompt", "consent"),
                ("scope", "read:me offline_access chat:write"),
            ],
            credential: &[
                ("/account", "\"a@example.test\""),
                ("/metadata/cloud_id", "\"cloud-1\""),
                ("/metadata/site", "\"https://acme.atlassian.net\""),
            ],
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "salesforce",
            public: true,
            set: &["login_host=test.salesforce.com"],
            code: r#"{"access_token":"00D!at-1","refresh_token":"rt-1","instance_url":"{origin}/acme.my.salesforce.com",
                "id":"https://login.salesforce.com/id/1/2","token_type":"Bearer","issued_at":"1700000000000","signature":"x"}"#,
            refresh: (200, r#"{"access_token":"00D!at-2","token_type":"Bearer","issued_at":"1700000000000"}"#),
            says: &[
                (
                    "https://test.salesforce.com/services/oauth2/userinfo",
                    200,
                    r#"{"sub":"https://x/7","user_id":"7","preferred_username":"a@example.test"}"#,
                ),
                ("https://test.salesforce.com/services/oauth2/revoke", 200, ""),
            ],
            credential: &[
                ("/account", "\"a@example.test\""),
                ("/expires_at", "null"),
                ("/metadata/instance_url", "\"{origin}/acme.my.salesforce.com\""),
            ],
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "mailchimp",
            code: r#"{"access_token":"at-1","expires_in":0,"scope":null}"#,
            refresh: (0, ""),
            says: &[(
                "https://login.mailchimp.com/oauth2/metadata",
                200,
                r#"{"dc":"us6","api_endpoint":"{origin}/us6.api.mailchimp.com","login":{"login_id":7,"login_email":"a@example.test"}}"#,
            )],
            asked: &[("https://login.mailchimp.com/oauth2/metadata", Header("authorization", "OAuth at-1"))],
            credential: &[
                ("/account", "\"a@example.test\""),
                ("/subject", "\"7\""),
                ("/expires_at", "null"),
                ("/metadata/dc", "\"us6\""),
            ],
            header: Some("Authorization: OAuth at-1"),
            revoked: ("unsupported", "skipped"),
            ..Case::default()
        },
        Case {
            provider: "zoho",
            code: r#"{"access_token":"at-1","refresh_token":"rt-1","api_domain":"{origin}/www.zohoapis.com","token_type":"Bearer","expires_in":3600}"#,
            refresh: (200, r#"{"access_token":"at-2","api_domain":"x","token_type":"Bearer","expires_in":3600}"#),
            says: &[
                ("https://accounts.zoho.com/oauth/user/info", 200, r#"{"Email":"a@example.test","ZUID":7}"#),
                ("https://accounts.zoho.com/oauth/v2/token/revoke", 200, r#"{"status":"success"}"#),
            ],
            url: &[("access_type", "offline"), ("scope", "AaaServer.profile.Read,chat:write")],
            asked: &[("https://accounts.zoho.com/oauth/user/info", Header("authorization", "Zoho-oauthtoken at-1"))],
            credential: &[
                ("/account", "\"a@example.test\""),
                ("/metadata/api_domain", "\"{origin}/www.zohoapis.com\""),
            ],
            header: Some("Authorization: Zoho-oauthtoken at-1"),
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "shopify",
            named: true,
            set: &["shop=acme"],
            code: r#"{"access_token":"at-1","scope":"read_products,chat:write","expires_in":3600,"refresh_token":"rt-1","refresh_token_expires_in":7776000}"#,
            refresh: REFRESH,
            asked: &[("https://acme.myshopify.com/admin/oauth/access_token", Form("expiring", "1"))],
            url: &[("scope", "read_products,chat:write")],
            credential: &[("/account", "\"mine\""), ("/scopes", r#"["read_products","chat:write"]"#)],
            header: Some("X-Shopify-Access-Token: at-1"),
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "withings",
            code: r#"{"status":0,"body":{"userid":"363","access_token":"at-1","refresh_token":"rt-1","scope":"user.info,chat:write","expires_in":10800,"token_type":"Bearer"}}"#,
            refresh: (
                200,
                r#"{"status":0,"body":{"userid":"363","access_token":"at-2","refresh_token":"rt-2","expires_in":10800}}"#,
            ),
            asked: &[
                ("https://wbsapi.withings.net/v2/oauth2", Form("action", "requesttoken")),
                ("https://wbsapi.withings.net/v2/oauth2", Form("refresh_token", "rt-1")),
            ],
            credential: &[("/account", "\"363\""), ("/subject", "\"363\"")],
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "stackexchange",
            named: true,
            code: "access_token=at-1&expires=86400",
            refresh: (0, ""),
            credential: &[("/account", "\"mine\""), ("/status", "\"expiring\"")],
            revoked: ("unsupported", "skipped"),
            ..Case::default()
        },
        Case {
            provider: "square",
            code: r#"{"access_token":"at-1","token_type":"bearer","expires_at":"2999-01-01T00:00:00Z","merchant_id":"M","refresh_token":"rt-1"}"#,
            refresh: (
                200,
                r#"{"access_token":"at-2","token_type":"bearer","expires_at":"2026-01-01T00:00:00Z","merchant_id":"M"}"#,
            ),
            says: &[(
                "https://connect.squareup.com/v2/merchants/me",
                200,
                r#"{"merchant":[{"id":"M","business_name":"Acme"}]}"#,
            )],
            asked: &[
                ("https://connect.squareup.com/oauth2/token", Json("client_secret", SECRET)),
                ("https://connect.squareup.com/oauth2/token", Json("grant_type", "refresh_token")),
            ],
            credential: &[("/account", "\"Acme\""), ("/expires_at", "null")],
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "basecamp",
            code: r#"{"access_token":"at-1","expires_in":1209600,"refresh_token":"rt-1"}"#,
            refresh: (200, r#"{"access_token":"at-2","expires_in":1209600}"#),
            says: &[(
                "https://launchpad.37signals.com/authorization.json",
                200,
                r#"{"identity":{"id":7,"email_address":"a@example.test"},"accounts":[{"id":999999999}]}"#,
            )],
            url: &[("type", "web_server")],
            asked: &[
                ("https://launchpad.37signals.com/authorization/token", Form("type", "web_server")),
                ("https://launchpad.37signals.com/authorization/token", Form("type", "refresh")),
            ],
            credential: &[("/account", "\"a@example.test\""), ("/metadata/account_id", "999999999")],
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "twitch",
            code: r#"{"access_token":"at-1","expires_in":14400,"refresh_token":"rt-1","scope":["user:read:email","chat:write"],"token_type":"bearer"}"#,
            refresh: REFRESH,
            says: &[
                ("https://api.twitch.tv/helix/users", 200, r#"{"data":[{"id":"7","login":"alice"}]}"#),
                ("https://id.twitch.tv/oauth2/revoke", 200, ""),
            ],
            asked: &[("https://api.twitch.tv/helix/users", Header("client-id", CLIENT))],
            credential: &[("/account", "\"alice\""), ("/scopes", r#"["user:read:email","chat:write"]"#)],
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "reddit",
            public: true,
            code: CODE,
            refresh: (
                200,
                r#"{"access_token":"at-2","token_type":"bearer","expires_in":86400,"scope":"identity chat:write"}"#,
            ),
            says: &[
                ("https://oauth.reddit.com/api/v1/me", 200, r#"{"id":"7","name":"alice"}"#),
                ("https://www.reddit.com/api/v1/revoke_token", 204, ""),
            ],
            url: &[("duration", "permanent")],
            asked: &[
                ("https://www.reddit.com/api/v1/access_token", Header("authorization", "Basic bXkrY2xpZW50Og==")),
                ("https://www.reddit.com/api/v1/access_token", NoForm("client_secret")),
            ],
            credential: &[("/account", "\"alice\"")],
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "hubspot",
            code: CODE,
            refresh: (400, r#"{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token"}"#),
            says: &[("https://api.hubapi.com/account-info/v3/details", 200, r#"{"portalId":7}"#)],
            credential: &[("/account", "\"7\"")],
            ..Case::default()
        },
        Case {
            provider: "fitbit",
            code: r#"{"access_token":"at-1","expires_in":28800,"refresh_token":"rt-1","scope":"profile","token_type":"Bearer","user_id":"U1"}"#,
            refresh: (
                400,
                r#"{"errors":[{"errorType":"invalid_grant","message":"Refresh token invalid"}],"success":false}"#,
            ),
            says: &[("https://api.fitbit.com/1/user/-/profile.json", 200, r#"{"user":{"encodedId":"U1"}}"#)],
            credential: &[("/account", "\"U1\""), ("/scopes", r#"["profile"]"#)],
            ..Case::default()
        },
        Case {
            provider: "google",
            code: r#"{"access_token":"at-1","expires_in":3599,"refresh_token":"1//rt","refresh_token_expires_in":604799,
                "scope":"https://www.googleapis.com/auth/userinfo.email chat:write","token_type":"Bearer"}"#,
            refresh: (200, r#"{"access_token":"at-2","expires_in":3599,"token_type":"Bearer"}"#),
            says: &[
                ("https://openidconnect.googleapis.com/v1/userinfo", 200, r#"{"sub":"7","email":"a@example.test"}"#),
                ("https://oauth2.googleapis.com/revoke", 200, "{}"),
            ],
            url: &[("access_type", "offline"), ("prompt", "consent")],
            asked: &[
                ("https://oauth2.googleapis.com/revoke", NoForm("client_id")),
                ("https://oauth2.googleapis.com/revoke", Form("token", "1//rt")),
            ],
            credential: &[("/account", "\"a@example.test\"")],
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "gitlab",
            public: true,
            set: &["host=git.example.org"],
            code: CODE,
            refresh: REFRESH,
            says: &[
                ("https://git.example.org/api/v4/user", 200, r#"{"id":7,"username":"alice"}"#),
                ("https://git.example.org/oauth/revoke", 200, "{}"),
            ],
            asked: &[
                ("https://git.example.org/oauth/token", Form("client_id", CLIENT)),
                ("https://git.example.org/oauth/token", NoHeader("authorization")),
            ],
            credential: &[("/account", "\"alice\"")],
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "lichess",
            public: true,
            code: r#"{"token_type":"Bearer","access_token":"lio_at-1","expires_in":31536000}"#,
            refresh: (0, ""),
            says: &[
                ("https://lichess.org/api/account", 200, r#"{"id":"alice","username":"Alice"}"#),
                ("https://lichess.org/api/token", 204, ""),
            ],
            asked: &[("https://lichess.org/api/token", Header("authorization", "Bearer lio_at-1"))],
            credential: &[("/account", "\"Alice\""), ("/subject", "\"alice\"")],
            revoked: ("revoked", "skipped"),
            ..Case::default()
        },
        Case {
            provider: "auth0",
            public: true,
            set: &["domain=acme.us.auth0.com"],
            code: CODE,
            refresh: REFRESH,
            says: &[
                ("https://acme.us.auth0.com/userinfo", 200, r#"{"sub":"auth0|7","email":"a@example.test"}"#),
                ("https://acme.us.auth0.com/oauth/revoke", 200, ""),
            ],
            asked: &[("https://acme.us.auth0.com/oauth/revoke", Form("token", "rt-2"))],
            credential: &[("/account", "\"a@example.test\""), ("/subject", "\"auth0|7\"")],
            revoked: ("unsupported", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "bitbucket",
            code: r#"{"access_token":"at-1","scopes":"account repository","expires_in":7200,"refresh_token":"rt-1","token_type":"bearer"}"#,
            refresh: REFRESH,
            says: &[("https://api.bitbucket.org/2.0/user", 200, r#"{"account_id":"7","username":"alice"}"#)],
            credential: &[("/account", "\"alice\""), ("/scopes", r#"["account","repository"]"#)],
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "trakt",
            code: CODE,
            refresh: REFRESH,
            says: &[
                ("https://api.trakt.tv/users/me", 200, r#"{"username":"alice","ids":{"slug":"alice-1"}}"#),
                ("https://api.trakt.tv/oauth/revoke", 200, "{}"),
            ],
            asked: &[
                ("https://api.trakt.tv/users/me", Header("trakt-api-key", CLIENT)),
                ("https://api.trakt.tv/oauth/revoke", Json("client_secret", SECRET)),
            ],
            credential: &[("/account", "\"alice\""), ("/subject", "\"alice-1\"")],
            revoked: ("revoked", "revoked"),
            ..Case::default()
        },
        Case {
            provider: "tiktok",
            code: r#"{"access_token":"act.1","expires_in":86400,"open_id":"O1","refresh_expires_in":31536000,"refresh_token":"rft.1","scope":"user.info.basic","token_type":"Bearer"}"#,
            refresh: (
                200,
                r#"{"access_token":"act.2","expires_in":86400,"open_id":"O1","refresh_token":"rft.2","scope":"user.info.basic","token_type":"Bearer"}"#,
            ),
            says: &[(
                "https://open.tiktokapis.com/v2/user/info/",
                200,
                r#"{"data":{"user":{"open_id":"O1","display_name":"Alice"}},"error":{"code":"ok","message":"","log_id":"1"}}"#,
            )],
            url: &[("client_key", CLIENT)],
            asked: &[
                ("https://open.tiktokapis.com/v2/oauth/token/", Form("client_key", CLIENT)),
                ("https://open.tiktokapis.com/v2/oauth/token/", NoForm("client_id")),
            ],
            credential: &[("/account", "\"Alice\""), ("/subject", "\"O1\"")],
            revoked: GONE,
            ..Case::default()
        },
        Case {
            provider: "myanimelist",
            public: true,
            code: CODE,
            refresh: REFRESH,
            says: &[("https://api.myanimelist.net/v2/users/@me", 200, r#"{"id":7,"name":"alice"}"#)],
            url: &[("code_challenge_method", "plain")],
            credential: &[("/account", "\"alice\"")],
            revoked: GONE,
            ..Case::default()
        },
    ]
}

#[test]
fn providers_are_spoken_to_the_way_they_are_documented() {
    for case in cases() {
        println!("{}", case.provider);
        connect_refresh_revoke(&case);
    }
}

fn connect_refresh_revoke(case: &Case) {
    let (home, double) = (Home::new(), Double::start());
    let (file, entry) = double.entry(case.provider, home.path());
    let text = |key: &str| entry.get(key).and_then(toml::Value::as_str).map(|url| filled(url, case.set));
    let token = text("token_endpoint").unwrap();
    match text("refresh_endpoint") {
        Some(refresh) => {
            double.answers(&token, &[(200, case.code)]);
            double.answers(&refresh, &[case.refresh]);
        }
        None => double.answers(&token, &[(200, case.code), case.refresh]),
    }
    // Where revocation or another call has the token endpoint's address, it comes after the code.
    for (address, status, body) in case.says {
        let same = *address == token;
        let answers = [(200, case.code), (*status, *body)];
        double.answers(address, if same { &answers } else { &answers[1..] });
    }

    let name = format!("{}-double", case.provider);
    let file = file.to_str().unwrap();
    home.oauth(["provider", "add", &name, "--file", file]).run().success();
    let (credential, url, mut asked) = connect(&home, &double, &name, case);
    for (parameter_name, value) in case.url {
        assert_eq!(parameter(&url, parameter_name).as_deref(), Some(*value), "{name}: {url}");
    }
    for (pointer, value) in case.credential {
        let value: Value = serde_json::from_str(&value.replace("{origin}", double.origin())).unwrap();
        assert_eq!(credential.pointer(pointer), Some(&value), "{name}: {pointer} of {credential}");
    }
    if let Some(line) = case.header {
        home.oauth(["token", &name, "--format", "header"]).run().success().stdout_is(&format!("{line}\n"));
    }
    refresh(&home, &name, case);
    if case.revoked.0.is_empty() {
        return;
    }
    let revoked = home.oauth(["revoke", &name, "--json"]).run();
    let revoked = revoked.success().json();
    assert_eq!((&revoked["access"], &revoked["refresh"]), (&json!(case.revoked.0), &json!(case.revoked.1)), "{name}");
    asked.extend(double.take());
    for (address, want) in case.asked {
        let path = address.trim_start_matches("https:/");
        let mut there = asked.iter().filter(|asked| asked.path == path).peekable();
        assert!(there.peek().is_some(), "{name}: nobody asked {path}: {asked:#?}");
        let every = matches!(want, Want::NoForm(_) | Want::NoHeader(_));
        let fits = if every { there.all(|asked| want.fits(asked)) } else { there.any(|asked| want.fits(asked)) };
        assert!(fits, "{name}: {path}: {want:?}: {asked:#?}");
    }
}

fn filled(url: &str, set: &[&str]) -> String {
    let mut url = url.to_owned();
    for pair in set {
        let (name, value) = pair.split_once('=').unwrap();
        url = url.replace(&format!("{{{name}}}"), value);
    }
    // The defaults of the entries that are used here.
    url.replace("{tld}", "com").replace("{login_host}", "login.salesforce.com")
}

fn connect(home: &Home, double: &Double, name: &str, case: &Case) -> (Value, String, Vec<Asked>) {
    let redirect = ["--redirect-uri", "http://127.0.0.1/callback"];
    let mut init = home.oauth(["init", name]).args(case.named.then_some("mine"));
    init = init.args(["--client-id", CLIENT, "--no-browser", "--json", "--add-scope", "chat:write"]).args(redirect);
    init = if case.public { init } else { init.args(["--client-secret-stdin"]).stdin(SECRET) };
    for pair in case.set {
        init = init.args(["--set", pair]);
    }
    let mut running = init.spawn();
    let start = format!("{}/", double.origin());
    let url = wait_for("the whole address", || {
        let said = running.wait_for_stderr(&start);
        let (_, rest) = said.split_once(&start)?;
        Some(format!("{start}{}", rest.split_once('\n')?.0))
    });
    let (redirect, state) = (parameter(&url, "redirect_uri").unwrap(), parameter(&url, "state").unwrap());
    let _ = visit(&format!("{redirect}?code=the%2Fcode&state={state}"));
    let output = running.finish();
    output.success();
    (output.json(), url, double.take())
}

/// The first token, then the one after a refresh. A refusal is definite, and keeps nothing a secret.
fn refresh(home: &Home, name: &str, case: &Case) {
    let first = home.oauth(["token", name]).run();
    let ask = || home.oauth(["token", name, "--refresh"]).run();
    match case.refresh {
        (0, _) => {}
        (200, _) => {
            let second: Output = ask();
            assert_ne!(first.success().stdout, second.success().stdout, "{name}");
        }
        _ => {
            ask().fails(4).stderr_has("invalid_grant").says_nothing_of("rt-1");
        }
    }
}
