"""The one way in: poller -> quality gate -> store -> derive -> rules -> publish."""
