use clap::Args;

use super::context::Context;
use super::credential;
use super::failure::Failure;
use crate::app::Selector;
use crate::model::text::shown;

/// Choose the account that is taken when none is named
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  oauth default google alice@example.com")]
pub(super) struct DefaultArgs {
    /// The provider, or PROVIDER@ACCOUNT
    provider: String,
    /// The account
    account: Option<String>,
}

pub(super) fn run(args: &DefaultArgs, context: &Context) -> Result<u8, Failure> {
    let selector = Selector::parse(&args.provider, args.account.as_deref())?;
    let app = context.app()?;
    if selector.account.is_none() {
        return Err(Failure::account_wanted(app.accounts(&selector)));
    }
    let chosen = app.make_default(&selector)?;
    if context.terminal.json {
        context.terminal.data_json(&credential::json(&chosen, context.now()))?;
    }
    context.terminal.say(&format!("`{}` now means {}", chosen.provider, shown(&chosen.account)));
    Ok(0)
}
