"""The frozen records that travel between crawl, score, index and show.

Times are timezone-aware. Offsets are Python string offsets: ``text[start:end]``. ``text`` is what a person sees on the page.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Marker = Literal["gourou", "complotisme", "abandon_soins"]
Decision = Literal["rien", "a_lire", "alerte"]
Kind = Literal["post", "article", "crowdfunding"]
# DSA recital 14: only "open" and "auto_join" are dissemination to the public, and only these are ever collected
AccessMode = Literal["open", "auto_join"]
# what an item consists of, in the words of the DSA transparency database (there with the prefix CONTENT_TYPE_)
ContentType = Literal["TEXT", "IMAGE", "VIDEO", "AUDIO", "PRODUCT", "OTHER"]
# how a text speaks: only "assert" promotes by itself
Stance = Literal["assert", "quote", "denounce", "testify", "ask", "joke", "inform"]
Status = Literal["indexed", "duplicate", "set_aside", "failed"]
# why an item is in the reading queue: its scores flag it, or it was drawn among those that they do not, to estimate what they miss
Lane = Literal["signale", "sondage"]
# what people made of an item: the four words of the taxonomy, section 5 of the domain's rules
Qualification = Literal["hors_champ", "licite_preoccupant", "illicite_presume", "urgence"]
CaseStatus = Literal["a_examiner", "en_cours", "decide"]
NoticeState = Literal["brouillon", "signee", "envoyee", "accusee", "repondue", "contestee", "close"]

MARKERS: tuple[Marker, ...] = get_args(Marker)
STANCES: tuple[Stance, ...] = get_args(Stance)
DECISIONS: tuple[Decision, ...] = get_args(Decision)
QUALIFICATIONS: tuple[Qualification, ...] = get_args(Qualification)
CASE_STATUSES: tuple[CaseStatus, ...] = get_args(CaseStatus)
NOTICE_STATES: tuple[NoticeState, ...] = get_args(NoticeState)
EMBEDDING_SIZE = 384  # numbers in a document's embedding
STATUSES: tuple[Status, ...] = get_args(Status)

Probability = Annotated[float, Field(ge=0, le=1)]
# EMBEDDING_SIZE signed bytes in base64: a direction; only the angle between two of them means something
Embedding = Annotated[str, Field(min_length=4 * EMBEDDING_SIZE // 3, max_length=4 * EMBEDDING_SIZE // 3)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """Base of all records: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WarcRef(Record):
    """Where a document's evidence lies: one gzip member of a WARC file."""

    file: str  # relative to the archive
    offset: Annotated[int, Field(ge=0)]  # bytes
    length: Annotated[int, Field(gt=0)]  # bytes, compressed
    record_id: str
    payload_sha256: Sha256  # of the response body as archived
    record_sha256: Sha256 | None = None  # of the gzip member's bytes; older archives have none


class Funding(Record):
    """What a crowdfunding page shows; amounts in units of ``currency`` (ISO 4217)."""

    raised: float | None = None
    goal: float | None = None
    currency: str | None = None
    donors: int | None = None
    organiser: str | None = None  # pseudonym
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class Channel(Record):
    """A way to reach or to pay somebody that a text shows; ``value`` of an e-mail, a phone or an account number is a keyed hash."""

    kind: str  # of crawlers/reading/channels.yml
    value: str


