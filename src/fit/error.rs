//! Why a model file is not one.

use crate::model::ModelError;

/// What is wrong with a model file, or with what should become one.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum ModelFileError {
    /// Not JSON, or cut short.
    #[error("not a model file: {0}")]
    NotJson(String),
    /// JSON of another kind.
    #[error("not a model file: its format is {found}, expected {expected}")]
    WrongFormat {
        /// What a model file says.
        expected: &'static str,
        /// What this one says.
        found: String,
    },
    /// A schema that this version does not read.
    #[error("the model file has schema {found}, expected {expected}")]
    WrongSchema {
        /// The schema read here.
        expected: u64,
        /// The schema of the file.
        found: String,
    },
    /// The content is not what was written.
    #[error("the model file is damaged or edited: its content has hash {found}, expected {expected}")]
    WrongHash {
        /// The hash that the file states.
        expected: String,
        /// The hash of its content.
        found: String,
    },
    /// The content has another shape than the schema.
    #[error("the model file does not fit its schema: {0}")]
    WrongContent(String),
    /// A parameter outside its domain.
    #[error("the model file holds parameters that are none, {place}: {source}")]
    BadParameter {
        /// Whose.
        place: String,
        /// What is wrong with it.
        source: ModelError,
    },
}
