//! kubectl's credential plugins: `ExecCredential` of `client.authentication.k8s.io` (Kubernetes documentation,
//! "Authenticating", "client-go credential plugins").

use serde_json::{Value, json};

use super::Malformed;
use crate::model::{Secret, Timestamp};

const GROUP: &str = "client.authentication.k8s.io";

/// The version that kubectl asks for in `KUBERNETES_EXEC_INFO`; v1 where it does not say. It must be answered with the
/// same one.
pub(crate) fn version(info: Option<&str>) -> Result<&'static str, Malformed> {
    let Some(info) = info else { return Ok("v1") };
    let bad = |what| Malformed { tool: "kubectl", what };
    let info: Value = serde_json::from_str(info).map_err(|_| bad("KUBERNETES_EXEC_INFO is no JSON"))?;
    match info["apiVersion"].as_str().and_then(|version| version.strip_prefix(GROUP)) {
        Some("/v1") => Ok("v1"),
        Some("/v1beta1") => Ok("v1beta1"),
        _ => Err(bad("it wants another version than v1 and v1beta1")),
    }
}

/// The answer: a bearer token and its end.
pub(crate) fn answer(version: &str, token: &Secret, expires_at: Option<Timestamp>) -> Secret {
    let mut status = json!({"token": token.expose()});
    if let Some(end) = expires_at {
        status["expirationTimestamp"] = end.rfc3339().into();
    }
    let object = json!({"apiVersion": format!("{GROUP}/{version}"), "kind": "ExecCredential", "status": status});
    Secret::new(format!("{object}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_what_kubectl_reads() {
        let told = answer("v1", &Secret::new("tok"), Some(Timestamp(1_700_000_000)));
        let wanted = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"expirationTimestamp":"2023-11-14T22:13:20Z","token":"tok"}}"#;
        assert_eq!(told.expose(), format!("{wanted}\n"));
        assert!(!answer("v1", &Secret::new("tok"), None).expose().contains("expiration"));
    }

    #[test]
    fn the_version_is_the_one_that_is_asked_for() {
        let info = |version: &str| format!(r#"{{"apiVersion":"client.authentication.k8s.io/{version}","spec":{{}}}}"#);
        assert_eq!(version(None), Ok("v1"));
        assert_eq!(version(Some(&info("v1"))), Ok("v1"));
        assert_eq!(version(Some(&info("v1beta1"))), Ok("v1beta1"));
        assert!(version(Some(&info("v1alpha1"))).is_err() && version(Some("x")).is_err());
    }
}
