//! What `:?` says.

use crate::commands::COMMANDS;

/// Columns of a command, beside which its text stands.
const WIDTH: usize = 28;

/// All commands, with what they do.
pub fn text() -> String {
    let mut out = String::from("The following commands are available:\n\n");
    row(&mut out, "<expr>", "Evaluate and print expression");
    row(&mut out, "<x> = <expr>", "Bind expression to variable; also several: a = 1; inherit (x) y");
    for command in COMMANDS {
        let mut usage = command.names.join(", ");
        if !command.argument.is_empty() {
            usage = format!("{usage} {}", command.argument);
        }
        row(&mut out, &usage, command.summary);
    }
    out
}

fn row(out: &mut String, usage: &str, summary: &str) {
    out.push_str(&format!("  {usage:<width$} {summary}\n", width = WIDTH));
}
