//! The `himal` program: parses the command line, calls the library, prints the error, sets the exit status.

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let path = std::path::Path::new(&args[2]);
    for _ in 0..7 {
        let figures = if args[1] == "book" {
            himal::cli::bench::replay::book(path, None)
        } else {
            himal::cli::bench::replay::engine(path, None, 0)
        };
        println!("{}", serde_json::to_string(&figures.unwrap()).unwrap());
    }
}
