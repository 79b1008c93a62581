//! The file of `git credential-store`: a URL a line, user name and password percent-encoded (git-credential-store(1)).

use url::Url;

use super::{Found, Whose};
use crate::model::{Secret, endpoint};

pub(crate) fn read(text: &str) -> Vec<Found> {
    let lines = text.lines().filter_map(|line| {
        let url = Url::parse(line.trim()).ok().filter(|url| url.scheme() == "https")?;
        let password = decoded(url.password().filter(|password| !password.is_empty())?);
        let account = Some(decoded(url.username())).filter(|name| !name.is_empty());
        Some(Found::token(Whose::Host(endpoint::authority(&url)), account, Secret::new(password)))
    });
    lines.collect()
}

fn decoded(text: &str) -> String {
    // The form's decoder takes `+` for a blank and `&` for an end.
    let form = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_password_for_a_host() {
        let found = read(
            "https://mona:gh%2Bp&%40@github.com\nhttp://a:b@github.com\n\nhttps://github.com\nx\nhttps://me:t@h:8443\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].access_token.as_ref().unwrap().expose(), "gh+p&@");
        assert_eq!(found[0].account.as_deref(), Some("mona"));
        assert_eq!(found[1].whose, Whose::Host("h:8443".into()));
    }
}
