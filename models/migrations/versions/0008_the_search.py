r"""Profile search that tolerates typos, accents and case, and the index that finds a company's images.

`search_words` splits a text into words: decomposed (NFKD), without accents, in lower case. Word boundaries depend on code points and
not on a locale, so that all databases agree. `search_forms` returns what a word shares with its misspellings: the word itself and the
word with one letter missing, marked by `~`. Only words of letters have forms, because different numbers mean different things. Forms
have at least four letters, because short words resemble too many others. `search_vector` is stored for each profile, and
`search_query` is matched with it: each word is the start of a stored word or shares a form with one. Words after the sixteenth are
ignored. Both use `search_words`, so that queries and stored words always agree. After changing one of them, rewrite all rows.

Each function has a fixed search path, so that a dump can be restored: `pg_restore` sets an empty one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOST_WORDS = 16  # per search
LONGEST = 64  # characters of a word that count
MOST_LETTERS = 32  # longest word with forms
LEAST_LETTERS = 4  # shortest form
FORMER = "setweight(to_tsvector('simple', company_name), 'A') || setweight(to_tsvector('simple', coalesce(bio, '')), 'B')"
TERM = "format('''%s'':*', word) || coalesce((SELECT string_agg(format('|''%s''', form), '') FROM unnest(search_forms(word)) form), '')"

# name and arguments, return type, whether NULL returns NULL, body
FUNCTIONS = (
    (
        "search_words(written text)",
        "text[]",
        "STRICT",
        rf"""
        DECLARE
            folded text := lower(regexp_replace(normalize(written, NFKD), '[\u0300-\u036f]', '', 'g'));
        BEGIN
            folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
            folded := translate(folded, E'øđðłħı\u03c2', E'oddlhi\u03c3');
            RETURN ARRAY(
                SELECT left(word, {LONGEST}) FROM regexp_split_to_table(folded,
                    '[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe10-\ufe6f]+') word
                WHERE word <> ''
            );
        END""",
    ),
    (
        "search_forms(word text)",
        "text[]",
        "STRICT",
        f"""
        DECLARE
            letters int := length(word);
        BEGIN
            IF letters NOT BETWEEN {LEAST_LETTERS} AND {MOST_LETTERS} OR word ~ '[0-9]' THEN
                RETURN '{{}}';
            END IF;
            RETURN ARRAY(
                SELECT DISTINCT '~' || overlay(word PLACING '' FROM n FOR (n <= letters)::int)
                FROM generate_series(CASE letters WHEN {LEAST_LETTERS} THEN letters + 1 ELSE 1 END, letters + 1) n
            );
        END""",
    ),
    (
        "search_vector(company_name text, bio text)",
        "tsvector",
        "",
        """
        BEGIN
            RETURN array_to_tsvector(ARRAY(
                SELECT DISTINCT term FROM unnest(search_words(concat_ws(' ', company_name, bio))) word,
                    unnest(search_forms(word) || word) term
            ));
        END""",
    ),
    (
        "search_query(written text)",
        "tsquery",
        "STRICT",
        f"""
        BEGIN
            RETURN (SELECT string_agg('(' || {TERM} || ')', '&')::tsquery FROM unnest((search_words(written))[:{MOST_WORDS}]) word);
        END""",
    ),
)


def upgrade() -> None:
    """Create the functions, use them for search, and index images by company."""
    for signature, kind, on_null, body in FUNCTIONS:
        op.execute(
            sa.text(
                f"CREATE FUNCTION {signature} RETURNS {kind} LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE {on_null}"
                f" SET search_path FROM CURRENT AS $${body};$$".replace(":", r"\:")
            )
        )
    _search_by("search_vector(company_name, bio)")
    op.create_index("image_company_id_page", "image", ["company_id", "id"])


def downgrade() -> None:
    """Go back to searching by the beginnings of words."""
    op.drop_index("image_company_id_page", "image")
    _search_by(FORMER)
    for signature, *_ in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")


def _search_by(vector: str) -> None:
    op.drop_column("marketplace_profile", "search")  # also drops its index
    op.add_column(
        "marketplace_profile",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(vector, persisted=True), nullable=False),
    )
    op.create_index("marketplace_profile_search", "marketplace_profile", ["search"], postgresql_using="gin")
