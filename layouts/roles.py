"""The cockpit without logins: a banner that says so, and any role at one click."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from domain.permissions import DEMO_ROLES
from domain.viewer import Viewer
from locales import translate

EVERY = "all"


def demo_roles(viewer: Viewer | None, lang: str) -> Component:
    """The banner.

    Args:
        viewer: who looks; one role of theirs is the one chosen, several are all duties at once.
        lang: language.
    """
    roles = viewer.roles if viewer is not None else frozenset()
    chosen = next(iter(roles)) if len(roles) == 1 else EVERY
    choices = [
        html.Button(
            translate(lang, f"role.{role}"), className="demo-role",
            **{"data-set-role": role, "aria-pressed": str(role == chosen).lower()},
        )
        for role in (EVERY, *DEMO_ROLES)
    ]  # fmt: skip
    words = html.B(translate(lang, "demo.said"), title=translate(lang, "demo.why"))
    named = {"aria-label": translate(lang, "demo.roles")}
    return html.Div([words, html.Div(choices, className="demo-roles", role="group", **named)], className="demo")
