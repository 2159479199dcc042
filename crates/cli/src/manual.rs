//! Pages of the manual in mdoc, made from the tables of options and settings.

use crate::command::Command;
use crate::help::{self, About, ENVIRONMENT};
use crate::options::{self, OptionSpec, Section};
use crate::settings::SETTINGS;
use crate::topics::Topic;

const PROGRAM: &str = "nivose.1";
const SETTINGS_PAGE: &str = "nivose-settings.5";

/// The name of a command's page.
fn page_of(command: Command) -> &'static str {
    match command {
        Command::Evaluate | Command::NixEvaluate => "nivose-eval.1",
        Command::Instantiate => "nivose-nix-instantiate.1",
        Command::Disassemble => "nivose-disassemble.1",
        Command::Parse => "nivose-parse.1",
        Command::Trace => "nivose-trace.1",
        Command::Repl => "nivose-repl.1",
    }
}

/// The names of all pages.
pub fn pages() -> impl Iterator<Item = &'static str> {
    std::iter::once(PROGRAM).chain(Command::ALL.map(page_of)).chain([SETTINGS_PAGE])
}

/// A page, by its name with or without the section.
pub fn page(name: &str) -> Option<String> {
    let full = pages().find(|page| *page == name || page.split('.').next() == Some(name))?;
    let command = Command::ALL.into_iter().find(|&command| page_of(command) == full);
    Some(match command {
        Some(command) => command_page(command),
        None if full == PROGRAM => program_page(),
        None => settings_page(),
    })
}

fn head(page: &str, summary: &str) -> String {
    let (name, section) = page.split_once('.').unwrap_or((page, "1"));
    format!(
        ".Dd $Mdocdate$\n.Dt {} {section}\n.Os nivose\n.Sh NAME\n.Nm {name}\n.Nd {}\n",
        name.to_ascii_uppercase(),
        text(summary)
    )
}

fn program_page() -> String {
    let mut out = head(PROGRAM, "evaluate the Nix language");
    out.push_str(".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar option ...\n.Sh DESCRIPTION\nThe commands are:\n");
    let commands = Command::ALL.map(|command| (command.name().to_owned(), help::about(command).summary));
    let topics = Topic::ALL.map(|topic| (format!("{} {}", topic.name(), topic.argument()), topic.about()));
    list(&mut out, commands.iter().chain(&topics).map(|(name, about)| (name.as_str(), *about)));
    out.push_str(".Sh ENVIRONMENT\n");
    list(&mut out, ENVIRONMENT.iter().copied());
    let others: Vec<_> = pages().filter(|page| *page != PROGRAM).collect();
    see_also(&mut out, &others);
    out
}

fn command_page(command: Command) -> String {
    let About { summary, usage, description, examples } = help::about(command);
    let mut out = head(page_of(command), summary);
    out.push_str(".Sh SYNOPSIS\n");
    for line in usage {
        out.push_str(&format!(".Nm {}\n{}\n", command.program(), text(line)));
    }
    out.push_str(&format!(".Sh DESCRIPTION\n{}\n.Sh OPTIONS\n", text(description)));
    for section in Section::ALL {
        let all: Vec<_> = options::of(command).filter(|option| option.section == section).collect();
        if !all.is_empty() {
            out.push_str(&format!(".Ss {}\n", text(section.title())));
            let usages: Vec<_> = all.iter().map(|option| option.usage()).collect();
            list(
                &mut out,
                usages.iter().map(String::as_str).zip(all.iter().map(|option: &&OptionSpec| option.help)),
            );
        }
    }
    out.push_str(
        ".Sh EXIT STATUS\n0 if all went well, 1 otherwise.\n.Sh EXAMPLES\n.Bd -literal -offset indent\n",
    );
    for example in examples {
        out.push_str(&text(example));
        out.push('\n');
    }
    out.push_str(".Ed\n");
    see_also(&mut out, &[PROGRAM, SETTINGS_PAGE]);
    out
}

fn settings_page() -> String {
    let mut out = head(SETTINGS_PAGE, "settings of an evaluation");
    out.push_str(&format!(".Sh DESCRIPTION\n{}\n.Ss Settings\n", text(help::SETTINGS_USE)));
    let useful = SETTINGS.iter().filter(|setting| !setting.help.is_empty());
    list(&mut out, useful.map(|setting| (setting.name, setting.help)));
    out.push_str(".Ss Known, and without meaning for an evaluator\n");
    let others: Vec<_> = SETTINGS.iter().filter(|setting| setting.help.is_empty()).map(|s| s.name).collect();
    out.push_str(&format!("{}.\n", others.join(",\n")));
    see_also(&mut out, &[PROGRAM]);
    out
}

fn list<'a>(out: &mut String, rows: impl Iterator<Item = (&'a str, &'a str)>) {
    out.push_str(".Bl -tag -width Ds\n");
    for (name, about) in rows {
        // The zero-width character keeps words such as "No" from being taken for macros.
        out.push_str(&format!(".It \\&{}\n{}.\n", text(name).replace(' ', "\\ "), text(about)));
    }
    out.push_str(".El\n");
}

fn see_also(out: &mut String, pages: &[&str]) {
    out.push_str(".Sh SEE ALSO\n");
    for (index, page) in pages.iter().enumerate() {
        let (name, section) = page.split_once('.').unwrap_or((page, "1"));
        let comma = if index + 1 < pages.len() { " ," } else { "" };
        out.push_str(&format!(".Xr {name} {section}{comma}\n"));
    }
}

/// Text that roff prints as it is. Sentences begin on lines of their own, as roff wants them.
fn text(plain: &str) -> String {
    let escaped = plain.replace('\\', "\\e").replace('-', "\\-").replace('"', "\\(dq").replace(". ", ".\n");
    // At the beginning of a line, these would be requests to roff.
    let line =
        |line: &str| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() };
    escaped.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_text_is_a_request() {
        assert_eq!(text(".a. 'b' c. .d"), "\\&.a.\n\\&'b' c.\n\\&.d");
    }

    #[test]
    fn every_option_and_setting_has_its_place() {
        for command in Command::ALL {
            let page = page(page_of(command)).expect("a page");
            for name in options::of(command).flat_map(|option| option.names) {
                assert!(page.contains(&text(name)), "{command:?} {name}");
            }
        }
        let settings = page("nivose-settings").expect("a page");
        assert!(
            SETTINGS
                .iter()
                .all(|setting| settings.contains(setting.name) || settings.contains(&text(setting.name)))
        );
        assert!(page("nothing").is_none());
    }

    #[test]
    fn text_is_no_macro() {
        assert_eq!(text(".Sh x"), "\\&.Sh x");
        assert_eq!(text("a\\b -c"), "a\\eb \\-c");
    }
}
