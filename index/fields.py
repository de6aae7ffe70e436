"""The one table of fields: the Elasticsearch mapping and the SQLite schema are both generated from it.

To add a field: one line here, its value in documents.py, MAPPING_VERSION plus one, then ``vigie reindex``.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from core.records import EMBEDDING_SIZE, MARKERS
from index.french import CHARACTERS, ELISIONS, MAX_TOKEN_LENGTH

# Bump it whenever a field, a type or the analysis changes: an index of another version is refused until it is rebuilt.
MAPPING_VERSION = 4

FieldType = Literal["keyword", "keywords", "text", "date", "float", "integer", "boolean", "stored", "vector"]

# A word of the title says more than the same word of the text. Elasticsearch reads them as boosts, SQLite as bm25 column weights.
WEIGHTS = {"title": 2.0, "text": 1.0}
SORTS = {"priority": "priority", "published_at": "published_at", "collected_at": "collected_at"}
EXACT = "exact"  # the sub-field without stemming, for quoted phrases


class Field(NamedTuple):
    """One field: ``label`` is what people read, in French; ``description`` is for developers."""

    name: str
    type: FieldType
    label: str
    description: str
    facet: bool = False  # counted beside the results


FIELDS: tuple[Field, ...] = (
    Field("id", "keyword", "Identifiant", "32 hexadecimal digits, from the canonical address"),
    Field("url", "keyword", "Adresse", "canonical address"),
    Field("source", "keyword", "Source", "name of the file in crawlers/sources", facet=True),
    Field("kind", "keyword", "Type de contenu", "post, article or crowdfunding", facet=True),
    Field("platform", "keyword", "Plateforme", "host that serves the page", facet=True),
    Field("platform_id", "keyword", "Identifiant sur la plateforme", "the platform's own id of the item"),
    Field("content_type", "keywords", "Contenu", "TEXT, IMAGE, VIDEO, AUDIO, PRODUCT, OTHER: the DSA transparency database's words", facet=True),
    Field("thread_root", "keyword", "Début du fil", "address or the platform's id of the item that opened the thread"),
    Field("thread_parent", "keyword", "En réponse à", "address or the platform's id of the item answered"),
    Field("title", "text", "Titre", "title as people see it"),
    Field("text", "text", "Texte", "text as people see it; evidence offsets count in it"),
    Field("images", "stored", "Descriptions d'images", "as the page gives them; they stand in the text too"),
    Field("language", "keyword", "Langue", "ISO 639-1, as detected, else as the page declares it", facet=True),
    Field("published_at", "date", "Publié le", "UTC"),
    Field("edited_at", "date", "Modifié le", "UTC"),
    Field("deleted_at", "date", "Disparu le", "when the item was found to be gone"),
    Field("collected_at", "date", "Collecté le", "UTC"),
    Field("author", "keyword", "Auteur (pseudonyme)", "keyed hash of the account, never a name"),
    Field("access_mode", "keyword", "Mode d'accès", "open or auto_join: nothing else is ever collected", facet=True),
    Field("links", "stored", "Liens", "addresses that the text shows"),
    Field("link_hosts", "keywords", "Sites liés", "hosts of the links", facet=True),
    Field("contacts", "stored", "Moyens de contact", "the Channel records"),
    Field("payments", "stored", "Moyens de paiement", "the Channel records"),
    Field("channels", "keywords", "Canaux", "contacts and payments as kind:value; two items that share one are linked"),
    Field("views", "integer", "Vues", "as the page shows it"),
    Field("likes", "integer", "Mentions j'aime", "as the page shows it"),
    Field("reposts", "integer", "Partages", "as the page shows it"),
    Field("replies", "integer", "Réponses", "as the page shows it"),
    Field("followers", "integer", "Abonnés", "of the account or channel, as the page shows it"),
    Field("funding_raised", "float", "Montant collecté", "in funding_currency"),
    Field("funding_goal", "float", "Objectif de la cagnotte", "in funding_currency"),
    Field("funding_currency", "keyword", "Devise", "ISO 4217", facet=True),
    Field("funding_donors", "integer", "Donateurs", "number of donations or donors, as the page shows it"),
    Field("funding", "stored", "Cagnotte", "the whole Funding record"),
    Field("evidence_file", "keyword", "Fichier de preuve", "WARC file, relative to the archive"),
    Field("warc", "stored", "Preuve archivée", "the whole WarcRef record"),
    Field("content_sha256", "keyword", "Empreinte du contenu", "tells a new version from a duplicate"),
    Field("model", "keyword", "Modèle", "name of the model that gave the scores", facet=True),
    Field("revision", "keyword", "Révision du modèle", "weights and thresholds of the model", facet=True),
    *(Field(f"score_{marker}", "float", f"Score {marker}", f"probability of {marker}, 0 to 1") for marker in MARKERS),
    Field("markers", "keywords", "Marqueurs", "markers whose decision is a_lire or alerte", facet=True),
    Field("alerts", "keywords", "Alertes", "markers whose decision is alerte", facet=True),
    Field("decision", "keyword", "Décision", "the strongest decision of all markers", facet=True),
    Field("lane", "keyword", "File", "signale: flagged by its scores; sondage: drawn among the others, to estimate what is missed", facet=True),
    Field("priority", "float", "Priorité", "order of the reading queue: expected harm and freshness, see harm.py"),
    Field("harm", "float", "Dommage attendu", "probability x severity x vulnerability x reach, without freshness, see harm.py"),
    Field("reasons", "stored", "Pourquoi en tête", "the Reason records: each factor of the expected harm in words"),
    Field("reach", "integer", "Audience", "the largest public count that the page shows: views, followers, reposts, donors"),
    Field("price", "float", "Prix demandé", "largest amount in euros that the text asks for"),
    Field("campaign", "keyword", "Campagne", "id shared by copies and rewordings of one text", facet=True),
    Field("submarkers", "keywords", "Sous-marqueurs", "ids of nlp/markers that the evidence shows", facet=True),
    Field("flags", "keywords", "Signes transversaux", "ids of nlp/markers/flags.yml that the text shows", facet=True),
    Field("stance", "keyword", "Posture", "how the text speaks, as far as the model can tell: only assert promotes by itself", facet=True),
    Field("passages", "stored", "Passages des signes", "the Flag records"),
    Field("evidence", "stored", "Passages", "the Evidence records"),
    Field("embedding", "vector", "Empreinte de sens", "the Assessment's embedding: near texts have near directions"),
    Field("status", "keyword", "État", "a_examiner, en_cours or decide, from the case database", facet=True),
    Field("qualification", "keyword", "Qualification", "hors_champ, licite_preoccupant, illicite_presume or urgence, as people decided", facet=True),
    Field("decided_at", "date", "Décidé le", "UTC, from the case database"),
    Field("notice_state", "keyword", "Notification", "state of its notice, from the case database", facet=True),
    Field("notified_at", "date", "Notifié le", "UTC, when the notice was sent"),
    Field("retain_until", "date", "À effacer après le", "UTC, end of the retention period"),
    Field("batch", "keyword", "Lot", "batch of the archive that holds the document"),
    Field("indexed_at", "date", "Indexé le", "UTC"),
)
# What each run of each source saw, one row a count: of what became of its items (reason None), and of each reason.
RUN_FIELDS: tuple[Field, ...] = (
    Field("id", "keyword", "Identifiant", "sha256 of run, source, measure and reason, 32 digits"),
    Field("at", "date", "Passage du", "UTC, end of the run"),
    Field("source", "keyword", "Source", "name of the file in crawlers/sources", facet=True),
    Field(
        "measure",
        "keyword",
        "Mesure",
        "kept, duplicate, dropped, set_aside, failed, unchanged, blind or left_out (the last two by reason)",
        facet=True,
    ),
    Field("reason", "keyword", "Raison", "short name of crawlers/reasons.yml", facet=True),
    Field("count", "integer", "Nombre", "how many items, pages for unchanged"),
)
BY_NAME = {field.name: field for field in FIELDS}
FACETS = tuple(field.name for field in FIELDS if field.facet)
TEXTS = tuple(field.name for field in FIELDS if field.type == "text")

_ELASTIC_TYPES: dict[FieldType, dict[str, Any]] = {
    "keyword": {"type": "keyword"},
    "keywords": {"type": "keyword"},
    "text": {"type": "text", "analyzer": "french_light", "fields": {EXACT: {"type": "text", "analyzer": "french_exact"}}},
    "date": {"type": "date"},
    "float": {"type": "double"},  # SQLite's REAL is a double too: both adapters order alike
    "integer": {"type": "long"},
    "boolean": {"type": "boolean"},
    "stored": {"type": "object", "enabled": False},
    "vector": {"type": "dense_vector", "dims": EMBEDDING_SIZE, "element_type": "byte", "index": True, "similarity": "cosine"},
}
_SQLITE_TYPES: dict[FieldType, str] = {
    "keyword": "TEXT",
    "date": "INTEGER",  # milliseconds since 1970 UTC, the resolution of Elasticsearch
    "float": "REAL",
    "integer": "INTEGER",
    "boolean": "INTEGER",
}
COLUMNS = tuple(field for field in FIELDS if field.type in _SQLITE_TYPES)
WORDS = (*TEXTS, *(f"{name}_{EXACT}" for name in TEXTS))  # columns of the full-text table
VECTORS = tuple(field.name for field in FIELDS if field.type == "vector")
MULTIVALUED = tuple(field.name for field in FIELDS if field.type == "keywords")


def elastic_mapping() -> dict[str, Any]:
    """``settings`` and ``mappings`` of a new Elasticsearch index; an entry with an unknown field is refused."""
    return {
        "settings": {
            "number_of_shards": 1,  # one shard counts facets exactly and holds some ten million documents
            "auto_expand_replicas": "0-1",  # a copy as soon as there is a second node
            "analysis": _elastic_analysis(),
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"mapping_version": MAPPING_VERSION},
            "properties": elastic_properties(FIELDS),
        },
    }


def elastic_properties(fields: tuple[Field, ...]) -> dict[str, Any]:
    """The ``properties`` of an Elasticsearch mapping that holds these fields."""
    return {field.name: _ELASTIC_TYPES[field.type] for field in fields}


def _elastic_analysis() -> dict[str, Any]:
    analyzer = {"type": "custom", "char_filter": ["french_characters"], "tokenizer": "french_words"}
    # a space written as such would be trimmed from the rule
    rules = [f"{found}=>{becomes.replace(' ', chr(92) + 'u0020')}" for found, becomes in CHARACTERS.items()]
    return {
        "char_filter": {"french_characters": {"type": "mapping", "mappings": rules}},
        "tokenizer": {"french_words": {"type": "standard", "max_token_length": MAX_TOKEN_LENGTH}},
        "filter": {
            "french_elision": {"type": "elision", "articles": list(ELISIONS)},
            "french_stems": {"type": "stemmer", "language": "light_french"},
        },
        "analyzer": {
            "french_light": {**analyzer, "filter": ["lowercase", "french_elision", "french_stems", "asciifolding"]},
            "french_exact": {**analyzer, "filter": ["lowercase", "french_elision", "asciifolding"]},
        },
    }


def sqlite_schema() -> tuple[str, ...]:
    """The statements that make an empty SQLite index."""
    columns = [f"{field.name} {_SQLITE_TYPES[field.type]}" for field in COLUMNS]
    lists = [f"{name} TEXT" for name in MULTIVALUED]  # each a JSON list of its distinct values
    runs = [f"{field.name} {_SQLITE_TYPES[field.type]}" for field in RUN_FIELDS if field.name != "id"]
    return (
        # a row's number is never given again, so that what still names a removed row names nothing
        f"CREATE TABLE documents (row INTEGER PRIMARY KEY AUTOINCREMENT, {', '.join((*columns, *lists))})",
        # apart from the columns: counting reads those of every result, and they are a tenth of the size
        "CREATE TABLE entries (row INTEGER PRIMARY KEY, entry TEXT NOT NULL)",
        "CREATE UNIQUE INDEX documents_id ON documents (id)",
        *(f"CREATE INDEX documents_by_{name} ON documents ({name} DESC, id)" for name in SORTS.values()),
        # see sqlite_marks.py: which rows have a value, and how many they are
        "CREATE TABLE marks (number INTEGER PRIMARY KEY, field TEXT, value TEXT, chunk INTEGER, rows BLOB, UNIQUE (field, value, chunk))",
        "CREATE TABLE counts (field TEXT, value TEXT, documents INTEGER, PRIMARY KEY (field, value)) WITHOUT ROWID",
        "CREATE INDEX counts_most ON counts (field, documents DESC, value)",
        "CREATE TABLE vectors (chunk INTEGER PRIMARY KEY, vectors BLOB NOT NULL)",  # see sqlite_vectors.py
        # words arrive analysed by french.py and separated by spaces: every other ASCII character is part of a word
        f"CREATE VIRTUAL TABLE words USING fts5({', '.join(WORDS)}, tokenize={_sql_text(_word_characters())})",
        f"CREATE TABLE runs (id TEXT PRIMARY KEY, {', '.join(runs)})",
        f"PRAGMA user_version = {MAPPING_VERSION}",
    )


def _word_characters() -> str:
    punctuation = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum())
    return "ascii tokenchars " + _sql_text(punctuation)


def _sql_text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
