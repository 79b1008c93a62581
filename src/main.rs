use std::process::ExitCode;

fn main() -> ExitCode {
    oauth_cli::run(std::env::args_os())
}
