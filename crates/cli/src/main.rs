//! The command `nivose`; see the library.

#[global_allocator]
static ALLOCATOR: nivose::raw::Allocator = nivose::raw::Allocator;

fn main() {
    nivose_cli::main()
}
