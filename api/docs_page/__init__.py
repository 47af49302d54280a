"""The documentation that the service shows: the guide, a page for each problem, and the API's own description to try.

Pages are Markdown in ``api/guide``, rendered once and kept; nothing comes from another host, and nothing is inline.
"""

from api.docs_page.routes import guide
from api.docs_page.swagger import swagger

__all__ = ["guide", "swagger"]
