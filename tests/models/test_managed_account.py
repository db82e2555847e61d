"""The effective settings of managed accounts: override, else the partner's default, else what the rules say."""

from __future__ import annotations

import pytest

from models.managed_account import SETTINGS, Setting, SettingSource, SupportedBy, effective


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("supported_by", SupportedBy)
@pytest.mark.parametrize("default", [None, True, False])
@pytest.mark.parametrize("override", [True, False])
def test_an_override_wins_V2(name: str, supported_by: SupportedBy, default: bool | None, override: bool) -> None:
    """Where an account has a value of its own, that is the one."""
    assert Setting(override, SettingSource.ACCOUNT) == effective(name, override, default, supported_by)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("supported_by", SupportedBy)
@pytest.mark.parametrize("default", [True, False])
def test_the_partners_default_comes_next_V2(name: str, supported_by: SupportedBy, default: bool) -> None:
    """Where an account has none, what its partner has set for all counts."""
    assert Setting(default, SettingSource.PARTNER) == effective(name, None, default, supported_by)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_partner_supported_account_has_nothing_by_default_R108_R111_R121_A14(name: str) -> None:
    """Where nobody has set anything, a partner-supported account has every switch off."""
    assert Setting(False, SettingSource.DEFAULT) == effective(name, None, None, SupportedBy.PARTNER)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_operator_supported_account_has_chat_by_default_R110_A12(name: str) -> None:
    """Where nobody has set anything, an operator-supported account has chat support and nothing else."""
    assert Setting(name == "chat_support", SettingSource.DEFAULT) == effective(name, None, None, SupportedBy.OPERATOR)


def test_a_partner_may_switch_chat_off_where_the_operator_supports_A12() -> None:
    """The default by support model is only a default."""
    assert Setting(False, SettingSource.ACCOUNT) == effective("chat_support", False, None, SupportedBy.OPERATOR)
