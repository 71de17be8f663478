"""What the browser is sent: packed once, named by its content, kept for ever, and nothing a page does not use."""

from delivery.page import CockpitDash as CockpitDash
from delivery.serving import Delivered as Delivered
from delivery.serving import delivered as delivered
