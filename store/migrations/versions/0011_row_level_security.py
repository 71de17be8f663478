"""Row-level security on PostgreSQL: whoever reads as `cockpit_scoped` sees the rows of the enterprises he named"""

from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

# The owner of the tables is not held to the policies, so the collector pays nothing. A reading transaction of an
# enterprise takes the role and names its codes, see store/wall.py. Nothing named: nothing seen. The policies name no
# role of the server's, so that a backup can be restored where there is none.
OWN = "ARRAY(SELECT unnest(nullif(current_setting('cockpit.scope', true), '')::text[]))"
OTHERS = "(SELECT current_user <> 'cockpit_scoped')"
TABLES = (
    'alert', 'check_result', 'container_stay', 'door_event', 'gate_latest', 'gate_move', 'gate_state',
    'inspection_step', 'inspection_task', 'lab_sample', 'machine_scan', 'superseded_container_stay',
    'superseded_inspection_task', 'superseded_lab_sample', 'superseded_machine_scan', 'superseded_vessel_call',
    'superseded_yard_block', 'vehicle_latest', 'vehicle_position', 'vessel_call', 'yard_block', 'yard_stock',
)
PUBLIC = ('vessel_latest', 'vessel_position', 'vessel_static')  # heard on the air by everybody
SEEN = {
    **{table: f'scope = ANY({OWN})' for table in TABLES},
    **{table: f'scope IS NULL OR scope = ANY({OWN})' for table in PUBLIC},
    # The declaration's task decides whose it is; where only steps are known, the steps do.
    'inspection_progress': f'CASE WHEN task_from > 0 THEN task_scope ELSE scope END = ANY({OWN})',
    # Alerts as they were said: the alert itself is walled too.
    'known_body': "dataset = 'alert' AND EXISTS (SELECT 1 FROM alert WHERE alert.key = known_body.key)",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return
    for table, condition in SEEN.items():
        op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY cockpit_scope ON {table} USING (CASE WHEN {OTHERS} THEN true ELSE {condition} END)')


def downgrade() -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return
    for table in SEEN:
        op.execute(f'DROP POLICY cockpit_scope ON {table}')
        op.execute(f'ALTER TABLE {table} DISABLE ROW LEVEL SECURITY')
