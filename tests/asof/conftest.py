"""Empty databases of both kinds, made once and copied, as the store's own tests have them."""

from tests.store.conftest import empty_postgres as empty_postgres
from tests.store.conftest import new_url as new_url
from tests.store.conftest import server as server
