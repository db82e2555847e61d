"""The effective settings of managed accounts: the override, else the partner's default, else the built-in default."""

from __future__ import annotations

import pytest

from models.managed_account import SETTINGS, Setting, SettingSource, SupportedBy, effective


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("supported_by", SupportedBy)
@pytest.mark.parametrize("default", [None, True, False])
@pytest.mark.parametrize("override", [True, False])
def test_override_wins_V2(name: str, supported_by: SupportedBy, default: bool | None, override: bool) -> None:
    """An account's own value applies if it has one."""
    assert Setting(override, SettingSource.ACCOUNT) == effective(name, override, default, supported_by)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("supported_by", SupportedBy)
@pytest.mark.parametrize("default", [True, False])
def test_partner_default_comes_next_V2(name: str, supported_by: SupportedBy, default: bool) -> None:
    """Without its own value, an account gets its partner's default."""
    assert Setting(default, SettingSource.PARTNER) == effective(name, None, default, supported_by)


@pytest.mark.parametrize("name", SETTINGS)
def test_partner_supported_account_has_nothing_by_default_R108_R111_R121_A14(name: str) -> None:
    """If nothing is set, all settings of a partner-supported account are off."""
    assert Setting(False, SettingSource.DEFAULT) == effective(name, None, None, SupportedBy.PARTNER)


@pytest.mark.parametrize("name", SETTINGS)
def test_operator_supported_account_has_chat_by_default_R110_A12(name: str) -> None:
    """If nothing is set, an operator-supported account has only chat support."""
    assert Setting(name == "chat_support", SettingSource.DEFAULT) == effective(name, None, None, SupportedBy.OPERATOR)


def test_partner_can_turn_chat_off_for_operator_supported_accounts_A12() -> None:
    """The built-in default can be overridden."""
    assert Setting(False, SettingSource.ACCOUNT) == effective("chat_support", False, None, SupportedBy.OPERATOR)
