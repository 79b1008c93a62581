//! `hosts.yml` of GitHub's `gh`: hosts, their users, and each one's token unless it lies in the keyring.

use std::collections::BTreeMap;

use super::{Found, Whose, not_empty, secret};

pub(crate) fn read(text: &str) -> Vec<Found> {
    let values = flat(text);
    let hosts: Vec<_> = values.keys().filter_map(|path| path.first()).cloned().collect();
    let mut all = Vec::new();
    for host in unique(hosts) {
        let at = |path: &[&str]| {
            let path: Vec<_> = [host.as_str()].iter().chain(path).map(|part| (*part).to_owned()).collect();
            values.get(&path).map(String::as_str)
        };
        let users = values.keys().filter(|path| path[0] == host && path.get(1).is_some_and(|part| part == "users"));
        let users = unique(users.filter_map(|path| path.get(2).cloned()).collect());
        if users.is_empty() {
            // Files from before gh knew several users.
            all.push(Found {
                account: not_empty(at(&["user"])),
                access_token: secret(at(&["oauth_token"])),
                ..Found::of(Whose::Host(host.clone()))
            });
        }
        for user in users {
            let active = at(&["user"]) == Some(&user);
            let token = at(&["users", &user, "oauth_token"]).or(at(&["oauth_token"]).filter(|_| active));
            let access_token = secret(token);
            all.push(Found { account: Some(user.clone()), access_token, ..Found::of(Whose::Host(host.clone())) });
        }
    }
    all
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

/// The values of a YAML text that holds nothing but mappings, by the path of their keys. A key without a value has one
/// that is empty.
fn flat(text: &str) -> BTreeMap<Vec<String>, String> {
    let mut values = BTreeMap::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let indent = line.len() - line.trim_start().len();
        let (key, value) = line.trim().split_once(": ").unwrap_or((line.trim().trim_end_matches(':'), ""));
        path.retain(|(own, _)| *own < indent);
        path.push((indent, bare(key)));
        values.insert(path.iter().map(|(_, key)| key.clone()).collect(), bare(value));
    }
    values
}

fn bare(word: &str) -> String {
    word.trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_hosts_are_found_with_their_tokens() {
        let text = "github.com:\n    users:\n        mona:\n            oauth_token: gho_1\n        bot:\n    git_protocol: https\n    \
                    user: bot\nghe.example.com:\n    user: me\n    oauth_token: \"gho_2\"\n";
        let found = read(text);
        let told: Vec<_> = found
            .iter()
            .map(|found| {
                let token = found.access_token.as_ref().map(|token| token.expose().to_owned());
                (found.whose.clone(), found.account.clone().unwrap(), token)
            })
            .collect();
        let host = |name: &str| Whose::Host(name.into());
        assert_eq!(
            told,
            [
                (host("ghe.example.com"), "me".into(), Some("gho_2".into())),
                (host("github.com"), "bot".into(), None),
                (host("github.com"), "mona".into(), Some("gho_1".into())),
            ]
        );
        assert!(read("").is_empty());
    }
}
