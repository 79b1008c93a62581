//! The page of all providers, `docs/providers.md`.

use super::by_category;
use super::show::redirect;
use crate::app::Provider;
use crate::model::text::shown;

pub(super) fn page(all: &[Provider]) -> String {
    let mut text = String::from(
        "# Providers\n\nMade by `oauth provider list --markdown` from the files of `providers/`; a test holds it to them.\n\
         `oauth provider show NAME` says more: endpoints, scopes, how to register a client, sources.\n",
    );
    for (category, providers) in by_category(all) {
        text.push_str(&format!("\n## {}\n\n", cell(category)));
        text.push_str(
            "| name | provider | client | redirect URI | refresh token | sure |\n|---|---|---|---|---|---|\n",
        );
        for provider in providers {
            let entry = &provider.entry;
            let client = match entry.open_client_id {
                Some(_) => "none",
                None if entry.public_client => "id",
                None => "id, secret",
            };
            let policy = entry.refresh_policy.map_or("not known", |policy| policy.words());
            let sure = entry.confidence.as_deref().unwrap_or("-");
            let cells = [&provider.id, &entry.name, client, &redirect(provider), policy, sure].map(cell);
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    text
}

fn cell(text: &str) -> String {
    shown(text).replace('|', "\\|").replace("  ", " ")
}
