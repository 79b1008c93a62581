//! What providers are documented to say and to want. One case each; the hosts are those of the entries.

use super::Want::{Body, Form, Header, Json, Method, NoForm, NoHeader};
use super::{CLIENT, Case, SECRET};

/// `my client` and `se:cret/+`, each form-encoded first (RFC 6749 §2.3.1).
const BASIC: &str = "Basic bXkrY2xpZW50OnNlJTNBY3JldCUyRiUyQg==";

/// The usual answers, for cases about something else.
const CODE: &str = r#"{"access_token":"at-1","token_type":"bearer","expires_in":3600,"refresh_token":"rt-1"}"#;
const REFRESH: (u16, &str) =
    (200, r#"{"access_token":"at-2","token_type":"bearer","expires_in":3600,"refresh_token":"rt-2"}"#);
const GONE: (&str, &str) = ("unsupported", "unsupported");

/// What most providers have in common.
const USUAL: Case = Case {
    provider: "",
    public: false,
    set: &[],
    named: false,
    code: "",
    refresh: (0, ""),
    says: &[],
    url: &[],
    asked: &[],
    credential: &[],
    id_token: None,
    header: None,
    revoked: ("", ""),
};

pub(super) const CASES: &[Case] = &[
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        credential: &[("/account", "\"a@example.test\""), ("/metadata/api_domain", "\"{origin}/www.zohoapis.com\"")],
        header: Some("Authorization: Zoho-oauthtoken at-1"),
        revoked: ("revoked", "revoked"),
        ..USUAL
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
        ..USUAL
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
        ..USUAL
    },
    Case {
        provider: "stackexchange",
        named: true,
        code: "access_token=at-1&expires=86400",
        refresh: (0, ""),
        credential: &[("/account", "\"mine\""), ("/status", "\"expiring\"")],
        revoked: ("unsupported", "skipped"),
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
    },
    Case {
        provider: "hubspot",
        code: CODE,
        refresh: (400, r#"{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token"}"#),
        says: &[("https://api.hubapi.com/account-info/v3/details", 200, r#"{"portalId":7}"#)],
        credential: &[("/account", "\"7\"")],
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
    },
    Case {
        provider: "auth0",
        public: true,
        set: &["domain=acme.us.auth0.com"],
        code: r#"{"access_token":"at-1","refresh_token":"rt-1","id_token":"{id_token}","token_type":"Bearer",
                "expires_in":86400}"#,
        id_token: Some(("{origin}/acme.us.auth0.com/", "auth0|7")),
        refresh: REFRESH,
        says: &[
            ("https://acme.us.auth0.com/userinfo", 200, r#"{"sub":"auth0|7","email":"a@example.test"}"#),
            ("https://acme.us.auth0.com/oauth/revoke", 200, ""),
        ],
        asked: &[("https://acme.us.auth0.com/oauth/revoke", Form("token", "rt-2"))],
        credential: &[("/account", "\"a@example.test\""), ("/subject", "\"auth0|7\"")],
        revoked: ("unsupported", "revoked"),
        ..USUAL
    },
    Case {
        provider: "bitbucket",
        code: r#"{"access_token":"at-1","scopes":"account repository","expires_in":7200,"refresh_token":"rt-1","token_type":"bearer"}"#,
        refresh: REFRESH,
        says: &[("https://api.bitbucket.org/2.0/user", 200, r#"{"account_id":"7","username":"alice"}"#)],
        credential: &[("/account", "\"alice\""), ("/scopes", r#"["account","repository"]"#)],
        revoked: GONE,
        ..USUAL
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
        ..USUAL
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
        ..USUAL
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
        ..USUAL
    },
];
