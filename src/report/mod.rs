//! What a command came to: one model, and a renderer of it in each file.
//!
//! [`model`] holds values (amounts, dates, verdicts, findings), never text made of them. A renderer
//! is a pure function from the model to text; it prints nothing and asks for nothing else.

pub mod bank_text;
pub mod json;
pub mod model;
pub mod terminal;
