//! At the end of every command: the alarms it raised are told.

use super::context::Context;
use super::failure::init_command;

pub(super) fn run(context: &Context) {
    let alarms = context.alarms.take();
    if alarms.is_empty() {
        return;
    }
    // Without a configuration that can be read the command has failed, and said so.
    let Ok(hooks) = context.hooks() else { return };
    for failure in hooks.tell(alarms, context.now(), init_command) {
        context.terminal.warn(&failure);
    }
}
