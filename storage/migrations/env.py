"""How Alembic runs our revisions: on the connection that storage.database hands over, in its transaction."""

from alembic import context

from storage import account_models, catalogue_models, rematch_models  # noqa: F401 - their tables are in Row.metadata then
from storage.models import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
