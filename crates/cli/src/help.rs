//! Help texts and the version.

/// The version of Nix whose language this is.
const NIX_VERSION: &str = "2.36.0";

/// What `--version` prints. `nix-instantiate` answers in the form that scripts look for.
pub fn version(program: &str) -> String {
    let own = env!("CARGO_PKG_VERSION");
    match program {
        "nix-instantiate" => format!("nix-instantiate (nivose {own}, like Nix) {NIX_VERSION}\n"),
        _ => format!("nivose {own}\n"),
    }
}

/// `nivose --help`
pub const PROGRAM: &str = "\
nivose evaluates the Nix language.

Usage: nivose COMMAND [OPTION]...

Commands:
  eval             print the value of a file or an expression
  nix-instantiate  do what nix-instantiate of Nix does, with the same flags
                   (also by the name 'nix-instantiate', as a link to this program)
  disassemble      print the bytecode of a file or an expression
  help [COMMAND]   print this text, or that of a command

Examples:
  nivose eval -E 'map (x: x * x) [ 1 2 3 ]'
  nivose eval ./config.nix services.nginx --json
  nivose nix-instantiate --eval --strict ./default.nix -A version

Options of every command:
  -I [PREFIX=]PATH         add an entry to the search path, before those of NIX_PATH
  --arg NAME EXPR          give functions at the end of a selection this argument
  --argstr NAME TEXT       the same, for a string
  --arg-from-file NAME FILE, --arg-from-stdin NAME
                           the same, for the contents of a file or of standard input
  --show-trace             show all of the trace of an error
  --error-format FORMAT    'text', or 'json': one object on a line
  --option NAME VALUE      give a setting of Nix a value; also --NAME VALUE, and for
                           switches --NAME and --no-NAME
  --pure-eval, --restrict-eval
                           keep the evaluation away from the environment, or from
                           files outside of the search path
  --max-call-depth N       how deep calls may nest (default 1000000)
  --max-memory SIZE        how much memory values may take, such as 4G
  --opt-level LEVEL        how much the compiler optimises: 0 or 1 (default)
  --help, --version

Environment:
  NIX_PATH, NIX_CONFIG, NIX_STORE_DIR, NIX_REMOTE, NIX_SHOW_STATS, NO_COLOR as in Nix
  NIVOSE_OPT_LEVEL         the same as --opt-level
  NIVOSE_GC                'stress' or 'never': when memory is collected, for testing
";

/// `nivose nix-instantiate --help`
pub const INSTANTIATE: &str = "\
nix-instantiate evaluates Nix files.

Usage: nix-instantiate [OPTION]... [FILE]...
       nix-instantiate --eval [OPTION]... [FILE]...
       nix-instantiate --find-file NAME...

FILE is a path, <name> for one in the search path, or - for standard input;
./default.nix if there is none.

What to do (by default: print the paths of the derivations in the value):
  --eval                   print the value
  --parse                  print the expression, with operators spelled out
  --find-file              print where the search path has each NAME

How to print a value:
  --strict                 evaluate all of it, and not only its outermost part
  --json                   as JSON
  --xml                    as XML, with positions unless --no-location
  --raw                    as the string that it is, without quotes and newline

What to evaluate:
  -E, --expr               the arguments are expressions instead of files
  -A, --attr PATH          select an attribute or element, such as a.b.\"c.d\".0;
                           functions on the way are called. May be repeated

Derivations:
  --dry-run                compute their paths only
  --store URI              'dummy://' stands for no store: paths are only computed
  --read-write-mode        with --eval: write derivations to the store

nivose computes the paths of derivations but does not write to a store.
'nivose help' lists the options of every command.
";

/// `nivose eval --help`
pub const EVALUATE: &str = "\
nivose eval prints the value of a file or an expression, all of it evaluated.

Usage: nivose eval [OPTION]... [FILE] [PATH]
       nivose eval [OPTION]... -E EXPR [PATH]

FILE is a path, <name> for one in the search path, or - for standard input;
./default.nix if there is none. PATH selects a part, such as a.b.\"c.d\".0.

  -E, --expr EXPR          evaluate an expression
  -f, --file FILE          evaluate a file
  -A, --attr PATH          select a part
  --apply EXPR             apply this function to the value before it is printed
  --json                   print JSON
  --xml                    print XML
  --raw                    print the string that the value is, without quotes and newline

Parts that fail are printed as «error: …». 'nivose help' lists the options of every command.

Examples:
  nivose eval -E '1 + 1'
  nivose eval ./lib.nix version --raw
  nivose eval -E 'import <nixpkgs> { }' --apply 'p: p.hello.name'
";

/// `nivose disassemble --help`
pub const DISASSEMBLE: &str = "\
nivose disassemble prints the bytecode of a file or an expression.

Usage: nivose disassemble [OPTION]... FILE
       nivose disassemble [OPTION]... -E EXPR

  -E, --expr EXPR          an expression instead of a file
  --opt-level LEVEL        0: base instructions only; 1: what is run by default

Each function and each suspended computation is listed by itself under its number;
other listings refer to it by that number.
";
