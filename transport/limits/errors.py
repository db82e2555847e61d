"""Errors for operations that exceed a bound: one class per bound, each with a stable code.

Every message states the limit and how to stay below it. Numbers above MAX_COUNT are reported as MAX_COUNT.
"""

from __future__ import annotations

from typing import Final

from resolvers.values.errors import PublicError

MAX_COUNT: Final = 2**53 - 1  # the highest integer that every JSON parser reads exactly
MAX_SHOWN_NAME_LENGTH: Final = 100  # characters of a field's name in a message


class OperationTooDeep(PublicError):
    """An operation nests its fields too deeply."""

    code = "OPERATION_TOO_DEEP"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The operation nests fields more than {limit} levels deep. Split it into several operations.", limit=limit
        )


class OperationTooWide(PublicError):
    """An operation selects too many fields."""

    code = "OPERATION_TOO_WIDE"

    def __init__(self, fields: int, limit: int) -> None:
        fields = min(fields, MAX_COUNT)
        message = (
            f"The operation selects {fields} fields; at most {limit} are allowed. "
            "Fields of a fragment count each time the fragment is spread. Select fewer fields."
        )
        super().__init__(message, fields=fields, limit=limit)


class TooManyRootFields(PublicError):
    """An operation has too many root fields."""

    code = "TOO_MANY_ROOT_FIELDS"

    def __init__(self, fields: int, limit: int) -> None:
        fields = min(fields, MAX_COUNT)
        message = f"The operation has {fields} root fields; at most {limit} are allowed. Send the rest in another operation."
        super().__init__(message, fields=fields, limit=limit)


class TooManyVariableValues(PublicError):
    """An operation's variables hold too many values."""

    code = "TOO_MANY_VARIABLE_VALUES"

    def __init__(self, limit: int) -> None:
        message = f"The lists and objects in the variables hold more than {limit} values. Split them across several operations."
        super().__init__(message, limit=limit)


class OperationTooRepetitive(PublicError):
    """Validation would compare too many pairs of fields that share a response name."""

    code = "OPERATION_TOO_REPETITIVE"

    def __init__(self, limit: int) -> None:
        message = (
            "The operation selects the same fields of the same objects too often: validation would compare more than "
            f"{limit} pairs of fields or fragments. Select each field once."
        )
        super().__init__(message, limit=limit)


class OperationTooCostly(PublicError):
    """A response could hold too many objects."""

    code = "OPERATION_TOO_COSTLY"

    def __init__(self, cost: int, limit: int) -> None:
        message = f"The operation may cost {cost}; at most {limit} is allowed. Request smaller pages or split the operation."
        super().__init__(message, cost=cost, limit=limit)


class MutationRepeated(PublicError):
    """An operation runs the same mutation too often."""

    code = "MUTATION_REPEATED"

    def __init__(self, field: str, times: int, limit: int) -> None:
        field = field[:MAX_SHOWN_NAME_LENGTH]
        message = f"The operation runs {field} {times} times; at most {limit} are allowed. Send the rest in another operation."
        super().__init__(message, field=field, times=times, limit=limit)


class OperationTooLarge(PublicError):
    """A response could hold too many values."""

    code = "OPERATION_TOO_LARGE"

    def __init__(self, values: int, limit: int) -> None:
        message = (
            f"The response may hold {values} values; at most {limit} are allowed. "
            "Request smaller pages or fewer fields, or split the operation."
        )
        super().__init__(message, values=values, limit=limit)


class OperationTooSlow(PublicError):
    """graphql-core would have to resolve too many values, field by field."""

    code = "OPERATION_TOO_SLOW"

    def __init__(self, values: int, limit: int, why: str) -> None:
        message = (
            f"Part of the operation can't be batched ({why}). It may return {values} values; at most {limit} are allowed. "
            "If the reason is an error in the request, fix it. Otherwise request smaller pages or fewer fields."
        )
        super().__init__(message, values=values, limit=limit, reason=why)


class IntrospectionTooLarge(PublicError):
    """An operation reads too much of the schema."""

    code = "INTROSPECTION_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        message = (
            f"The operation reads more than {limit} values of the schema. "
            "Select each part of the schema once, or split the operation."
        )
        super().__init__(message, limit=limit)
