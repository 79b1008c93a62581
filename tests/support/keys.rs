//! Private keys that are made for one run of the tests, by node.

use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// A key pair.
pub(crate) struct KeyPair {
    /// PKCS#8 in PEM form.
    pub(crate) private: String,
    /// The public key as a JWK.
    pub(crate) public: Value,
}

/// An RSA key, the same for the whole run.
pub(crate) fn rsa() -> &'static KeyPair {
    static KEY: LazyLock<KeyPair> = LazyLock::new(|| make("'rsa',{modulusLength:2048}"));
    &KEY
}

/// A P-256 key, the same for the whole run.
pub(crate) fn ec() -> &'static KeyPair {
    static KEY: LazyLock<KeyPair> = LazyLock::new(|| make("'ec',{namedCurve:'P-256'}"));
    &KEY
}

fn make(kind: &str) -> KeyPair {
    let script = format!(
        "const k=require('crypto').generateKeyPairSync({kind});console.log(JSON.stringify({{\
         private:k.privateKey.export({{type:'pkcs8',format:'pem'}}),public:k.publicKey.export({{format:'jwk'}})}}))"
    );
    let output = Command::new("node").args(["-e", &script]).output().expect("node runs");
    let told = super::json(&String::from_utf8(output.stdout).expect("text"));
    let private = told["private"].as_str().expect("a key").to_owned();
    let mut public = told["public"].clone();
    public.as_object_mut().expect("a JWK").remove("crv");
    KeyPair { private, public }
}
