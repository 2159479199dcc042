//! The table of commands: names, arguments, and what they are for. What a command does is not known here.

/// Which command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CommandId {
    Add,
    Ast,
    Disassemble,
    Doc,
    Help,
    LastLoaded,
    Load,
    Print,
    Quit,
    Reload,
    Time,
    TraceEnable,
    Type,
    /// One that Nix has, and that needs what is not there.
    NotThere,
}

/// A command.
#[derive(Debug)]
pub struct CommandSpec {
    pub(crate) id: CommandId,
    /// Its names, with the colon; the usual one first.
    pub names: &'static [&'static str],
    /// What follows it.
    pub argument: &'static str,
    /// What it does.
    pub summary: &'static str,
}

macro_rules! commands {
    ($($id:ident, [$($name:literal),+], $argument:literal, $summary:literal;)*) => {
        /// All commands, in the order in which they are listed.
        pub static COMMANDS: &[CommandSpec] = &[$(CommandSpec {
            id: CommandId::$id,
            names: &[$($name),+],
            argument: $argument,
            summary: $summary,
        },)*];
    };
}

commands! {
    Help, [":?", ":help"], "", "Brings up this help menu";
    Add, [":a", ":add"], "<expr>", "Add attributes from resulting set to scope";
    Doc, [":doc"], "<expr>", "Show documentation for the provided builtin";
    Load, [":l", ":load"], "<path>", "Load Nix expression and add it to scope";
    LastLoaded, [":ll", ":last-loaded"], "", "Show most recently loaded variables added to scope";
    Print, [":p", ":print"], "<expr>", "Evaluate and print expression recursively; strings as they are";
    Quit, [":q", ":quit"], "", "Exit the repl";
    Reload, [":r", ":reload"], "", "Reload all files; other variables are forgotten";
    Type, [":t"], "<expr>", "Describe result of evaluation";
    TraceEnable, [":te", ":trace-enable"], "[bool]", "Enable, disable or toggle showing traces for errors";
    Ast, [":ast"], "<expr>", "Show the syntax tree";
    Disassemble, [":disas"], "<expr>", "Show the bytecode";
    Time, [":time"], "<expr>", "Evaluate and print expression, and say how long it took";
    NotThere, [":b"], "<expr>", "Build a derivation (not available)";
    NotThere, [":bl"], "<expr>", "Build a derivation, creating GC roots (not available)";
    NotThere, [":e", ":edit"], "<expr>", "Open package or function in $EDITOR (not available)";
    NotThere, [":i"], "<expr>", "Build derivation, then install result (not available)";
    NotThere, [":lf", ":load-flake"], "<ref>", "Load Nix flake and add it to scope (not available)";
    NotThere, [":log"], "<expr>", "Show logs for a derivation (not available)";
    NotThere, [":sh"], "<expr>", "Build dependencies of derivation, then start nix-shell (not available)";
    NotThere, [":u"], "<expr>", "Build derivation, then start nix-shell (not available)";
}

/// The command of a name.
pub(crate) fn find(name: &str) -> Option<&'static CommandSpec> {
    COMMANDS.iter().find(|command| command.names.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_there_twice() {
        let mut names: Vec<_> = COMMANDS.iter().flat_map(|command| command.names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
