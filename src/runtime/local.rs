//! temporary
use super::config::Settings;
use super::replay::player::PlayerSetup;
use std::path::{Path, PathBuf};
pub struct LocalSetup {
    pub settings: Settings,
    pub config_dir: Option<PathBuf>,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct E;
pub fn check_terminal() -> Result<(), E> {
    Ok(())
}
pub fn terminal_words() -> Result<String, E> {
    Ok("".into())
}
pub fn check_configuration(_: Option<&Path>) -> Result<(), E> {
    Ok(())
}
pub fn run(_: PlayerSetup, _: &LocalSetup) -> Result<(), E> {
    Err(E)
}
