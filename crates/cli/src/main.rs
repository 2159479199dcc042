//! The command `nivose`; see the library.

fn main() {
    nivose_cli::main()
}
