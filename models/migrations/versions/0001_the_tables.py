"""The tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("app_user_pk")),
    )
    op.create_index("app_user_email_key", "app_user", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "company",
        sa.Column("trading_name", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column(
            "account_kind",
            sa.Enum(
                "DIRECT",
                "PARTNER",
                "MANAGED",
                "OPERATOR",
                name="accountkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "company_type",
            sa.Enum(
                "ENTERPRISE",
                "CLOUD",
                "DATA_CENTER",
                "INTERNET_EXCHANGE",
                "SERVICE_PROVIDER",
                "XAAS",
                name="companytype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "verification_status",
            sa.Enum(
                "UNVERIFIED",
                "PENDING",
                "VERIFIED",
                "REJECTED",
                name="verificationstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("registration_number", sa.Text(), nullable=True),
        sa.Column("tax_number", sa.Text(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("headquarters", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column(
            "profile_visibility",
            sa.Enum("PRIVATE", "PUBLIC", name="profilevisibility", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("public_products", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(account_kind = 'MANAGED') = (partner_id IS NOT NULL)", name=op.f("company_managed_has_partner_check")
        ),
        sa.CheckConstraint("partner_id <> id", name=op.f("company_not_its_own_partner_check")),
        sa.CheckConstraint("public_products >= 0", name=op.f("company_public_products_check")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("company_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("company_pk")),
    )
    op.create_index("company_account_kind_page", "company", ["account_kind", "id"], unique=False)
    op.create_index("company_partner_id_company_type_page", "company", ["partner_id", "company_type", "id"], unique=False)
    op.create_index(
        "company_public_profile_company_type_page",
        "company",
        ["company_type", "id"],
        unique=False,
        postgresql_where=sa.text("profile_visibility = 'PUBLIC'"),
    )
    op.create_index(
        "company_public_products_company_type_page",
        "company",
        ["company_type", "id"],
        unique=False,
        postgresql_where=sa.text("public_products > 0"),
    )
    op.create_index("company_company_type_page", "company", ["company_type", "id"], unique=False)
    op.create_index("company_partner_id_page", "company", ["partner_id", "id"], unique=False)
    op.create_index("company_partner_id_trading_name_page", "company", ["partner_id", "trading_name", "id"], unique=False)
    op.create_index(
        "company_public_products_page", "company", ["id"], unique=False, postgresql_where=sa.text("public_products > 0")
    )
    op.create_index(
        "company_public_products_trading_name_page",
        "company",
        ["trading_name", "id"],
        unique=False,
        postgresql_where=sa.text("public_products > 0"),
    )
    op.create_index(
        "company_public_profile_page",
        "company",
        ["id"],
        unique=False,
        postgresql_where=sa.text("profile_visibility = 'PUBLIC'"),
    )
    op.create_index(
        "company_public_profile_trading_name_page",
        "company",
        ["trading_name", "id"],
        unique=False,
        postgresql_where=sa.text("profile_visibility = 'PUBLIC'"),
    )
    op.create_index("company_trading_name_page", "company", ["trading_name", "id"], unique=False)
    op.create_table(
        "location",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("metro", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("market", sa.String(length=2), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ACTIVE",
                "NEW",
                "DEPLOYMENT",
                "RESTRICTED",
                "EXTENDED",
                "EXPIRED",
                name="locationstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("speeds_mbps", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("location_pk")),
        sa.UniqueConstraint("name", name=op.f("location_name_key")),
    )
    op.create_index("location_country_page", "location", ["country", "id"], unique=False)
    op.create_index("location_market_page", "location", ["market", "id"], unique=False)
    op.create_index("location_metro_page", "location", ["metro", "id"], unique=False)
    op.create_index("location_status_page", "location", ["status", "id"], unique=False)
    op.create_table(
        "provider_type",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("provider_type_pk")),
        sa.UniqueConstraint("code", name=op.f("provider_type_code_key")),
    )
    op.create_table(
        "billing_market",
        sa.Column("market", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("billing_market_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("billing_market_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("billing_market_pk")),
        sa.UniqueConstraint("company_id", "market", name=op.f("billing_market_company_id_market_key")),
    )
    op.create_index("billing_market_partner_id_page", "billing_market", ["partner_id", "company_id", "id"], unique=False)
    op.create_table(
        "image",
        sa.Column(
            "media_type",
            sa.Enum("image/png", "image/jpeg", name="mediatype", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("width BETWEEN 1 AND 4096 AND height BETWEEN 1 AND 4096", name=op.f("image_size_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("image_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("image_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("image_pk")),
    )
    op.create_table(
        "invoice",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("invoice_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("invoice_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invoice_pk")),
        sa.UniqueConstraint(
            "company_id", "period_start", "currency", name=op.f("invoice_company_id_period_start_currency_key")
        ),
        sa.UniqueConstraint("number", name=op.f("invoice_number_key")),
    )
    op.create_index("invoice_company_id_page", "invoice", ["company_id", "id"], unique=False)
    op.create_table(
        "managed_account",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("account_name", sa.String(length=128), nullable=False),
        sa.Column("account_ref", sa.String(length=128), nullable=True),
        sa.Column(
            "supported_by",
            sa.Enum("PARTNER", "OPERATOR", name="supportedby", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pricing", sa.Boolean(), nullable=True),
        sa.Column("chat_support", sa.Boolean(), nullable=True),
        sa.Column("dashboard", sa.Boolean(), nullable=True),
        sa.Column("company_profile", sa.Boolean(), nullable=True),
        sa.Column("order_approval", sa.Boolean(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("char_length(account_name) >= 1", name=op.f("managed_account_account_name_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("managed_account_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("managed_account_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("managed_account_pk")),
        sa.UniqueConstraint("company_id", name=op.f("managed_account_company_id_key")),
        sa.UniqueConstraint("partner_id", "account_name", name=op.f("managed_account_partner_id_account_name_key")),
    )
    op.create_index("managed_account_partner_id_page", "managed_account", ["partner_id", "id"], unique=False)
    op.create_index("managed_account_supported_by_page", "managed_account", ["partner_id", "supported_by", "id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "roles <@ ARRAY['ACCOUNT_ADMIN', 'NETWORK_ADMIN', 'MARKETPLACE_EDITOR', 'FINANCE', 'VIEWER', 'REVIEWER', 'SUPPORT']::text[]",
            name=op.f("membership_known_roles_check"),
        ),
        sa.CheckConstraint("cardinality(roles) > 0", name=op.f("membership_some_role_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("membership_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("membership_partner_id_fk")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("membership_user_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("membership_pk")),
        sa.UniqueConstraint("user_id", "company_id", name=op.f("membership_user_id_company_id_key")),
    )
    op.create_index("membership_company_id_page", "membership", ["company_id", "id"], unique=False)
    op.create_index("membership_partner_id_company_id_page", "membership", ["partner_id", "company_id", "id"], unique=False)
    op.create_table(
        "partner_defaults",
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("pricing", sa.Boolean(), nullable=True),
        sa.Column("chat_support", sa.Boolean(), nullable=True),
        sa.Column("dashboard", sa.Boolean(), nullable=True),
        sa.Column("company_profile", sa.Boolean(), nullable=True),
        sa.Column("order_approval", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("partner_defaults_partner_id_fk")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("partner_defaults_pk")),
    )
    op.create_table(
        "port",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("speed_mbps", sa.Integer(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "REQUESTED",
                "ALLOCATED",
                "ACTIVE",
                "DISABLED",
                "DECOMMISSIONED",
                "CANCELLED",
                name="portstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "visibility",
            sa.Enum("PRIVATE", "PUBLIC", name="portvisibility", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "profile_visibility",
            sa.Enum("PRIVATE", "PUBLIC", name="profilevisibility", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("monthly_rate", sa.Integer(), nullable=False),
        sa.Column("setup_fee", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cost_centre", sa.Text(), nullable=True),
        sa.Column(
            "diversity_zone",
            sa.Enum("red", "blue", name="diversityzone", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("marketplace_name", sa.Text(), nullable=True),
        sa.Column("marketplace_description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("demarcation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("monthly_rate >= 0 AND setup_fee >= 0", name=op.f("port_prices_check")),
        sa.CheckConstraint("speed_mbps IN (1000, 10000, 100000, 400000)", name=op.f("port_speed_check")),
        sa.CheckConstraint("term_months IN (1, 12, 24, 36, 48, 60)", name=op.f("port_term_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("port_company_id_fk")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("port_location_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("port_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("port_pk")),
    )
    op.create_index("port_company_id_id_page", "port", ["company_id", "id"], unique=False)
    op.create_index("port_company_id_location_id_id_page", "port", ["company_id", "location_id", "id"], unique=False)
    op.create_index("port_company_id_name_id_page", "port", ["company_id", "name", "id"], unique=False)
    op.create_index("port_company_id_speed_mbps_id_page", "port", ["company_id", "speed_mbps", "id"], unique=False)
    op.create_index("port_company_id_status_id_page", "port", ["company_id", "status", "id"], unique=False)
    op.create_index("port_company_id_visibility_id_page", "port", ["company_id", "visibility", "id"], unique=False)
    op.create_index(
        "port_company_id_currency_monthly_rate_id_page", "port", ["company_id", "currency", "monthly_rate", "id"], unique=False
    )
    op.create_index(
        "port_partner_id_currency_monthly_rate_id_page", "port", ["partner_id", "currency", "monthly_rate", "id"], unique=False
    )
    op.create_index("port_currency_monthly_rate_id_page", "port", ["currency", "monthly_rate", "id"], unique=False)
    op.create_index("port_location_id_id_page", "port", ["location_id", "id"], unique=False)
    op.create_index("port_name_id_page", "port", ["name", "id"], unique=False)
    op.create_index("port_partner_id_company_id_page", "port", ["partner_id", "company_id", "id"], unique=False)
    op.create_index("port_partner_id_id_page", "port", ["partner_id", "id"], unique=False)
    op.create_index("port_partner_id_location_id_id_page", "port", ["partner_id", "location_id", "id"], unique=False)
    op.create_index("port_partner_id_name_id_page", "port", ["partner_id", "name", "id"], unique=False)
    op.create_index("port_partner_id_speed_mbps_id_page", "port", ["partner_id", "speed_mbps", "id"], unique=False)
    op.create_index("port_partner_id_status_id_page", "port", ["partner_id", "status", "id"], unique=False)
    op.create_index("port_partner_id_visibility_id_page", "port", ["partner_id", "visibility", "id"], unique=False)
    op.create_index(
        "port_public_company_id_page",
        "port",
        ["company_id", "id"],
        unique=False,
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.create_index(
        "port_public_location_id_page",
        "port",
        ["location_id", "id", "company_id"],
        unique=False,
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.create_index(
        "port_public_page",
        "port",
        ["id"],
        unique=False,
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.create_index(
        "port_public_speed_mbps_page",
        "port",
        ["speed_mbps", "id", "company_id"],
        unique=False,
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.create_index("port_speed_mbps_id_page", "port", ["speed_mbps", "id"], unique=False)
    op.create_index("port_status_id_page", "port", ["status", "id"], unique=False)
    op.create_index("port_visibility_id_page", "port", ["visibility", "id"], unique=False)
    op.create_table(
        "product",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("APPLICATION", "SERVICE", name="productkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "visibility",
            sa.Enum(
                "LIMITED",
                "PUBLIC",
                "RESTRICTED",
                "REMOVED",
                name="productvisibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "categories <@ ARRAY['ASSESSMENTS', 'IMPLEMENTATION', 'MANAGED_SERVICES', 'PREMIUM_SUPPORT', 'TRAINING']::text[]",
            name=op.f("product_known_categories_check"),
        ),
        sa.CheckConstraint("cardinality(categories) BETWEEN 1 AND 3", name=op.f("product_categories_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("product_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("product_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("product_pk")),
    )
    op.create_index("product_categories", "product", ["categories"], unique=False, postgresql_using="gin")
    op.create_index("product_company_id_page", "product", ["company_id", "id"], unique=False)
    op.create_index(
        "product_public_kind_page", "product", ["kind", "id"], unique=False, postgresql_where=sa.text("visibility = 'PUBLIC'")
    )
    op.create_index("product_company_id_kind_id_page", "product", ["company_id", "kind", "id"], unique=False)
    op.create_index("product_company_id_visibility_id_page", "product", ["company_id", "visibility", "id"], unique=False)
    op.create_index("product_partner_id_kind_id_page", "product", ["partner_id", "kind", "id"], unique=False)
    op.create_index("product_partner_id_visibility_id_page", "product", ["partner_id", "visibility", "id"], unique=False)
    op.create_index("product_kind_page", "product", ["kind", "id"], unique=False)
    op.create_index("product_partner_id_company_id_page", "product", ["partner_id", "company_id", "id"], unique=False)
    op.create_index("product_partner_id_page", "product", ["partner_id", "id"], unique=False)
    op.create_index(
        "product_public_company_id_page",
        "product",
        ["company_id", "id"],
        unique=False,
        postgresql_where=sa.text("visibility = 'PUBLIC'"),
    )
    op.create_index("product_public_page", "product", ["id"], unique=False, postgresql_where=sa.text("visibility = 'PUBLIC'"))
    op.create_index("product_visibility_page", "product", ["visibility", "id"], unique=False)
    op.create_table(
        "service_type",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("provider_type", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["provider_type"], ["provider_type.code"], name=op.f("service_type_provider_type_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("service_type_pk")),
        sa.UniqueConstraint("code", name=op.f("service_type_code_key")),
    )
    op.create_table(
        "support_details",
        sa.Column(
            "supported_by",
            sa.Enum("PARTNER", "OPERATOR", name="supportedby", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("hours", sa.Text(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("support_details_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("support_details_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("support_details_pk")),
        sa.UniqueConstraint("company_id", name=op.f("support_details_company_id_key")),
    )
    op.create_index("support_details_partner_id_page", "support_details", ["partner_id", "company_id"], unique=False)
    op.create_table(
        "change_request",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "CREATE",
                "UPDATE_INFORMATION",
                "ADD_DIMENSIONS",
                "UPDATE_VISIBILITY",
                name="changerequestkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "UNDER_REVIEW",
                "SUCCEEDED",
                "FAILED",
                name="changerequeststatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("problems", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("change_request_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("change_request_partner_id_fk")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("change_request_product_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("change_request_pk")),
    )
    op.create_index(op.f("change_request_product_id_ix"), "change_request", ["product_id"], unique=False)
    op.create_table(
        "connection_request",
        sa.Column("port_id", sa.Uuid(), nullable=False),
        sa.Column("target_port_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("provider_partner_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("rate_limit_mbps", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "PENDING",
                "ACCEPTED",
                "DENIED",
                "WITHDRAWN",
                name="connectionrequeststatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("port_id <> target_port_id", name=op.f("connection_request_two_ports_check")),
        sa.CheckConstraint("rate_limit_mbps > 0", name=op.f("connection_request_rate_limit_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("connection_request_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("connection_request_partner_id_fk")),
        sa.ForeignKeyConstraint(["port_id"], ["port.id"], name=op.f("connection_request_port_id_fk")),
        sa.ForeignKeyConstraint(["provider_id"], ["company.id"], name=op.f("connection_request_provider_id_fk")),
        sa.ForeignKeyConstraint(
            ["provider_partner_id"], ["company.id"], name=op.f("connection_request_provider_partner_id_fk")
        ),
        sa.ForeignKeyConstraint(["target_port_id"], ["port.id"], name=op.f("connection_request_target_port_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("connection_request_pk")),
    )
    op.create_index(
        "connection_request_port_id_company_id_page", "connection_request", ["port_id", "company_id", "id"], unique=False
    )
    op.create_index("connection_request_port_id_page", "connection_request", ["port_id", "id"], unique=False)
    op.create_index(
        "connection_request_port_id_partner_id_page", "connection_request", ["port_id", "partner_id", "id"], unique=False
    )
    op.create_index(
        "connection_request_port_id_provider_id_page", "connection_request", ["port_id", "provider_id", "id"], unique=False
    )
    op.create_index(
        "connection_request_port_id_provider_partner_id_page",
        "connection_request",
        ["port_id", "provider_partner_id", "id"],
        unique=False,
    )
    op.create_index(
        "connection_request_target_port_id_company_id_page",
        "connection_request",
        ["target_port_id", "company_id", "id"],
        unique=False,
    )
    op.create_index("connection_request_target_port_id_page", "connection_request", ["target_port_id", "id"], unique=False)
    op.create_index(
        "connection_request_target_port_id_partner_id_page",
        "connection_request",
        ["target_port_id", "partner_id", "id"],
        unique=False,
    )
    op.create_index(
        "connection_request_target_port_id_provider_id_page",
        "connection_request",
        ["target_port_id", "provider_id", "id"],
        unique=False,
    )
    op.create_index(
        "connection_request_target_port_id_provider_partner_id_page",
        "connection_request",
        ["target_port_id", "provider_partner_id", "id"],
        unique=False,
    )
    op.create_table(
        "dealing",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "PENDING_APPROVAL",
                "PUBLISHED",
                "ACCEPTED",
                "EXPIRED",
                "WITHDRAWN",
                "REJECTED",
                name="offerstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("buyer_partner_id", sa.Uuid(), nullable=True),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("seller_partner_id", sa.Uuid(), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.CheckConstraint("offers > 0", name=op.f("dealing_offers_check")),
        sa.ForeignKeyConstraint(["buyer_id"], ["company.id"], name=op.f("dealing_buyer_id_fk")),
        sa.ForeignKeyConstraint(["buyer_partner_id"], ["company.id"], name=op.f("dealing_buyer_partner_id_fk")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("dealing_product_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["seller_id"], ["company.id"], name=op.f("dealing_seller_id_fk")),
        sa.ForeignKeyConstraint(["seller_partner_id"], ["company.id"], name=op.f("dealing_seller_partner_id_fk")),
        sa.PrimaryKeyConstraint("product_id", "buyer_id", "status", name=op.f("dealing_pk")),
    )
    op.create_index(
        "dealing_buyer_id_product_page",
        "dealing",
        ["buyer_id", "product_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.create_index(
        "dealing_buyer_id_seller_page",
        "dealing",
        ["buyer_id", "seller_id", "product_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.create_index(
        "dealing_buyer_partner_id_product_page",
        "dealing",
        ["buyer_partner_id", "product_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.create_index(
        "dealing_buyer_partner_id_seller_page",
        "dealing",
        ["buyer_partner_id", "seller_id", "product_id"],
        unique=False,
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.create_index("dealing_seller_id_buyer_page", "dealing", ["seller_id", "buyer_id"], unique=False)
    op.create_index("dealing_seller_partner_id_buyer_page", "dealing", ["seller_partner_id", "buyer_id"], unique=False)
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("account_company_id", sa.Uuid(), nullable=True),
        sa.Column("port_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_company_id"], ["company.id"], name=op.f("invoice_line_account_company_id_fk")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("invoice_line_invoice_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["port_id"], ["port.id"], name=op.f("invoice_line_port_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("invoice_line_pk")),
    )
    op.create_index(op.f("invoice_line_invoice_id_ix"), "invoice_line", ["invoice_id"], unique=False)
    op.create_table(
        "marketplace_profile",
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column(
            "visibility",
            sa.Enum("PRIVATE", "PUBLIC", name="profilevisibility", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("logo_id", sa.Uuid(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("provider_types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("service_types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("social_links", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("headquarters", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple', company_name), 'A') || setweight(to_tsvector('simple', coalesce(bio, '')), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "visibility = 'PRIVATE' OR cardinality(provider_types) > 0",
            name=op.f("marketplace_profile_public_has_provider_type_check"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("marketplace_profile_company_id_fk")),
        sa.ForeignKeyConstraint(["logo_id"], ["image.id"], name=op.f("marketplace_profile_logo_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("marketplace_profile_partner_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("marketplace_profile_pk")),
        sa.UniqueConstraint("company_id", name=op.f("marketplace_profile_company_id_key")),
        sa.UniqueConstraint("slug", name=op.f("marketplace_profile_slug_key")),
    )
    op.create_index(op.f("marketplace_profile_logo_id_ix"), "marketplace_profile", ["logo_id"], unique=False)
    op.create_index("marketplace_profile_partner_id_page", "marketplace_profile", ["partner_id", "id"], unique=False)
    op.create_index(
        "marketplace_profile_provider_types", "marketplace_profile", ["provider_types"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "marketplace_profile_public_page",
        "marketplace_profile",
        ["id"],
        unique=False,
        postgresql_where=sa.text("visibility = 'PUBLIC'"),
    )
    op.create_index("marketplace_profile_search", "marketplace_profile", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        "marketplace_profile_service_types", "marketplace_profile", ["service_types"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "offer",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "PENDING_APPROVAL",
                "PUBLISHED",
                "ACCEPTED",
                "EXPIRED",
                "WITHDRAWN",
                "REJECTED",
                name="offerstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "payment_model",
            sa.Enum("UPFRONT", "SCHEDULE", name="paymentmodel", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_value", sa.BigInteger(), nullable=False),
        sa.Column("contract_end_date", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("currency IN ('USD', 'EUR', 'GBP', 'AUD', 'JPY', 'CAD')", name=op.f("offer_currency_check")),
        sa.CheckConstraint("total_value >= 0", name=op.f("offer_total_value_check")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("offer_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("offer_partner_id_fk")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("offer_product_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("offer_pk")),
    )
    op.create_index("offer_company_id_page", "offer", ["company_id", "id"], unique=False)
    op.create_index("offer_company_id_product_id_page", "offer", ["company_id", "product_id", "id"], unique=False)
    op.create_index("offer_company_id_status_page", "offer", ["company_id", "status", "id"], unique=False)
    op.create_index("offer_partner_id_company_id_page", "offer", ["partner_id", "company_id", "id"], unique=False)
    op.create_index("offer_partner_id_page", "offer", ["partner_id", "id"], unique=False)
    op.create_index("offer_partner_id_product_id_page", "offer", ["partner_id", "product_id", "id"], unique=False)
    op.create_index("offer_partner_id_status_page", "offer", ["partner_id", "status", "id"], unique=False)
    op.create_index("offer_product_id_page", "offer", ["product_id", "id"], unique=False)
    op.create_index("offer_status_page", "offer", ["status", "id"], unique=False)
    op.create_table(
        "product_dimension",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("product_dimension_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("product_dimension_partner_id_fk")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("product_dimension_product_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("product_dimension_pk")),
        sa.UniqueConstraint("product_id", "name", name=op.f("product_dimension_product_id_name_key")),
    )
    op.create_table(
        "product_revision",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "DRAFT",
                "SUBMITTED",
                "APPROVED",
                "PUBLISHED",
                "REJECTED",
                "SUPERSEDED",
                name="revisionstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("content", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("product_revision_company_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("product_revision_partner_id_fk")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("product_revision_product_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("product_revision_pk")),
        sa.UniqueConstraint("product_id", "number", name=op.f("product_revision_product_id_number_key")),
    )
    op.create_index(
        "product_revision_one_published",
        "product_revision",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("status = 'PUBLISHED'"),
    )
    op.create_table(
        "product_test_account",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column(
            "product_visibility",
            sa.Enum(
                "LIMITED",
                "PUBLIC",
                "RESTRICTED",
                "REMOVED",
                name="productvisibility",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("product_test_account_company_id_fk")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("product_test_account_product_id_fk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["company.id"], name=op.f("product_test_account_seller_id_fk")),
        sa.PrimaryKeyConstraint("product_id", "company_id", name=op.f("product_test_account_pk")),
    )
    op.create_index(
        "product_test_account_limited_page",
        "product_test_account",
        ["company_id", "seller_id"],
        unique=False,
        postgresql_where=sa.text("product_visibility = 'LIMITED'"),
    )
    op.create_index("product_test_account_company_id_page", "product_test_account", ["company_id", "product_id"], unique=False)
    op.create_index(
        "product_test_account_seller_id_page", "product_test_account", ["company_id", "seller_id", "product_id"], unique=False
    )
    op.create_table(
        "instalment",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("charge_date", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("instalment_offer_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("instalment_pk")),
        sa.UniqueConstraint("offer_id", "charge_date", name=op.f("instalment_offer_id_charge_date_key")),
    )
    op.create_table(
        "offer_buyer",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("seller_partner_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("offer_buyer_company_id_fk")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("offer_buyer_offer_id_fk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("offer_buyer_partner_id_fk")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("offer_buyer_product_id_fk")),
        sa.ForeignKeyConstraint(["seller_id"], ["company.id"], name=op.f("offer_buyer_seller_id_fk")),
        sa.ForeignKeyConstraint(["seller_partner_id"], ["company.id"], name=op.f("offer_buyer_seller_partner_id_fk")),
        sa.PrimaryKeyConstraint("offer_id", "company_id", name=op.f("offer_buyer_pk")),
    )
    op.create_index("offer_buyer_company_id_page", "offer_buyer", ["company_id", "offer_id"], unique=False)
    op.create_index(
        "offer_buyer_company_id_partner_id_page", "offer_buyer", ["company_id", "partner_id", "offer_id"], unique=False
    )
    op.create_index(
        "offer_buyer_company_id_product_id_page", "offer_buyer", ["company_id", "product_id", "offer_id"], unique=False
    )
    op.create_index(
        "offer_buyer_company_id_seller_id_page", "offer_buyer", ["company_id", "seller_id", "offer_id"], unique=False
    )
    op.create_index(
        "offer_buyer_company_id_seller_partner_id_page",
        "offer_buyer",
        ["company_id", "seller_partner_id", "offer_id"],
        unique=False,
    )
    op.create_index("offer_buyer_partner_id_page", "offer_buyer", ["partner_id", "offer_id"], unique=False)
    op.create_index(
        "offer_buyer_partner_id_product_id_page", "offer_buyer", ["partner_id", "product_id", "offer_id"], unique=False
    )
    op.create_index(
        "offer_buyer_partner_id_seller_id_page", "offer_buyer", ["partner_id", "seller_id", "offer_id"], unique=False
    )
    op.create_table(
        "offer_dimension",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("offer_dimension_offer_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("offer_dimension_pk")),
        sa.UniqueConstraint("offer_id", "position", name=op.f("offer_dimension_offer_id_position_key")),
    )
    op.create_table(
        "profile_slug",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["marketplace_profile.id"], name=op.f("profile_slug_profile_id_fk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("profile_slug_pk")),
    )
    op.create_index(op.f("profile_slug_profile_id_ix"), "profile_slug", ["profile_id"], unique=False)
    op.create_table(
        "agreement",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("dimension_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "ACTIVE", "ENDED", "CANCELLED", name="agreementstatus", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("agreement_company_id_fk")),
        sa.ForeignKeyConstraint(["dimension_id"], ["offer_dimension.id"], name=op.f("agreement_dimension_id_fk")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("agreement_offer_id_fk")),
        sa.ForeignKeyConstraint(["partner_id"], ["company.id"], name=op.f("agreement_partner_id_fk")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("agreement_product_id_fk")),
        sa.ForeignKeyConstraint(["seller_id"], ["company.id"], name=op.f("agreement_seller_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("agreement_pk")),
        sa.UniqueConstraint("offer_id", "company_id", name=op.f("agreement_offer_id_company_id_key")),
    )
    op.create_index("agreement_company_id_page", "agreement", ["company_id", "id"], unique=False)
    op.create_index("agreement_product_id_page", "agreement", ["product_id", "id"], unique=False)
    op.create_index("agreement_seller_id_page", "agreement", ["seller_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("agreement_seller_id_page", table_name="agreement")
    op.drop_index("agreement_product_id_page", table_name="agreement")
    op.drop_index("agreement_company_id_page", table_name="agreement")
    op.drop_table("agreement")
    op.drop_index(op.f("profile_slug_profile_id_ix"), table_name="profile_slug")
    op.drop_table("profile_slug")
    op.drop_table("offer_dimension")
    op.drop_index("offer_buyer_partner_id_seller_id_page", table_name="offer_buyer")
    op.drop_index("offer_buyer_partner_id_product_id_page", table_name="offer_buyer")
    op.drop_index("offer_buyer_partner_id_page", table_name="offer_buyer")
    op.drop_index("offer_buyer_company_id_seller_partner_id_page", table_name="offer_buyer")
    op.drop_index("offer_buyer_company_id_seller_id_page", table_name="offer_buyer")
    op.drop_index("offer_buyer_company_id_product_id_page", table_name="offer_buyer")
    op.drop_index("offer_buyer_company_id_partner_id_page", table_name="offer_buyer")
    op.drop_index("offer_buyer_company_id_page", table_name="offer_buyer")
    op.drop_table("offer_buyer")
    op.drop_table("instalment")
    op.drop_index(
        "product_test_account_limited_page",
        table_name="product_test_account",
        postgresql_where=sa.text("product_visibility = 'LIMITED'"),
    )
    op.drop_index("product_test_account_seller_id_page", table_name="product_test_account")
    op.drop_index("product_test_account_company_id_page", table_name="product_test_account")
    op.drop_table("product_test_account")
    op.drop_index(
        "product_revision_one_published", table_name="product_revision", postgresql_where=sa.text("status = 'PUBLISHED'")
    )
    op.drop_table("product_revision")
    op.drop_table("product_dimension")
    op.drop_index("offer_status_page", table_name="offer")
    op.drop_index("offer_product_id_page", table_name="offer")
    op.drop_index("offer_partner_id_status_page", table_name="offer")
    op.drop_index("offer_partner_id_product_id_page", table_name="offer")
    op.drop_index("offer_partner_id_page", table_name="offer")
    op.drop_index("offer_partner_id_company_id_page", table_name="offer")
    op.drop_index("offer_company_id_status_page", table_name="offer")
    op.drop_index("offer_company_id_product_id_page", table_name="offer")
    op.drop_index("offer_company_id_page", table_name="offer")
    op.drop_table("offer")
    op.drop_index("marketplace_profile_service_types", table_name="marketplace_profile", postgresql_using="gin")
    op.drop_index("marketplace_profile_search", table_name="marketplace_profile", postgresql_using="gin")
    op.drop_index(
        "marketplace_profile_public_page", table_name="marketplace_profile", postgresql_where=sa.text("visibility = 'PUBLIC'")
    )
    op.drop_index("marketplace_profile_provider_types", table_name="marketplace_profile", postgresql_using="gin")
    op.drop_index("marketplace_profile_partner_id_page", table_name="marketplace_profile")
    op.drop_index(op.f("marketplace_profile_logo_id_ix"), table_name="marketplace_profile")
    op.drop_table("marketplace_profile")
    op.drop_index(op.f("invoice_line_invoice_id_ix"), table_name="invoice_line")
    op.drop_table("invoice_line")
    op.drop_index("dealing_seller_partner_id_buyer_page", table_name="dealing")
    op.drop_index("dealing_seller_id_buyer_page", table_name="dealing")
    op.drop_index(
        "dealing_buyer_partner_id_seller_page",
        table_name="dealing",
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.drop_index(
        "dealing_buyer_partner_id_product_page",
        table_name="dealing",
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.drop_index(
        "dealing_buyer_id_seller_page",
        table_name="dealing",
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.drop_index(
        "dealing_buyer_id_product_page",
        table_name="dealing",
        postgresql_where=sa.text("status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')"),
    )
    op.drop_table("dealing")
    op.drop_index("connection_request_target_port_id_provider_partner_id_page", table_name="connection_request")
    op.drop_index("connection_request_target_port_id_provider_id_page", table_name="connection_request")
    op.drop_index("connection_request_target_port_id_partner_id_page", table_name="connection_request")
    op.drop_index("connection_request_target_port_id_page", table_name="connection_request")
    op.drop_index("connection_request_target_port_id_company_id_page", table_name="connection_request")
    op.drop_index("connection_request_port_id_provider_partner_id_page", table_name="connection_request")
    op.drop_index("connection_request_port_id_provider_id_page", table_name="connection_request")
    op.drop_index("connection_request_port_id_partner_id_page", table_name="connection_request")
    op.drop_index("connection_request_port_id_page", table_name="connection_request")
    op.drop_index("connection_request_port_id_company_id_page", table_name="connection_request")
    op.drop_table("connection_request")
    op.drop_index(op.f("change_request_product_id_ix"), table_name="change_request")
    op.drop_table("change_request")
    op.drop_index("support_details_partner_id_page", table_name="support_details")
    op.drop_table("support_details")
    op.drop_table("service_type")
    op.drop_index("product_visibility_page", table_name="product")
    op.drop_index("product_public_page", table_name="product", postgresql_where=sa.text("visibility = 'PUBLIC'"))
    op.drop_index("product_public_company_id_page", table_name="product", postgresql_where=sa.text("visibility = 'PUBLIC'"))
    op.drop_index("product_partner_id_page", table_name="product")
    op.drop_index("product_partner_id_company_id_page", table_name="product")
    op.drop_index("product_public_kind_page", table_name="product", postgresql_where=sa.text("visibility = 'PUBLIC'"))
    op.drop_index("product_company_id_kind_id_page", table_name="product")
    op.drop_index("product_company_id_visibility_id_page", table_name="product")
    op.drop_index("product_partner_id_kind_id_page", table_name="product")
    op.drop_index("product_partner_id_visibility_id_page", table_name="product")
    op.drop_index("product_kind_page", table_name="product")
    op.drop_index("product_company_id_page", table_name="product")
    op.drop_index("product_categories", table_name="product", postgresql_using="gin")
    op.drop_table("product")
    op.drop_index("port_visibility_id_page", table_name="port")
    op.drop_index("port_status_id_page", table_name="port")
    op.drop_index("port_speed_mbps_id_page", table_name="port")
    op.drop_index(
        "port_public_speed_mbps_page",
        table_name="port",
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.drop_index(
        "port_public_page",
        table_name="port",
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.drop_index(
        "port_public_location_id_page",
        table_name="port",
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.drop_index(
        "port_public_company_id_page",
        table_name="port",
        postgresql_where=sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'"),
    )
    op.drop_index("port_partner_id_visibility_id_page", table_name="port")
    op.drop_index("port_partner_id_status_id_page", table_name="port")
    op.drop_index("port_partner_id_speed_mbps_id_page", table_name="port")
    op.drop_index("port_partner_id_name_id_page", table_name="port")
    op.drop_index("port_partner_id_location_id_id_page", table_name="port")
    op.drop_index("port_partner_id_id_page", table_name="port")
    op.drop_index("port_partner_id_company_id_page", table_name="port")
    op.drop_index("port_name_id_page", table_name="port")
    op.drop_index("port_company_id_currency_monthly_rate_id_page", table_name="port")
    op.drop_index("port_partner_id_currency_monthly_rate_id_page", table_name="port")
    op.drop_index("port_currency_monthly_rate_id_page", table_name="port")
    op.drop_index("port_location_id_id_page", table_name="port")
    op.drop_index("port_company_id_visibility_id_page", table_name="port")
    op.drop_index("port_company_id_status_id_page", table_name="port")
    op.drop_index("port_company_id_speed_mbps_id_page", table_name="port")
    op.drop_index("port_company_id_name_id_page", table_name="port")
    op.drop_index("port_company_id_location_id_id_page", table_name="port")
    op.drop_index("port_company_id_id_page", table_name="port")
    op.drop_table("port")
    op.drop_table("partner_defaults")
    op.drop_index("membership_partner_id_company_id_page", table_name="membership")
    op.drop_index("membership_company_id_page", table_name="membership")
    op.drop_table("membership")
    op.drop_index("managed_account_supported_by_page", table_name="managed_account")
    op.drop_index("managed_account_partner_id_page", table_name="managed_account")
    op.drop_table("managed_account")
    op.drop_index("invoice_company_id_page", table_name="invoice")
    op.drop_table("invoice")
    op.drop_table("image")
    op.drop_index("billing_market_partner_id_page", table_name="billing_market")
    op.drop_table("billing_market")
    op.drop_table("provider_type")
    op.drop_index("location_status_page", table_name="location")
    op.drop_index("location_metro_page", table_name="location")
    op.drop_index("location_market_page", table_name="location")
    op.drop_index("location_country_page", table_name="location")
    op.drop_table("location")
    op.drop_index("company_trading_name_page", table_name="company")
    op.drop_index(
        "company_public_profile_trading_name_page",
        table_name="company",
        postgresql_where=sa.text("profile_visibility = 'PUBLIC'"),
    )
    op.drop_index(
        "company_public_profile_page", table_name="company", postgresql_where=sa.text("profile_visibility = 'PUBLIC'")
    )
    op.drop_index(
        "company_public_products_trading_name_page", table_name="company", postgresql_where=sa.text("public_products > 0")
    )
    op.drop_index("company_public_products_page", table_name="company", postgresql_where=sa.text("public_products > 0"))
    op.drop_index("company_partner_id_trading_name_page", table_name="company")
    op.drop_index("company_partner_id_page", table_name="company")
    op.drop_index("company_partner_id_company_type_page", table_name="company")
    op.drop_index(
        "company_public_profile_company_type_page",
        table_name="company",
        postgresql_where=sa.text("profile_visibility = 'PUBLIC'"),
    )
    op.drop_index(
        "company_public_products_company_type_page", table_name="company", postgresql_where=sa.text("public_products > 0")
    )
    op.drop_index("company_company_type_page", table_name="company")
    op.drop_index("company_account_kind_page", table_name="company")
    op.drop_table("company")
    op.drop_index("app_user_email_key", table_name="app_user")
    op.drop_table("app_user")
