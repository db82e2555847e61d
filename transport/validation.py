"""Validation rules for documents: those of graphql-core, with fewer errors for one value.

Each error about a literal quotes the whole literal, so an object with a thousand unknown fields would be printed a thousand times.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from graphql import (
    SKIP,
    GraphQLError,
    GraphQLInputType,
    ValueNode,
    ValuesOfCorrectTypeRule,
    specified_rules,
)
from graphql.utilities.validate_input_value import validate_input_literal
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

MAX_ERRORS_OF_VALUE: Final = 3


class _Enough(Exception):
    """One value has had as many errors as are reported for it."""


class ValuesRule(ValuesOfCorrectTypeRule):
    """Reports the first errors of each literal value only."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> Any:
        """Validate a literal; its parts are not visited again."""
        left = MAX_ERRORS_OF_VALUE

        def report(error: GraphQLError, _path: list[str | int]) -> None:
            nonlocal left
            self.report_error(error)
            left -= 1
            if left == 0:
                raise _Enough

        if input_type:
            with suppress(_Enough):
                validate_input_literal(node, input_type, report, None, None, self.context.hide_suggestions)
        return SKIP


RULES: Final = (
    *(ValuesRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
