//! Questions and a database schema to valid SQL; long articles to short summaries.
//!
//! Four layers, imports point down only: nouns ([`error`], [`dialect`], [`schema`], [`query`], [`tokens`]), experts
//! ([`link`], [`model`], [`form`], [`grammar`], [`decode`], [`sql`], [`summary`]), the [`pipeline`], and the doors ([`serve`], [`cli`]).
//! ARCHITECTURE.md has the map.

pub mod cli;
pub mod decode;
pub mod dialect;
pub mod error;
pub mod form;
pub mod grammar;
pub mod link;
pub mod model;
pub mod pipeline;
pub mod query;
pub mod schema;
pub mod serve;
pub mod sql;
pub mod summary;
pub mod tokens;

pub use error::{Error, Result};
