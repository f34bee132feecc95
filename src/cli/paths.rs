//! Where things are kept: state and configuration folders.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::Global;

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "himal")
}

/// The folder of journals: `--state-dir`, `HIMAL_STATE_DIR`, else the platform's data folder.
pub(super) fn state_dir(global: &Global) -> Option<PathBuf> {
    global.state_dir.clone().or_else(|| project().map(|p| p.data_dir().to_owned()))
}

/// The configuration folder: `--config`, `HIMAL_CONFIG`, else the platform's.
pub(super) fn config_dir(global: &Global) -> Option<PathBuf> {
    global.config.clone().or_else(|| project().map(|p| p.config_dir().to_owned()))
}

/// The folder of journals, made if it is not there.
///
/// # Errors
/// Why nothing can be kept.
pub(super) fn journals_dir(global: &Global) -> Result<PathBuf, String> {
    let state = state_dir(global).ok_or("this platform has no data folder; give --state-dir")?;
    let folder = state.join("journals");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(folder)
}

/// The first free name `stem-0001.journal`, `stem-0002.journal`, ... in a folder.
pub(super) fn free_journal(folder: &Path, stem: &str) -> PathBuf {
    let name = |n: u32| folder.join(format!("{stem}-{n:04}.journal"));
    (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(u32::MAX))
}
