//! The program `hub`: parses the command line and runs one command. Everything else is in the library.

/// The allocator that the figures of the benches were taken with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hub::cli::main()
}
