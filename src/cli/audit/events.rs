//! Events as lines. On a terminal each has one, with as much as there is room for; --verbose, and what is no terminal, gets
//! all of it.

use std::path::Path;

use super::super::columns::{cut, cut_middle, widen, width};
use super::super::context::Context;
use super::super::terminal::Terminal;
use super::super::{table, when};
use crate::app::AuditEvent;
use crate::model::Timestamp;
use crate::model::text::shown;

/// What gives way where there is little room, the first one first, and the columns that are left to it.
const ELASTIC: [(&str, usize); 4] = [("OUTCOME", 12), ("PROGRAM", 10), ("TENANT", 10), ("CREDENTIAL", 14)];

/// The table of events, which grows while it is followed.
pub(super) struct Events {
    header: Vec<&'static str>,
    /// The widest cell of each column so far: what comes later stands below what came before.
    widths: Vec<usize>,
}

impl Events {
    /// `tenants`: the events of several are told.
    pub(super) fn new(tenants: bool) -> Self {
        let mut header = vec!["WHEN", "EVENT", "CREDENTIAL", "PROGRAM", "OUTCOME"];
        if tenants {
            header.insert(2, "TENANT");
        }
        let widths = header.iter().map(|title| title.len()).collect();
        Self { header, widths }
    }

    /// The whole table.
    pub(super) fn titled(mut self, events: &[AuditEvent], context: &Context) -> String {
        let rows = self.rows(events, context);
        table::titled(&self.header, rows, &context.terminal)
    }

    /// The next lines of it.
    pub(super) fn next(&mut self, events: &[AuditEvent], context: &Context) -> String {
        let rows = self.rows(events, context);
        table::lines(None, rows, context.terminal.width()).into_iter().map(|line| line + "\n").collect()
    }

    fn rows(&mut self, events: &[AuditEvent], context: &Context) -> Vec<Vec<String>> {
        let (now, terminal) = (context.now(), &context.terminal);
        let mut rows: Vec<_> = events.iter().map(|event| self.row(event, now, terminal)).collect();
        for row in &rows {
            widen(&mut self.widths, row);
        }
        if let Some(room) = terminal.width().filter(|_| is_short(terminal)) {
            self.make_room(usize::from(room));
        }
        for row in &mut rows {
            self.fit(row);
        }
        rows
    }

    fn row(&self, event: &AuditEvent, now: Timestamp, terminal: &Terminal) -> Vec<String> {
        let short = is_short(terminal);
        let outcome = match &event.detail {
            // There is room for one of both.
            Some(detail) if short => detail.clone(),
            Some(detail) => format!("{}: {detail}", event.outcome),
            None => event.outcome.clone(),
        };
        let mut row = vec![
            if short { when::brief(event.at, now) } else { when::local(event.at, now) },
            event.kind.clone(),
            shown(format!("{} {}", event.provider, event.account).trim()),
            program(event, short),
            shown(&outcome),
        ];
        if self.header.contains(&"TENANT") {
            row.insert(2, shown(&event.tenant));
        }
        row
    }

    fn make_room(&mut self, room: usize) {
        let mut over = table::length(&self.widths).saturating_sub(room);
        for (title, least) in ELASTIC {
            let column = self.header.iter().zip(&mut self.widths).find(|(own, _)| **own == title);
            if let Some((_, width)) = column {
                let given = over.min(width.saturating_sub(least));
                *width -= given;
                over -= given;
            }
        }
    }

    fn fit(&self, row: &mut [String]) {
        for (column, (cell, widest)) in row.iter_mut().zip(&self.widths).enumerate() {
            let credential = self.header[column] == "CREDENTIAL";
            *cell = if credential { cut_middle(cell, *widest) } else { cut(cell, *widest) };
            // What ends a line is not filled up.
            if column + 1 < self.widths.len() {
                cell.push_str(&" ".repeat(widest.saturating_sub(width(cell))));
            }
        }
    }
}

/// A terminal has little room for each event.
fn is_short(terminal: &Terminal) -> bool {
    terminal.width().is_some() && !terminal.verbose
}

/// The program that asked; where there is room, with its directory and its process.
fn program(event: &AuditEvent, short: bool) -> String {
    let path = &event.caller.program;
    if path.is_empty() && (short || event.caller.pid == 0) {
        return "unknown".into();
    }
    if short {
        let name = Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy());
        return shown(&name);
    }
    match event.caller.pid {
        0 => shown(path),
        pid => shown(format!("{path} [{pid}]").trim_start()),
    }
}
