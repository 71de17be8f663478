"""Who you are and what you may see. Until logins land: one loopback operator, loopback only."""

from access.guard import Guard as Guard
from access.viewers import viewer_of as viewer_of
