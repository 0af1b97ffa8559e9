//! What one process holds: the network, the tokenizer, and the schemas seen last.

use super::answer::{Answer, Candidate};
use super::cache::Cache;
use super::network::Network;
use super::ranking::Ranking;
use super::session::{self, Request};
use super::text_sql::TextSql;
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
    answers: Answers,
    schemas: Cache<[u8; 32], Prepared>,
}

/// What answers.
enum Answers {
    /// A network that writes forms.
    Native(Box<Native>),
    /// A checkpoint that writes text.
    Text(Box<TextSql>),
}

/// What a network that writes forms needs beside it.
pub(super) struct Native {
    pub(super) network: Box<dyn Network>,
    pub(super) tokenizer: Tokenizer,
    pub(super) ranking: Ranking,
}

/// A schema made ready for questions; cheap to clone.
#[derive(Debug, Clone)]
pub struct Prepared {
    schema: Arc<Schema>,
    /// The index for linking; a checkpoint that writes text needs none.
    index: Option<Arc<SchemaIndex>>,
    /// How its tables can be joined.
    pub(super) graph: Arc<JoinGraph>,
    /// What its source said that was passed over.
    pub(super) notes: Arc<[String]>,
}

impl Prepared {
    /// The schema.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The index for linking.
    ///
    /// # Errors
    /// [`Error::Internal`] where another kind of engine made the schema ready.
    pub(super) fn index(&self) -> Result<&SchemaIndex> {
        self.index.as_deref().ok_or_else(|| Error::internal("the schema was made ready by another engine"))
    }
}

impl Engine {
    /// With this network and tokenizer; see [`super::load`] for a model from disk.
    pub fn new(network: Box<dyn Network>, tokenizer: Tokenizer) -> Self {
        let native = Native { network, tokenizer, ranking: Ranking::by_probability() };
        Self { answers: Answers::Native(Box::new(native)), schemas: Cache::new(SCHEMAS_KEPT) }
    }

    /// With a checkpoint that writes text.
    pub(super) fn of_text(model: TextSql) -> Self {
        Self { answers: Answers::Text(Box::new(model)), schemas: Cache::new(SCHEMAS_KEPT) }
    }

    pub(super) fn with_ranking(mut self, ranking: Ranking) -> Self {
        if let Answers::Native(native) = &mut self.answers {
            native.ranking = ranking;
        }
        self
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        match &self.answers {
            Answers::Native(native) => native.network.name(),
            Answers::Text(model) => model.name(),
        }
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
        let schema = Arc::new(schema);
        let index = match &self.answers {
            Answers::Native(native) => Some(Arc::new(SchemaIndex::new(schema.clone(), &native.tokenizer))),
            Answers::Text(_) => None,
        };
        Ok(Prepared { schema, index, graph, notes: notes.into() })
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
        match &self.answers {
            Answers::Native(native) => session::answer(native, request),
            Answers::Text(model) => model.answer(request),
        }
    }

    /// All queries that the search finds for one question, best first, with what the ranking knows of them.
    ///
    /// # Errors
    /// As [`Engine::answer`]; [`Error::Input`] for a checkpoint that writes text, which is not ranked.
    pub fn candidates(&self, request: &Request<'_>) -> Result<Vec<Candidate>> {
        match &self.answers {
            Answers::Native(native) => session::candidates(native, request),
            Answers::Text(_) => Err(Error::input("the answers of a text-to-text model are not ranked")),
        }
    }
}
