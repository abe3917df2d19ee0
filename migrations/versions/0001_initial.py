"""The first schema.

Revision 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_agency_has_a_name")),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_agency_kind_is_a_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
    )
    op.create_table(
        "alert",
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("pin_source", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fix_age_s", sa.Float(), nullable=True),
        sa.Column("moved_from_latitude", sa.Float(), nullable=True),
        sa.Column("moved_from_longitude", sa.Float(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("source_reference", sa.String(length=200), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_text", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=200), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("appearance", sa.Text(), nullable=False),
        sa.Column("concerns", sa.Text(), nullable=False),
        sa.Column("age_group", sa.String(length=200), nullable=False),
        sa.Column("gender", sa.String(length=200), nullable=False),
        sa.Column("people_count", sa.Integer(), nullable=True),
        sa.Column("referrer_type", sa.String(length=200), nullable=False),
        sa.Column("contact_consent", sa.Boolean(), nullable=False),
        sa.Column("outcome_text", sa.String(length=200), nullable=False),
        sa.Column("parent_reference", sa.String(length=200), nullable=False),
        sa.Column("import_batch_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_alert_position_is_whole")),
        sa.CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name=op.f("ck_alert_accuracy_not_negative")),
        sa.CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_alert_latitude_in_range")),
        sa.CheckConstraint("length(source) BETWEEN 1 AND 64", name=op.f("ck_alert_source_is_a_code")),
        sa.CheckConstraint(
            "longitude IS NULL OR longitude BETWEEN -180 AND 180", name=op.f("ck_alert_longitude_in_range")
        ),
        sa.CheckConstraint(
            "people_count IS NULL OR people_count >= 0", name=op.f("ck_alert_people_count_not_negative")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("source", "source_reference", name=op.f("uq_alert_source_source_reference")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_import_batch_id"), ["import_batch_id"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("agency_id", sa.String(length=36), nullable=True),
        sa.Column("device_number", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_actor_id_at"), ["actor_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_subject_kind_subject_id_at"), ["subject_kind", "subject_id", "at"], unique=False
        )

    op.create_table(
        "check_in",
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("pin_source", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fix_age_s", sa.Float(), nullable=True),
        sa.Column("moved_from_latitude", sa.Float(), nullable=True),
        sa.Column("moved_from_longitude", sa.Float(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("shift_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_check_in_position_is_whole")),
        sa.CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name=op.f("ck_check_in_accuracy_not_negative")),
        sa.CheckConstraint(
            "latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_check_in_latitude_in_range")
        ),
        sa.CheckConstraint(
            "longitude IS NULL OR longitude BETWEEN -180 AND 180", name=op.f("ck_check_in_longitude_in_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
    )
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_shift_id_at"), ["shift_id", "at"], unique=False)

    op.create_table(
        "conflict",
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("entity_kind", sa.String(length=20), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", "field", name=op.f("pk_conflict")),
    )
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conflict_team_id_noticed_at"), ["team_id", "noticed_at"], unique=False)

    op.create_table(
        "contact",
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("pin_source", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fix_age_s", sa.Float(), nullable=True),
        sa.Column("moved_from_latitude", sa.Float(), nullable=True),
        sa.Column("moved_from_longitude", sa.Float(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.Column("shift_id", sa.String(length=36), nullable=True),
        sa.Column("unidentified_people", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=True),
        sa.Column("referral_id", sa.String(length=36), nullable=True),
        sa.Column("offered", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("safety_needs", sa.Text(), nullable=False),
        sa.Column("strengths", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("original", sa.String(), nullable=True),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_contact_position_is_whole")),
        sa.CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name=op.f("ck_contact_accuracy_not_negative")),
        sa.CheckConstraint(
            "latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_contact_latitude_in_range")
        ),
        sa.CheckConstraint("length(state) BETWEEN 1 AND 64", name=op.f("ck_contact_state_is_a_code")),
        sa.CheckConstraint(
            "longitude IS NULL OR longitude BETWEEN -180 AND 180", name=op.f("ck_contact_longitude_in_range")
        ),
        sa.CheckConstraint(
            "unidentified_people BETWEEN 0 AND 500", name=op.f("ck_contact_unidentified_people_in_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_district_id_night"), ["district_id", "night"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_referral_id"), ["referral_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_shift_id"), ["shift_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_site_id_seen_at"), ["site_id", "seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_team_id_night"), ["team_id", "night"], unique=False)

    op.create_table(
        "contact_colleague",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "worker_id", name=op.f("pk_contact_colleague")),
    )
    op.create_table(
        "contact_correction",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("applied_order", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_correction")),
    )
    with op.batch_alter_table("contact_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_correction_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "contact_need",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("need", sa.String(length=64), nullable=False),
        sa.Column("receiving_support", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(need) BETWEEN 1 AND 64", name=op.f("ck_contact_need_need_is_a_code")),
        sa.CheckConstraint(
            "length(receiving_support) BETWEEN 1 AND 64", name=op.f("ck_contact_need_receiving_support_is_a_code")
        ),
        sa.PrimaryKeyConstraint("contact_id", "need", name=op.f("pk_contact_need")),
    )
    op.create_table(
        "contact_person",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("length(state) BETWEEN 1 AND 64", name=op.f("ck_contact_person_state_is_a_code")),
        sa.PrimaryKeyConstraint("contact_id", "person_id", name=op.f("pk_contact_person")),
    )
    with op.batch_alter_table("contact_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_person_person_id_seen_at"), ["person_id", "seen_at"], unique=False)

    op.create_table(
        "device_token",
        sa.Column("refresh_hash", sa.String(length=64), nullable=False),
        sa.Column("access_hash", sa.String(length=64), nullable=False),
        sa.Column("family_id", sa.String(length=36), nullable=False),
        sa.Column("device_number", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("family_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("refresh_hash", name=op.f("pk_device_token")),
        sa.UniqueConstraint("access_hash", name=op.f("uq_device_token_access_hash")),
    )
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_token_device_number"), ["device_number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_device_token_family_id_generation"), ["family_id", "generation"], unique=True
        )

    op.create_table(
        "district",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("verified_only", sa.Boolean(), nullable=False),
        sa.CheckConstraint("code <> ''", name=op.f("ck_district_has_a_code")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_district_has_a_name")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from",
            name=op.f("ck_district_ends_after_it_begins"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district")),
    )
    with op.batch_alter_table("district", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_district_code"), ["code"], unique=False)

    op.create_table(
        "hotspot_publication",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("audience", sa.String(length=40), nullable=False),
        sa.Column("period_starts_on", sa.Date(), nullable=False),
        sa.Column("period_ends_on", sa.Date(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("minimum_leaves", sa.Integer(), nullable=False),
        sa.Column("leaf_level", sa.Integer(), nullable=False),
        sa.Column("crs", sa.String(length=40), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people_shown", sa.Integer(), nullable=False),
        sa.CheckConstraint("period_ends_on >= period_starts_on", name=op.f("ck_hotspot_publication_period_is_ordered")),
        sa.CheckConstraint("threshold >= 5", name=op.f("ck_hotspot_publication_threshold_protects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotspot_publication")),
        sa.UniqueConstraint(
            "audience",
            "period_starts_on",
            "period_ends_on",
            name=op.f("uq_hotspot_publication_audience_period_starts_on_period_ends_on"),
        ),
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("wrong_area", sa.Integer(), nullable=False),
        sa.Column("needs_information", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "accepted + duplicates + wrong_area + needs_information + refused = rows_read",
            name=op.f("ck_import_batch_every_row_accounted_for"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_quality", sa.String(length=64), nullable=False),
        sa.Column("alias", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=True),
        sa.Column("dob_quality", sa.String(length=64), nullable=False),
        sa.Column("approximate_age_years", sa.Integer(), nullable=True),
        sa.Column("gender", sa.String(length=64), nullable=False),
        sa.Column("gender_self_described", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=200), nullable=False),
        sa.Column("wants_first", sa.Text(), nullable=False),
        sa.Column("strengths", sa.Text(), nullable=False),
        sa.Column("safety_needs", sa.Text(), nullable=False),
        sa.Column("institution_left", sa.String(length=64), nullable=False),
        sa.Column("institution_left_on", sa.Date(), nullable=True),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "approximate_age_years IS NULL OR approximate_age_years BETWEEN 0 AND 130",
            name=op.f("ck_person_age_in_range"),
        ),
        sa.CheckConstraint("length(dob_quality) BETWEEN 1 AND 64", name=op.f("ck_person_dob_quality_is_a_code")),
        sa.CheckConstraint("length(gender) BETWEEN 1 AND 64", name=op.f("ck_person_gender_is_a_code")),
        sa.CheckConstraint(
            "length(institution_left) BETWEEN 1 AND 64", name=op.f("ck_person_institution_left_is_a_code")
        ),
        sa.CheckConstraint("length(name_quality) BETWEEN 1 AND 64", name=op.f("ck_person_name_quality_is_a_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_district_id"), ["district_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_team_id"), ["team_id"], unique=False)

    op.create_table(
        "person_merge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("from_id", sa.String(length=36), nullable=False),
        sa.Column("into_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.CheckConstraint("from_id <> into_id", name=op.f("ck_person_merge_two_records")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merge")),
    )
    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_merge_from_id"), ["from_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_merge_into_id"), ["into_id"], unique=False)

    op.create_table(
        "person_need",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("need", sa.String(length=64), nullable=False),
        sa.Column("receiving_support", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("length(need) BETWEEN 1 AND 64", name=op.f("ck_person_need_need_is_a_code")),
        sa.CheckConstraint(
            "length(receiving_support) BETWEEN 1 AND 64", name=op.f("ck_person_need_receiving_support_is_a_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_need")),
    )
    with op.batch_alter_table("person_need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_need_person_id_need_at"), ["person_id", "need", "at"], unique=False)

    op.create_table(
        "person_restricted",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("nationality_group", sa.String(length=64), nullable=True),
        sa.Column("recourse_to_public_funds", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_restricted")),
    )
    op.create_table(
        "person_verification",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("review_status", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("worker_id", sa.String(length=36), nullable=True),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_verification")),
    )
    with op.batch_alter_table("person_verification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_verification_district_id_since"), ["district_id", "since"], unique=False
        )

    op.create_table(
        "rate_limit",
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("window_ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_rate_limit_tries_not_negative")),
        sa.PrimaryKeyConstraint("purpose", "subject", name=op.f("pk_rate_limit")),
    )
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_limit_window_ends_ms"), ["window_ends_ms"], unique=False)

    op.create_table(
        "referral_progress",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("referral_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("visit_id", sa.String(length=36), nullable=True),
        sa.Column("duplicate_of", sa.String(length=36), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("length(state) BETWEEN 1 AND 64", name=op.f("ck_referral_progress_state_is_a_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_progress")),
    )
    with op.batch_alter_table("referral_progress", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_progress_referral_id_at"), ["referral_id", "at"], unique=False)

    op.create_table(
        "sealed_outbox",
        sa.Column("box_hash", sa.String(length=64), nullable=False),
        sa.Column("device_number", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("box_hash", name=op.f("pk_sealed_outbox")),
    )
    with op.batch_alter_table("sealed_outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sealed_outbox_device_number"), ["device_number"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("area", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_team_id_night"), ["team_id", "night"], unique=False)

    op.create_table(
        "shift_worker",
        sa.Column("shift_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("shift_id", "worker_id", name=op.f("pk_shift_worker")),
    )
    with op.batch_alter_table("shift_worker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_worker_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "sighting",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("import_batch_id", sa.String(length=36), nullable=True),
        sa.Column("row_key", sa.String(length=64), nullable=False),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_sighting_latitude_in_range")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_sighting_longitude_in_range")),
        sa.CheckConstraint("people >= 0", name=op.f("ck_sighting_people_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint("row_key", name=op.f("uq_sighting_row_key")),
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sighting_import_batch_id"), ["import_batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sighting_night_cell"), ["night", "cell"], unique=False)

    op.create_table(
        "site",
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("pin_source", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fix_age_s", sa.Float(), nullable=True),
        sa.Column("moved_from_latitude", sa.Float(), nullable=True),
        sa.Column("moved_from_longitude", sa.Float(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("access_notes", sa.Text(), nullable=False),
        sa.Column("hazards", sa.Text(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_site_position_is_whole")),
        sa.CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name=op.f("ck_site_accuracy_not_negative")),
        sa.CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_site_latitude_in_range")),
        sa.CheckConstraint("length(kind) BETWEEN 1 AND 64", name=op.f("ck_site_kind_is_a_code")),
        sa.CheckConstraint(
            "longitude IS NULL OR longitude BETWEEN -180 AND 180", name=op.f("ck_site_longitude_in_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
    )
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_district_id"), ["district_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_latitude_longitude"), ["latitude", "longitude"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_team_id"), ["team_id"], unique=False)

    op.create_table(
        "sync_blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("received >= 0 AND received <= size", name=op.f("ck_sync_blob_received_within_size")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_sync_blob")),
    )
    op.create_table(
        "sync_blob_part",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "start", name=op.f("pk_sync_blob_part")),
    )
    op.create_table(
        "sync_change",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("eff", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.String(length=80), nullable=True),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("adopted_as", sa.String(length=80), nullable=True),
        sa.Column("adopted_by", sa.String(length=80), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("n >= 1", name=op.f("ck_sync_change_numbers_count_up")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_change")),
    )
    with op.batch_alter_table("sync_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sync_change_device_n"), ["device", "n"], unique=True)
        batch_op.create_index(batch_op.f("ix_sync_change_entity"), ["entity"], unique=False)

    op.create_table(
        "sync_counter",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sync_counter")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_device",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("acked", sa.BigInteger(), nullable=False),
        sa.Column("acked_id", sa.String(length=80), nullable=False),
        sa.Column("safe", sa.BigInteger(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("renewed_from", sa.BigInteger(), nullable=True),
        sa.Column("registered_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False),
        sa.Column("unsent", sa.BigInteger(), nullable=False),
        sa.Column("app", sa.String(length=80), nullable=False),
        sa.Column("rewinds", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("forks", sa.Integer(), nullable=False),
        sa.Column("wiped_at_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_sync_device_zero_is_the_server")),
        sa.CheckConstraint("safe >= 0 AND acked >= 0", name=op.f("ck_sync_device_numbers_count_up")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sync_device")),
    )
    op.create_table(
        "sync_erasure",
        sa.Column("change_id", sa.String(length=80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_sync_erasure")),
    )
    op.create_table(
        "sync_feed",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("change_id", sa.String(length=80), nullable=False),
        sa.Column("op", sa.String(length=10), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=16), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "op IN ('put', 'evict', 'erase', 'held', 'elsewhere', 'config')", name=op.f("ck_sync_feed_op_is_known")
        ),
        sa.PrimaryKeyConstraint("scope", "seq", name=op.f("pk_sync_feed")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sync_feed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sync_feed_change_id"), ["change_id"], unique=False)

    op.create_table(
        "sync_head",
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_sync_head")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_placement",
        sa.Column("entity", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("entity", "scope", name=op.f("pk_sync_placement")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_write",
        sa.Column("entity", sa.String(length=80), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("change_id", sa.String(length=80), nullable=False),
        sa.Column("eff", sa.BigInteger(), nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("ctx", sa.LargeBinary(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "field", "change_id", name=op.f("pk_sync_write")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sync_write", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sync_write_change_id"), ["change_id"], unique=False)

    op.create_table(
        "used_nonce",
        sa.Column("device_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_number", "nonce", name=op.f("pk_used_nonce")),
    )
    with op.batch_alter_table("used_nonce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_used_nonce_expires_ms"), ["expires_ms"], unique=False)

    op.create_table(
        "verification",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("review_status", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=True),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("length(basis) BETWEEN 1 AND 64", name=op.f("ck_verification_basis_is_a_code")),
        sa.CheckConstraint(
            "length(review_status) BETWEEN 1 AND 64", name=op.f("ck_verification_review_status_is_a_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verification_person_id_at"), ["person_id", "at"], unique=False)

    op.create_table(
        "visit",
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("pin_source", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fix_age_s", sa.Float(), nullable=True),
        sa.Column("moved_from_latitude", sa.Float(), nullable=True),
        sa.Column("moved_from_longitude", sa.Float(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("shift_id", sa.String(length=36), nullable=True),
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=True),
        sa.Column("referral_id", sa.String(length=36), nullable=True),
        sa.Column("people_found", sa.Integer(), nullable=False),
        sa.Column("bedding_present", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_visit_position_is_whole")),
        sa.CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name=op.f("ck_visit_accuracy_not_negative")),
        sa.CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_visit_latitude_in_range")),
        sa.CheckConstraint(
            "longitude IS NULL OR longitude BETWEEN -180 AND 180", name=op.f("ck_visit_longitude_in_range")
        ),
        sa.CheckConstraint("people_found BETWEEN 0 AND 500", name=op.f("ck_visit_people_found_in_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_district_id_night"), ["district_id", "night"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_referral_id"), ["referral_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_shift_id"), ["shift_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_site_id"), ["site_id"], unique=False)

    op.create_table(
        "agreement",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("signatory", sa.String(length=200), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('terms_of_reference', 'information_sharing')", name=op.f("ck_agreement_kind_is_known")
        ),
        sa.CheckConstraint("expires_on >= signed_on", name=op.f("ck_agreement_expires_after_signing")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agreement_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agreement_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "alert_referrer",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("telephone", sa.String(length=60), nullable=False),
        sa.Column("delete_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_referrer_alert_id_alert"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_referrer")),
    )
    with op.batch_alter_table("alert_referrer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_referrer_delete_on"), ["delete_on"], unique=False)

    op.create_table(
        "boundary",
        sa.Column("district_id", sa.String(length=36), nullable=False),
        sa.Column("geojson", sa.Text(), nullable=False),
        sa.Column("west", sa.Float(), nullable=False),
        sa.Column("south", sa.Float(), nullable=False),
        sa.Column("east", sa.Float(), nullable=False),
        sa.Column("north", sa.Float(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("west <= east AND south <= north", name=op.f("ck_boundary_box_is_ordered")),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_boundary_district_id_district"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("district_id", name=op.f("pk_boundary")),
    )
    op.create_table(
        "case_conference",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("district_id", sa.String(length=36), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("chair_id", sa.String(length=36), nullable=True),
        sa.Column("minute_taker_id", sa.String(length=36), nullable=True),
        sa.Column("circulated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "chair_id IS NULL OR minute_taker_id IS NULL OR chair_id <> minute_taker_id",
            name=op.f("ck_case_conference_chair_takes_no_minutes"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_case_conference_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_conference")),
    )
    with op.batch_alter_table("case_conference", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_conference_district_id_starts_at"), ["district_id", "starts_at"], unique=False
        )

    op.create_table(
        "hotspot_region",
        sa.Column("publication_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaves", sa.Text(), nullable=False),
        sa.Column("geojson", sa.Text(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.CheckConstraint("shown IS NULL OR shown % 5 = 0", name=op.f("ck_hotspot_region_shown_in_fives")),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["hotspot_publication.id"],
            name=op.f("fk_hotspot_region_publication_id_hotspot_publication"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("publication_id", "number", name=op.f("pk_hotspot_region")),
    )
    op.create_table(
        "mdt_case",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("district_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mdt_number", sa.Integer(), nullable=False),
        sa.Column("put_forward_by", sa.String(length=36), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "state IN ('candidate', 'listed', 'open', 'closed', 'declined')", name=op.f("ck_mdt_case_state_is_known")
        ),
        sa.CheckConstraint("mdt_number >= 1", name=op.f("ck_mdt_case_first_review_is_the_baseline")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_mdt_case_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mdt_case")),
    )
    with op.batch_alter_table("mdt_case", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mdt_case_district_id_state_since"), ["district_id", "state", "since"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_mdt_case_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_mdt_case_one_live",
            ["person_id", "district_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('candidate', 'listed', 'open')"),
            postgresql_where=sa.text("state IN ('candidate', 'listed', 'open')"),
        )

    op.create_table(
        "referral",
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("pin_source", sa.String(length=64), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("fix_age_s", sa.Float(), nullable=True),
        sa.Column("moved_from_latitude", sa.Float(), nullable=True),
        sa.Column("moved_from_longitude", sa.Float(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_text", sa.String(length=200), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("concerns", sa.Text(), nullable=False),
        sa.Column("people_count", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.String(length=36), nullable=True),
        sa.Column("team_id", sa.String(length=36), nullable=True),
        sa.Column("assigned_worker_id", sa.String(length=36), nullable=True),
        sa.Column("duplicate_of", sa.String(length=36), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_referral_position_is_whole")),
        sa.CheckConstraint("accuracy_m IS NULL OR accuracy_m >= 0", name=op.f("ck_referral_accuracy_not_negative")),
        sa.CheckConstraint(
            "latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_referral_latitude_in_range")
        ),
        sa.CheckConstraint("length(source) BETWEEN 1 AND 64", name=op.f("ck_referral_source_is_a_code")),
        sa.CheckConstraint("length(state) BETWEEN 1 AND 64", name=op.f("ck_referral_state_is_a_code")),
        sa.CheckConstraint(
            "longitude IS NULL OR longitude BETWEEN -180 AND 180", name=op.f("ck_referral_longitude_in_range")
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_referral_alert_id_alert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_district_id_state"), ["district_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_latitude_longitude"), ["latitude", "longitude"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_reported_at"), ["reported_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_team_id_state"), ["team_id", "state"], unique=False)

    op.create_table(
        "refused_row",
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_refused_row_batch_id_import_batch"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "row_number", name=op.f("pk_refused_row")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_team_has_a_name")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_team_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_team_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=80), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_worker_has_a_name")),
        sa.CheckConstraint("email IS NULL OR email = lower(email)", name=op.f("ck_worker_email_in_lower_case")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_worker_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
        sa.UniqueConstraint("email", name=op.f("uq_worker_email")),
    )
    with op.batch_alter_table("worker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_worker_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "agenda_item",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conference_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("carried_over", sa.Boolean(), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_agenda_item_position_counts_from_one")),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_agenda_item_case_id_mdt_case")),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["case_conference.id"],
            name=op.f("fk_agenda_item_conference_id_case_conference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_item")),
        sa.UniqueConstraint("conference_id", "case_id", name=op.f("uq_agenda_item_conference_id_case_id")),
    )
    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agenda_item_case_id"), ["case_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conference_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.Column("apologies", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_attendance_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["case_conference.id"],
            name=op.f("fk_attendance_conference_id_case_conference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("conference_id", "agency_id", name=op.f("uq_attendance_conference_id_agency_id")),
    )
    op.create_table(
        "case_action",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.String(length=36), nullable=False),
        sa.Column("mdt_number", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=36), nullable=True),
        sa.Column("done_note", sa.String(), nullable=False),
        sa.Column("explained", sa.String(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_case_action_done_by_somebody")),
        sa.CheckConstraint("mdt_number >= 1", name=op.f("ck_case_action_first_review_is_the_baseline")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_case_action_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_case_action_case_id_mdt_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_action")),
    )
    with op.batch_alter_table("case_action", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_action_agency_id_due_on"), ["agency_id", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_action_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_review",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("conference_id", sa.String(length=36), nullable=False),
        sa.Column("mdt_number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.CheckConstraint("mdt_number >= 1", name=op.f("ck_case_review_first_review_is_the_baseline")),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_case_review_case_id_mdt_case")),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["case_conference.id"], name=op.f("fk_case_review_conference_id_case_conference")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_review")),
    )
    with op.batch_alter_table("case_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_review_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_review_conference_id"), ["conference_id"], unique=False)

    op.create_table(
        "credential",
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.CheckConstraint("password_hash LIKE '$argon2id$%'", name=op.f("ck_credential_hash_is_argon2id")),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_credential_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_credential")),
    )
    op.create_table(
        "device_enrolment",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("app_version", sa.String(length=40), nullable=False),
        sa.Column("signing_key", sa.String(length=200), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_device_enrolment_zero_is_the_server")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_device_enrolment_team_id_team")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_device_enrolment_worker_id_worker")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_device_enrolment")),
    )
    with op.batch_alter_table("device_enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_enrolment_team_id"), ["team_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_enrolment_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "enrolment_code",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("lookup", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.Column("issued_by", sa.String(length=36), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_number", sa.Integer(), nullable=True),
        sa.Column("match_digits", sa.String(length=4), nullable=True),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_enrolment_code_five_tries")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_enrolment_code_team_id_team")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_enrolment_code_worker_id_worker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_code")),
        sa.UniqueConstraint("lookup", name=op.f("uq_enrolment_code_lookup")),
    )
    with op.batch_alter_table("enrolment_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_code_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_recovery_code_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "sign_in_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_sign_in_session_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_session")),
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_session_last_seen_at"), ["last_seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_session_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "team_district",
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.Column("district_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_team_district_district_id_district")),
        sa.ForeignKeyConstraint(
            ["team_id"], ["team.id"], name=op.f("fk_team_district_team_id_team"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "district_id", name=op.f("pk_team_district")),
    )
    with op.batch_alter_table("team_district", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_team_district_district_id"), ["district_id"], unique=False)

    op.create_table(
        "worker_district",
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("district_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_worker_district_district_id_district")),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_worker_district_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("worker_id", "district_id", name=op.f("pk_worker_district")),
    )
    with op.batch_alter_table("worker_district", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_worker_district_district_id"), ["district_id"], unique=False)

    op.create_table(
        "worker_role",
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "role IN ('worker', 'team_lead', 'coordinator', 'agency_member', 'commissioner', 'administrator')",
            name=op.f("ck_worker_role_role_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_worker_role_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("worker_id", "role", name=op.f("pk_worker_role")),
    )
    op.create_table(
        "worker_team",
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("team_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_worker_team_team_id_team")),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_worker_team_worker_id_worker"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("worker_id", "team_id", name=op.f("pk_worker_team")),
    )
    with op.batch_alter_table("worker_team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_worker_team_team_id"), ["team_id"], unique=False)

    op.create_table(
        "written_update",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conference_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=36), nullable=False),
        sa.Column("worker_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_written_update_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["mdt_case.id"], name=op.f("fk_written_update_case_id_mdt_case")),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["case_conference.id"],
            name=op.f("fk_written_update_conference_id_case_conference"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_update")),
    )
    with op.batch_alter_table("written_update", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_written_update_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_written_update_conference_id"), ["conference_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("written_update", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_written_update_conference_id"))
        batch_op.drop_index(batch_op.f("ix_written_update_case_id"))

    op.drop_table("written_update")
    with op.batch_alter_table("worker_team", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_worker_team_team_id"))

    op.drop_table("worker_team")
    op.drop_table("worker_role")
    with op.batch_alter_table("worker_district", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_worker_district_district_id"))

    op.drop_table("worker_district")
    with op.batch_alter_table("team_district", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_team_district_district_id"))

    op.drop_table("team_district")
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_session_worker_id"))
        batch_op.drop_index(batch_op.f("ix_sign_in_session_last_seen_at"))

    op.drop_table("sign_in_session")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_worker_id"))

    op.drop_table("recovery_code")
    with op.batch_alter_table("enrolment_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_code_worker_id"))

    op.drop_table("enrolment_code")
    with op.batch_alter_table("device_enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_enrolment_worker_id"))
        batch_op.drop_index(batch_op.f("ix_device_enrolment_team_id"))

    op.drop_table("device_enrolment")
    op.drop_table("credential")
    with op.batch_alter_table("case_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_review_conference_id"))
        batch_op.drop_index(batch_op.f("ix_case_review_case_id"))

    op.drop_table("case_review")
    with op.batch_alter_table("case_action", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_action_case_id"))
        batch_op.drop_index(batch_op.f("ix_case_action_agency_id_due_on"))

    op.drop_table("case_action")
    op.drop_table("attendance")
    with op.batch_alter_table("agenda_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agenda_item_case_id"))

    op.drop_table("agenda_item")
    with op.batch_alter_table("worker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_worker_agency_id"))

    op.drop_table("worker")
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_team_agency_id"))

    op.drop_table("team")
    op.drop_table("refused_row")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_team_id_state"))
        batch_op.drop_index(batch_op.f("ix_referral_reported_at"))
        batch_op.drop_index(batch_op.f("ix_referral_latitude_longitude"))
        batch_op.drop_index(batch_op.f("ix_referral_district_id_state"))
        batch_op.drop_index(batch_op.f("ix_referral_alert_id"))

    op.drop_table("referral")
    with op.batch_alter_table("mdt_case", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_mdt_case_one_live",
            sqlite_where=sa.text("state IN ('candidate', 'listed', 'open')"),
            postgresql_where=sa.text("state IN ('candidate', 'listed', 'open')"),
        )
        batch_op.drop_index(batch_op.f("ix_mdt_case_person_id"))
        batch_op.drop_index(batch_op.f("ix_mdt_case_district_id_state_since"))

    op.drop_table("mdt_case")
    op.drop_table("hotspot_region")
    with op.batch_alter_table("case_conference", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_conference_district_id_starts_at"))

    op.drop_table("case_conference")
    op.drop_table("boundary")
    with op.batch_alter_table("alert_referrer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_referrer_delete_on"))

    op.drop_table("alert_referrer")
    with op.batch_alter_table("agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agreement_agency_id"))

    op.drop_table("agreement")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_site_id"))
        batch_op.drop_index(batch_op.f("ix_visit_shift_id"))
        batch_op.drop_index(batch_op.f("ix_visit_referral_id"))
        batch_op.drop_index(batch_op.f("ix_visit_district_id_night"))

    op.drop_table("visit")
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verification_person_id_at"))

    op.drop_table("verification")
    with op.batch_alter_table("used_nonce", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_used_nonce_expires_ms"))

    op.drop_table("used_nonce")
    with op.batch_alter_table("sync_write", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sync_write_change_id"))

    op.drop_table("sync_write")
    op.drop_table("sync_placement")
    op.drop_table("sync_head")
    with op.batch_alter_table("sync_feed", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sync_feed_change_id"))

    op.drop_table("sync_feed")
    op.drop_table("sync_erasure")
    op.drop_table("sync_device")
    op.drop_table("sync_counter")
    with op.batch_alter_table("sync_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sync_change_entity"))
        batch_op.drop_index(batch_op.f("ix_sync_change_device_n"))

    op.drop_table("sync_change")
    op.drop_table("sync_blob_part")
    op.drop_table("sync_blob")
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_team_id"))
        batch_op.drop_index(batch_op.f("ix_site_latitude_longitude"))
        batch_op.drop_index(batch_op.f("ix_site_district_id"))

    op.drop_table("site")
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sighting_night_cell"))
        batch_op.drop_index(batch_op.f("ix_sighting_import_batch_id"))

    op.drop_table("sighting")
    with op.batch_alter_table("shift_worker", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shift_worker_worker_id"))

    op.drop_table("shift_worker")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shift_team_id_night"))

    op.drop_table("shift")
    with op.batch_alter_table("sealed_outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sealed_outbox_device_number"))

    op.drop_table("sealed_outbox")
    with op.batch_alter_table("referral_progress", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_progress_referral_id_at"))

    op.drop_table("referral_progress")
    with op.batch_alter_table("rate_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rate_limit_window_ends_ms"))

    op.drop_table("rate_limit")
    with op.batch_alter_table("person_verification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_verification_district_id_since"))

    op.drop_table("person_verification")
    op.drop_table("person_restricted")
    with op.batch_alter_table("person_need", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_need_person_id_need_at"))

    op.drop_table("person_need")
    with op.batch_alter_table("person_merge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_merge_into_id"))
        batch_op.drop_index(batch_op.f("ix_person_merge_from_id"))

    op.drop_table("person_merge")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_team_id"))
        batch_op.drop_index(batch_op.f("ix_person_district_id"))

    op.drop_table("person")
    with op.batch_alter_table("ledger", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_subject_id"))

    op.drop_table("ledger")
    op.drop_table("import_batch")
    op.drop_table("hotspot_publication")
    with op.batch_alter_table("district", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_district_code"))

    op.drop_table("district")
    with op.batch_alter_table("device_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_token_family_id_generation"))
        batch_op.drop_index(batch_op.f("ix_device_token_device_number"))

    op.drop_table("device_token")
    with op.batch_alter_table("contact_person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_person_person_id_seen_at"))

    op.drop_table("contact_person")
    op.drop_table("contact_need")
    with op.batch_alter_table("contact_correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_correction_contact_id"))

    op.drop_table("contact_correction")
    op.drop_table("contact_colleague")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_team_id_night"))
        batch_op.drop_index(batch_op.f("ix_contact_site_id_seen_at"))
        batch_op.drop_index(batch_op.f("ix_contact_shift_id"))
        batch_op.drop_index(batch_op.f("ix_contact_referral_id"))
        batch_op.drop_index(batch_op.f("ix_contact_district_id_night"))

    op.drop_table("contact")
    with op.batch_alter_table("conflict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_conflict_team_id_noticed_at"))

    op.drop_table("conflict")
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_in_shift_id_at"))

    op.drop_table("check_in")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject_kind_subject_id_at"))
        batch_op.drop_index(batch_op.f("ix_audit_at"))
        batch_op.drop_index(batch_op.f("ix_audit_actor_id_at"))

    op.drop_table("audit")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_import_batch_id"))

    op.drop_table("alert")
    op.drop_table("agency")
