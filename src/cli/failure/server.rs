//! What servers answer, entries that describe them wrongly, and the port that is listened on.

use super::store::of_files;
use super::{Failure, oauth, root, shown_long, when, word};
use crate::{callback, http, protocol, provider};

/// What helps against a trouble of the provider's.
pub(super) const LATER: &str = "try again later; what is connected stays as it is";

/// What helps where no answer came.
const NETWORK: &str = "check the network, and try again; what is connected stays as it is";

/// What helps where no server can be known.
pub(in crate::cli) const AUTHORITIES: &str = "install the package ca-certificates; or name a file that holds them (PEM): \
                                  export SSL_CERT_FILE=/PATH/TO/CERTIFICATES.pem";

pub(super) fn of_protocol(doing: &str, error: &protocol::Error) -> Failure {
    use protocol::Error as E;
    let failure = |code, exit| Failure::new(code, exit, doing).because(shown_long(&error.to_string()));
    match error {
        E::Http(http::Error::Refused(_)) => failure("wrong_host", 7),
        E::Http(http::Error::Unreadable { .. }) => failure("provider_error", 5).hint(LATER),
        E::Http(http::Error::NoAuthorities { .. }) => failure("unreachable", 5).hint(AUTHORITIES),
        E::Http(_) => failure("unreachable", 5).hint(NETWORK),
        E::Trouble { retry_after: Some(seconds), .. } => {
            failure(error.code(), 5).hint(format!("try again in {}", when::length(*seconds)))
        }
        E::Trouble { in_doubt: false, .. } => failure(error.code(), 5).hint("try again later"),
        E::Trouble { .. } => failure(error.code(), 5).hint(LATER),
        E::NoMetadata { .. } => failure("provider_error", 5)
            .hint("check the address: it is that of the issuer, as the provider writes it, or of an MCP server")
            .hint("a network that asks for a sign-in of its own can answer like this, too"),
        E::NotOauth { .. } => failure("provider_error", 5)
            .hint("a network that asks for a sign-in of its own can answer like this; try again later"),
        E::Malformed { .. } => failure("provider_error", 5).hint("try again later; the login is kept"),
        E::UnsafeAddress { .. } => failure("wrong_host", 7).hint("nothing was sent there, and nothing is stored"),
        E::InsideNetwork { issuer, endpoints, .. } => failure("wrong_host", 7)
            .hint("nothing was sent there, and nothing is stored")
            .hint(format!("if that network is yours, name its endpoints yourself: {}", described(issuer, endpoints))),
        E::Redirected { .. } => failure("wrong_host", 7)
            .hint("the endpoint may have moved: see `oauth provider show`, or the provider's documents"),
        E::IssuerMismatch { expected, found } if expected.trim_end_matches('/') == found.trim_end_matches('/') => {
            failure("issuer_mismatch", 7)
                .hint(format!("an issuer is compared as it stands; this one calls itself {found}"))
        }
        E::IssuerMismatch { .. } => {
            failure("issuer_mismatch", 7).hint("nothing was stored; check whom the address belongs to")
        }
        E::ResourceMismatch { found, .. } => failure("resource_mismatch", 7).hint(format!(
            "nothing was stored; if you trust that one, connect it by its own name: {}",
            oauth(format_args!("init {}", word(found)))
        )),
        E::IdToken(_) => failure("id_token_rejected", 7),
        E::OtherAccount { .. } => {
            failure("wrong_account", 7).hint("its tokens are not served; connect the account again")
        }
        E::Refused { .. } => failure("request_refused", 1),
        E::Request(_) => failure("bad_config", 2),
    }
}

/// A refresh that failed for a reason that may pass. Only here a lost answer can cost anything.
pub(super) fn not_refreshed(doing: &str, error: &protocol::Error) -> Failure {
    let failure = of_protocol(doing, error);
    if matches!(error, protocol::Error::Http(http::Error::InDoubt { .. })) {
        return failure.hint("should the provider have answered, and its answer be lost, it may want a new login");
    }
    failure
}

/// No answer of an API, which may have acted on the request.
pub(super) fn request_in_doubt(error: &crate::app::Error, cause: &str, again: bool) -> Failure {
    let failure = Failure::new("unreachable", 5, error.to_string()).because(shown_long(cause));
    if again {
        return failure.hint("check the network, and try again");
    }
    failure.hint("what was asked for may have been done: look there before you ask again")
}

/// The command that makes an entry out of endpoints, by their names.
fn described(issuer: &str, endpoints: &[(String, String)]) -> String {
    let options = ["authorization", "token", "userinfo", "revocation", "device_authorization", "introspection"];
    let given = options.iter().filter_map(|option| {
        let name = format!("{option}_endpoint");
        let (_, url) = endpoints.iter().find(|(own, _)| *own == name)?;
        Some(format!(" --{} {}", name.replace('_', "-"), word(url)))
    });
    format!("oauth provider add NAME --issuer {}{}", word(issuer), given.collect::<String>())
}

pub(super) fn of_provider(error: &provider::Error) -> Failure {
    use provider::Error as E;
    let text = error.to_string();
    match error {
        E::Unknown { similar, .. } => {
            let failure = Failure::new("unknown_provider", 3, text);
            match similar.first() {
                Some(first) => {
                    let names = similar.join(", ");
                    Failure { action: Some(format!("oauth provider show {first}")), ..failure }
                        .hint(format!("did you mean: {names}"))
                }
                None => failure
                    .hint("see them all: oauth provider list; add your own: oauth provider add NAME --issuer URL"),
            }
        }
        E::BadName(_) => {
            Failure::usage(text).hint("a name is made of a-z, 0-9, `.`, `_` and `-`, and begins with a letter or digit")
        }
        E::BuiltIn(_) => Failure::usage(text).hint("choose another name for your own"),
        E::NotYours(_) => Failure::usage(text)
            .because("nor can one of yours take its place: it has a name of its own")
            .hint("to change it for yourself, add it under another name: oauth provider add NAME --file FILE"),
        E::Exists(name) => Failure::usage(text).hint(format!("oauth provider remove {}", word(name))),
        E::Invalid { mistakes, .. } => {
            mistakes.iter().fold(Failure::set_up(text), |failure, mistake| failure.because(shown_long(mistake)))
        }
        E::Broken { name, path, mistakes } => {
            let failure =
                mistakes.iter().fold(Failure::set_up(text), |failure, what| failure.because(shown_long(what)));
            failure
                .action(format!("oauth provider check {}", word(&path.display().to_string())))
                .hint(format!("mend what it tells; or do without the entry: oauth provider remove {}", word(name)))
        }
        E::VariableMissing { variable, .. } => Failure::usage(text).hint(format!("add --set {variable}=VALUE")),
        E::VariableUnknown { known, .. } if known.is_empty() => Failure::usage(text).because("it has no variables"),
        E::VariableUnknown { known, .. } => Failure::usage(text).because(format!("it has: {}", known.join(", "))),
        E::VariableValue { .. } => Failure::usage(text).because("a value is a host name or a word"),
        E::Files(error) => of_files(error),
    }
}

pub(super) fn of_callback(error: &callback::Error) -> Failure {
    match error {
        callback::Error::PortBusy { port } => Failure::new("port_busy", 7, error.to_string())
            .because("another program listens there, and would get the answer of this login")
            .hint(format!(
                "see which one: ss -ltnp 'sport = :{port}'; or choose another with --port, if the provider allows it"
            )),
        other => Failure::internal(other.to_string()).because(root(other)),
    }
}
