"""Let cases move between districts, be led by somebody, and rest on evidence; let minutes be circulated.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('caseload_weight',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('district_id', sa.String(length=36), nullable=False),
    sa.Column('phase', sa.String(length=64), nullable=False),
    sa.Column('weight', sa.Float(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('worker_id', sa.String(length=36), nullable=False),
    sa.CheckConstraint('length(phase) BETWEEN 1 AND 64', name=op.f('ck_caseload_weight_phase_is_a_code')),
    sa.CheckConstraint('weight >= 0 AND weight <= 10', name=op.f('ck_caseload_weight_weighs_something_possible')),
    sa.ForeignKeyConstraint(['district_id'], ['district.id'], name=op.f('fk_caseload_weight_district_id_district')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_caseload_weight'))
    )
    with op.batch_alter_table('caseload_weight', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_caseload_weight_district_id_phase_at'), ['district_id', 'phase', 'at'], unique=False)

    op.create_table('case_lead',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('case_id', sa.String(length=36), nullable=False),
    sa.Column('agency_id', sa.String(length=36), nullable=False),
    sa.Column('worker_id', sa.String(length=36), nullable=True),
    sa.Column('phase', sa.String(length=64), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('set_by', sa.String(length=36), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('length(phase) BETWEEN 1 AND 64', name=op.f('ck_case_lead_phase_is_a_code')),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_case_lead_agency_id_agency')),
    sa.ForeignKeyConstraint(['case_id'], ['mdt_case.id'], name=op.f('fk_case_lead_case_id_mdt_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_lead'))
    )
    with op.batch_alter_table('case_lead', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_lead_agency_id'), ['agency_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_lead_case_id'), ['case_id'], unique=False)
        batch_op.create_index('uq_case_lead_one_now', ['case_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('case_move',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('case_id', sa.String(length=36), nullable=False),
    sa.Column('from_district_id', sa.String(length=36), nullable=False),
    sa.Column('to_district_id', sa.String(length=36), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('worker_id', sa.String(length=36), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_case_move_has_a_reason')),
    sa.CheckConstraint('from_district_id <> to_district_id', name=op.f('ck_case_move_goes_elsewhere')),
    sa.ForeignKeyConstraint(['case_id'], ['mdt_case.id'], name=op.f('fk_case_move_case_id_mdt_case')),
    sa.ForeignKeyConstraint(['from_district_id'], ['district.id'], name=op.f('fk_case_move_from_district_id_district')),
    sa.ForeignKeyConstraint(['to_district_id'], ['district.id'], name=op.f('fk_case_move_to_district_id_district')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_move'))
    )
    with op.batch_alter_table('case_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_move_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_move_from_district_id_at'), ['from_district_id', 'at'], unique=False)

    op.create_table('case_told',
    sa.Column('case_id', sa.String(length=36), nullable=False),
    sa.Column('district_id', sa.String(length=36), nullable=False),
    sa.Column('nights', sa.Integer(), nullable=False),
    sa.Column('last_night', sa.Date(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['mdt_case.id'], name=op.f('fk_case_told_case_id_mdt_case'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['district_id'], ['district.id'], name=op.f('fk_case_told_district_id_district')),
    sa.PrimaryKeyConstraint('case_id', 'district_id', name=op.f('pk_case_told'))
    )
    with op.batch_alter_table('case_told', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_told_district_id_last_night'), ['district_id', 'last_night'], unique=False)

    with op.batch_alter_table('circulation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('paper', sa.String(length=64), nullable=False, server_default='agenda'))
        batch_op.create_check_constraint(batch_op.f('ck_circulation_paper_is_known'), "paper IN ('agenda', 'minutes')")

    with op.batch_alter_table('mdt_case', schema=None) as batch_op:
        batch_op.add_column(sa.Column('basis', sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('mdt_case', schema=None) as batch_op:
        batch_op.drop_column('basis')

    with op.batch_alter_table('circulation', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_circulation_paper_is_known'), type_='check')
        batch_op.drop_column('paper')

    with op.batch_alter_table('case_told', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_told_district_id_last_night'))

    op.drop_table('case_told')
    with op.batch_alter_table('case_move', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_move_from_district_id_at'))
        batch_op.drop_index(batch_op.f('ix_case_move_case_id'))

    op.drop_table('case_move')
    with op.batch_alter_table('case_lead', schema=None) as batch_op:
        batch_op.drop_index('uq_case_lead_one_now')
        batch_op.drop_index(batch_op.f('ix_case_lead_case_id'))
        batch_op.drop_index(batch_op.f('ix_case_lead_agency_id'))

    op.drop_table('case_lead')
    with op.batch_alter_table('caseload_weight', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_caseload_weight_district_id_phase_at'))

    op.drop_table('caseload_weight')
