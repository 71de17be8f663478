"""Who you are and what you may see and do. Until logins land: this machine only, in any role."""

from access.guard import Guard as Guard
from access.paths import PAGES as PAGES
from access.viewers import viewer_of as viewer_of
