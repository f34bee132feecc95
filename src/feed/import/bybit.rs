//! Placeholder until written.
use super::{ImportOptions, input::Input, report::ImportReport};
use crate::feed::FeedError;
use std::path::Path;
pub(super) fn import(
    inputs: &[Input],
    _out: &Path,
    _options: &ImportOptions,
    _report: &mut ImportReport,
) -> Result<(), FeedError> {
    Err(FeedError::UnknownKind(inputs[0].label()))
}
