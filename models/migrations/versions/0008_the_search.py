r"""Search over profiles that forgives misspelling, accents and case, and the index by which a company's images are found.

`search_words` finds the words of a text: decomposed (NFKD), without accents, in lower case. Where words end is stated by code points,
not by a locale, so that every database agrees. `search_forms` is what a word has in common with its misspellings: itself and itself less
one letter, marked by `~`. Only words of letters have forms, because another number is another thing, and no form is shorter than four
letters, because short words resemble too many. `search_vector` is what is stored of a profile, `search_query` what is asked of it: each
word begins a stored word or shares a form with one; words beyond the sixteenth are left out. Both go through `search_words`, so that
what is asked and what is stored always agree. Whoever changes one of them has to write all rows anew.

Each keeps the search path of its making, so that a dump can be restored: `pg_restore` has none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOST_WORDS = 16  # of a search
LONGEST = 64  # characters of a word that are looked at
MOST_LETTERS = 32  # of a word that has forms
LEAST_LETTERS = 4  # of a form
FORMER = "setweight(to_tsvector('simple', company_name), 'A') || setweight(to_tsvector('simple', coalesce(bio, '')), 'B')"
TERM = "format('''%s'':*', word) || coalesce((SELECT string_agg(format('|''%s''', form), '') FROM unnest(search_forms(word)) form), '')"

# name and arguments, type, whether NULL gives NULL, body
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
    """Make the functions, search by them, and index images by company."""
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
    """Search by beginnings of words again."""
    op.drop_index("image_company_id_page", "image")
    _search_by(FORMER)
    for signature, *_ in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")


def _search_by(vector: str) -> None:
    op.drop_column("marketplace_profile", "search")  # and its index with it
    op.add_column(
        "marketplace_profile",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(vector, persisted=True), nullable=False),
    )
    op.create_index("marketplace_profile_search", "marketplace_profile", ["search"], postgresql_using="gin")
