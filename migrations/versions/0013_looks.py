"""Keep looks: one square (or site) × night × shift with whom it found, from the contacts and visits there are.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROUGH = "('bedded_down', 'about_to_bed_down')"
KEY = (
    "coalesce(c.district_id, '') AS district_id, c.night, coalesce(c.shift_id, c.team_id) AS outing, "
    "coalesce(c.cell, 0) AS cell, CASE WHEN c.cell IS NULL THEN c.site_id ELSE '' END AS site_id"
)
PLACED = "(c.cell IS NOT NULL OR c.site_id IS NOT NULL)"
FILL = sa.text(
    f"INSERT INTO look (district_id, night, outing, cell, site_id, people, unidentified) "
    f"SELECT district_id, night, outing, cell, site_id, sum(people), sum(unidentified) FROM ("
    f"SELECT {KEY}, count(DISTINCT CASE WHEN c.state IN {ROUGH} THEN coalesce(m.into_id, p.person_id) END) AS people, "
    f"0 AS unidentified FROM contact c JOIN contact_person p ON p.contact_id = c.id "
    f"LEFT JOIN merged_into m ON m.from_id = p.person_id WHERE {PLACED} GROUP BY 1, 2, 3, 4, 5 "
    f"UNION ALL SELECT {KEY}, 0, sum(CASE WHEN c.state IN {ROUGH} THEN c.unidentified_people ELSE 0 END) "
    f"FROM contact c WHERE {PLACED} GROUP BY 1, 2, 3, 4, 5 "
    f"UNION ALL SELECT {KEY}, 0, 0 FROM visit c WHERE {PLACED} AND c.people_found = 0 GROUP BY 1, 2, 3, 4, 5"
    f") found GROUP BY 1, 2, 3, 4, 5"
)


def upgrade() -> None:
    key = sa.String(length=36)
    op.create_table(
        "look",
        sa.Column("district_id", key, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("outing", key, nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", key, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("unidentified", sa.Integer(), nullable=False),
        sa.CheckConstraint("people >= 0 AND unidentified >= 0", name=op.f("ck_look_counts_not_negative")),
        sa.PrimaryKeyConstraint("district_id", "night", "outing", "cell", "site_id", name=op.f("pk_look")),
    )
    connection = op.get_bind()
    connection.execute(sa.text("CREATE TEMPORARY TABLE merged_into (from_id VARCHAR(36), into_id VARCHAR(36))"))
    merged = connection.execute(sa.text("SELECT from_id, into_id FROM person_merge WHERE NOT undone")).all()
    groups: dict[str, frozenset[str]] = {}
    for from_id, into_id in merged:
        joined = groups.get(from_id, frozenset({from_id})) | groups.get(into_id, frozenset({into_id}))
        groups |= dict.fromkeys(joined, joined)
    for each, group in groups.items():
        said = sa.text("INSERT INTO merged_into VALUES (:each, :one)")
        connection.execute(said, {"each": each, "one": min(group)})
    connection.execute(FILL)
    connection.execute(sa.text("DROP TABLE merged_into"))


def downgrade() -> None:
    op.drop_table("look")
