//! How a command ends when it does not end well.

/// What to print on standard error, and the exit status.
#[derive(Debug)]
pub struct CliError {
    message: String,
    status: u8,
}

impl CliError {
    /// The command was understood and failed: exit status 1.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 1 }
    }

    /// The command line, a file given on it or the terminal is not fit for this: exit status 2.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 2 }
    }

    /// The command has said all there is to say and failed: exit status 1, nothing more to print.
    #[must_use]
    pub const fn said() -> Self {
        Self { message: String::new(), status: 1 }
    }

    /// What to print.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The exit status.
    #[must_use]
    pub const fn status(&self) -> u8 {
        self.status
    }
}
