"""Line items without a foreign key: they are only ever written beside their order, and the check doubled their cost.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the foreign key of order_lines."""
    with op.batch_alter_table("order_lines", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.drop_constraint("fk_order_lines_order_id", type_="foreignkey")


def downgrade() -> None:
    """Bring it back."""
    with op.batch_alter_table("order_lines", table_kwargs={"sqlite_with_rowid": False}) as table:
        table.create_foreign_key("fk_order_lines_order_id", "orders", ["order_id"], ["id"])
