"""How Alembic runs our revisions: on the connection that storage.database hands over, in its transaction."""

from alembic import context

# Their tables are in Row.metadata then.
from storage import account_models, catalogue_models, rematch_models, seen_pictures  # noqa: F401
from storage.models import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
