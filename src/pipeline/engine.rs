//! What one process holds: the network, the tokenizer, and the schemas seen last.

use super::answer::{Answer, Candidate};
use super::cache::Cache;
use super::network::Network;
use super::ranking::Ranking;
use super::session::{self, Request};
use crate::error::{Error, Result};
use crate::form::JoinGraph;
use crate::link::SchemaIndex;
use crate::schema::Schema;
use crate::tokens::Tokenizer;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Schemas kept; one of ordinary size takes well under a megabyte.
const SCHEMAS_KEPT: usize = 64;

/// Answers questions. Shared by threads; nothing in it changes an answer but what the caller passes in.
pub struct Engine {
    network: Box<dyn Network>,
    tokenizer: Tokenizer,
    ranking: Ranking,
    schemas: Cache<[u8; 32], Prepared>,
}

/// A schema made ready for questions; cheap to clone.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The index for linking, which holds the schema.
    pub(super) index: Arc<SchemaIndex>,
    /// How its tables can be joined.
    pub(super) graph: Arc<JoinGraph>,
    /// What its source said that was passed over.
    pub(super) notes: Arc<[String]>,
}

impl Prepared {
    /// The schema.
    pub fn schema(&self) -> &Arc<Schema> {
        self.index.schema()
    }
}

impl Engine {
    /// With this network and tokenizer; see [`super::load`] for a model from disk.
    pub fn new(network: Box<dyn Network>, tokenizer: Tokenizer) -> Self {
        Self { network, tokenizer, ranking: Ranking::by_probability(), schemas: Cache::new(SCHEMAS_KEPT) }
    }

    pub(super) fn with_ranking(self, ranking: Ranking) -> Self {
        Self { ranking, ..self }
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        self.network.name()
    }

    /// Makes a schema ready for questions. `notes` come back with every answer.
    ///
    /// # Errors
    /// [`Error::Schema`] where it has no tables.
    pub fn prepare(&self, schema: Schema, notes: Vec<String>) -> Result<Prepared> {
        if schema.tables.is_empty() {
            return Err(Error::Schema { findings: vec!["it has no tables".to_owned()] });
        }
        let graph = Arc::new(JoinGraph::new(&schema));
        let index = Arc::new(SchemaIndex::new(Arc::new(schema), &self.tokenizer));
        Ok(Prepared { index, graph, notes: notes.into() })
    }

    /// As [`Engine::prepare`], once for a source of the same content: `source` says what `read` would read.
    ///
    /// # Errors
    /// What `read` reports; as [`Engine::prepare`].
    pub fn prepare_once(
        &self,
        source: &[u8],
        read: impl FnOnce() -> Result<(Schema, Vec<String>)>,
    ) -> Result<Prepared> {
        self.schemas.get_or_make(Sha256::digest(source).into(), || {
            let (schema, notes) = read()?;
            self.prepare(schema, notes)
        })
    }

    /// Answers one question.
    ///
    /// # Errors
    /// [`Error::Input`] where the question cannot be used; what the network reports.
    pub fn answer(&self, request: &Request<'_>) -> Result<Answer> {
        session::answer(self, request)
    }

    /// All queries that the search finds for one question, best first, with what the ranking knows of them.
    ///
    /// # Errors
    /// As [`Engine::answer`].
    pub fn candidates(&self, request: &Request<'_>) -> Result<Vec<Candidate>> {
        session::candidates(self, request)
    }

    pub(super) fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    pub(super) fn network(&self) -> &dyn Network {
        self.network.as_ref()
    }

    pub(super) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }
}
