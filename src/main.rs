//! The `himal` program: parses the command line, calls the library, prints the error, sets the exit status.

fn main() {}
