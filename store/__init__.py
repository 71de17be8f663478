"""The database: schema, migrations, idempotent writes and named reads; the only SQL there is."""