class Document(Record):
    """One public content item, as collected."""

    id: str  # core.urls.document_id(url)
    url: str  # canonical
    source: str  # name of the YAML in crawlers/sources
    kind: Kind
    platform: str  # host that serves it
    platform_id: str | None = None
    content_type: tuple[ContentType, ...] = ("TEXT",)
    thread_root: str | None = None  # address, else the platform's own id, of the item that opened the thread
    thread_parent: str | None = None  # of the item that this one answers
    title: str | None = None
    text: str
    images: tuple[str, ...] = ()  # descriptions that the page gives of its images; they stand in ``text`` too
    language: str | None = None  # ISO 639-1: as detected, else as the page declares it
    published_at: AwareDatetime | None = None  # with the offset that the page states
    edited_at: AwareDatetime | None = None
    deleted_at: AwareDatetime | None = None  # when it was found to be gone; text and evidence are those of its last version
    collected_at: AwareDatetime
    author: str | None = None  # pseudonym, never a name
    access_mode: AccessMode
    links: tuple[str, ...] = ()  # URLs that the text shows
    link_hosts: tuple[str, ...] = ()  # their hosts, once each
    contacts: tuple[Channel, ...] = ()  # channels to reach somebody
    payments: tuple[Channel, ...] = ()  # ways to pay or donate
    views: int | None = None
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    followers: int | None = None  # of the account or channel
    funding: Funding | None = None
    evidence: WarcRef | None = None
    deletion: WarcRef | None = None  # the answer by which the site said that it is gone
    content_sha256: Sha256  # of what identifies this version: title, text, amounts


class Evidence(Record):
    """A passage of the text that justifies a marker: ``text == document.text[start:end]``."""

    marker: Marker
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(gt=0)]
    text: str
    score: Probability
    submarkers: tuple[str, ...] = ()  # ids of nlp/markers that it shows, the likeliest first

    @model_validator(mode="after")
    def _spans_its_text(self) -> Evidence:
        if self.end - self.start != len(self.text):
            raise ValueError(f"evidence {self.start}:{self.end} does not span its text of {len(self.text)} characters")
        return self


class Flag(Record):
    """A transversal sign in the text, whatever the markers say: ``text == document.text[start:end]``."""

    id: Annotated[str, Field(pattern=r"^T\d{1,2}$")]  # of nlp/markers/flags.yml
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(gt=0)]
    text: str
    value: str | None = None  # made comparable: "4997 EUR", "telegram"


class Assessment(Record):
    """What a model says of one content item. It is about the content, never about a person."""

    document_id: str
    model: str
    revision: str  # sha256 of the weights, first 12 digits, and the thresholds' version
    scores: dict[Marker, Probability]
    decision: dict[Marker, Decision]
    evidence: tuple[Evidence, ...] = ()
    stance: Stance | None = None  # how the text speaks, as far as the model can tell
    flags: tuple[Flag, ...] = ()  # looked for where a person is to read the text
    embedding: Embedding | None = None  # what the text is about, as the model sees it; None where the model gives none


class SetAside(Record):
    """Something that could not be processed, kept with its reason so that nothing is lost."""

    source: str
    url: str
    reason: str  # short and stable; reports count by it
    detail: str
    at: AwareDatetime
    document_id: str | None = None
    evidence: WarcRef | None = None


class SourceReport(Record):
    """What one source gave in one run: ``seen == kept + duplicate + dropped + set_aside + failed``."""

    source: str
    seen: int = 0
    kept: int = 0
    duplicate: int = 0
    dropped: int = 0  # nothing of it is kept: its author opted out, or the source's own rules find it irrelevant
    set_aside: int = 0
    failed: int = 0
    rechecked: int = 0  # of kept, duplicate and dropped: archived items that were looked at again, and that no listing showed
    unchanged: int = 0  # pages that say they are as they were when last read; not part of ``seen``
    fields: dict[str, float] = Field(default_factory=dict)  # share of the documents that have each field
    looked: int = 0  # documents that ``fields`` was counted on: what a listing says is unchanged is known without a look
    reasons: dict[str, int] = Field(default_factory=dict)  # of what was dropped, set aside or failed
    alarms: tuple[str, ...] = ()  # what a person should look at: fewer documents than expected, a wall
    transient: bool = False  # whether trying again may help


class ScoredDocument(Record):
    """A document with what the model says of it: the unit that is indexed."""

    document: Document
    assessment: Assessment
    batch: str


class Standing(Record):
    """What people decided on one content item, as the case database says it; the index shows it and never decides."""

    status: CaseStatus = "a_examiner"
    qualification: Qualification | None = None
    decided_at: AwareDatetime | None = None
    notice_state: NoticeState | None = None
    notified_at: AwareDatetime | None = None  # when the notice was sent
    retain_until: AwareDatetime | None = None  # when nothing of it may be kept any longer; None: no end is known yet
