//! The token file of a client.

use std::path::Path;

use crate::cli::CliError;

/// The token: alone on its line, or after its account as the venue's own file has it.
pub(super) fn read(path: &Path, account: Option<&str>) -> Result<String, CliError> {
    let text =
        std::fs::read_to_string(path).map_err(|e| CliError::usage(format!("{}: {e}", path.display())))?;
    find(&text, account).map_err(|what| CliError::usage(format!("{}: {what}", path.display())))
}

fn find(text: &str, account: Option<&str>) -> Result<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entries = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut found: Vec<String> = Vec::new();
    for words in entries {
        match (words.as_slice(), account) {
            ([token], None) => found.push((*token).to_owned()),
            ([name, token, ..], wanted) if wanted.is_none_or(|wanted| wanted == *name) => {
                found.push((*token).to_owned());
            }
            _ => {}
        }
    }
    match (found.as_slice(), account) {
        ([token], _) => Ok(token.clone()),
        ([], Some(account)) => Err(format!("no token of account {account}")),
        ([], None) => Err("no token in it".to_owned()),
        (many, _) => Err(format!("{} tokens; say which with --account", many.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn one_token_or_that_of_an_account() {
        assert_eq!(find("# mine\nsecret-token\n", None), Ok("secret-token".to_owned()));
        assert_eq!(find("07 secret-token 58\n", None), Ok("secret-token".to_owned()));
        let two = "07 secret-token\n08 other-token\n";
        assert_eq!(find(two, Some("08")), Ok("other-token".to_owned()));
        for (text, account) in [("", None), (two, None), (two, Some("09")), ("# only\n", None)] {
            assert!(find(text, account).is_err(), "{text:?} {account:?}");
        }
    }
}
