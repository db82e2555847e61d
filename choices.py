"""The enums that options of commands and columns of tables share. They are here because importing `models` takes longer than a
command's help may take."""

from __future__ import annotations

from described_enum import DescribedEnum


class CompanyType(DescribedEnum):  # R412-R420
    """A company's line of business."""

    ENTERPRISE = "ENTERPRISE", "Any company. Choose it when in doubt."
    CLOUD = "CLOUD", "It offers private or public cloud environments."
    DATA_CENTER = "DATA_CENTER", "It runs data centres."
    INTERNET_EXCHANGE = "INTERNET_EXCHANGE", "It operates an internet exchange."
    SERVICE_PROVIDER = "SERVICE_PROVIDER", "A carrier, a mobile operator, an internet service provider or a distributor."
    XAAS = "XAAS", "It offers software, platforms or communication as a service."


class MemberRole(DescribedEnum):  # A43
    """A member's role in a company. REVIEWER and SUPPORT are roles of the operator's staff."""

    ACCOUNT_ADMIN = "ACCOUNT_ADMIN", "Manages the company, its members and its settings, and can do all that other members can."
    NETWORK_ADMIN = "NETWORK_ADMIN", "Orders ports and connections."
    MARKETPLACE_EDITOR = "MARKETPLACE_EDITOR", "Edits the profile, products and offers."
    FINANCE = "FINANCE", "Reads prices and invoices."
    VIEWER = "VIEWER", "Reads, and changes nothing."
    REVIEWER = "REVIEWER", "Of the operator's staff: decides about companies, products and offers."
    SUPPORT = "SUPPORT", "Of the operator's staff: helps companies, and can view as them."
