/**
 * The time control's other half: what its elements (`data-time-*`) do, keys, and words.
 * Bound by delegation: the shell may be drawn at any time. Texts come from #time-texts.
 */
(function () {
  "use strict";

  const SAID_MS = 2000;
  const STEP_SECONDS = 60;
  const WALL = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

  const live = window.cockpit;
  const { time } = live;
  const formats = new Map();
  let dragged = null; // where the hand is while a picture is on its way

  // ---- words and the port's clock ----
  function texts() {
    const script = document.getElementById("time-texts");
    const source = script ? script.textContent : "{}";
    if (texts.source !== source) {
      texts.source = source;
      texts.all = JSON.parse(source);
    }
    return texts.all;
  }

  function text(key, params) {
    const found = (texts()[live.language] || {})[key];
    return found === undefined ? "" : found.replace(/\{(\w+)\}/g, (_, name) => params[name]);
  }

  const zone = () => texts().zone || "UTC";

  /** "2026-11-21 11:00:00" in the port's zone. */
  function wall(ms) {
    if (!formats.has(zone())) formats.set(zone(), new Intl.DateTimeFormat("sv-SE", { ...WALL, timeZone: zone() }));
    return formats.get(zone()).format(new Date(ms));
  }

  /** Epoch ms of a wall clock's "2026-11-21T11:00" in the port's zone; NaN when it is none. */
  function instant(said) {
    const utc = Date.parse(said + "Z");
    if (Number.isNaN(utc)) return NaN;
    const shift = (ms) => Date.parse(wall(ms).replace(" ", "T") + "Z") - ms;
    const first = utc - shift(utc);
    return utc - shift(first); // again: the zone's own shift may change in between
  }

  function words() {
    if (time.mode === "live") return text("time.words.live", {});
    const known = text("time.known." + time.known, {});
    return text("time.words." + time.mode, { time: wall(time.at), known, speed: time.speed });
  }

  function reason() {
    if (!time.error) return "";
    const why = text("time.error." + time.error, {}) || text("time.error.other", {});
    const stays = time.mode !== "live" && time.shown !== null && Math.abs(time.shown - time.at) > 1000;
    return stays ? why + " · " + text("time.stays", { time: wall(time.shown) }) : why;
  }

  // ---- showing ----
  const write = (selector, said) => {
    for (const place of document.querySelectorAll(selector)) if (place.textContent !== said) place.textContent = said;
  };

  function put(input, value) {
    if (document.activeElement === input && input.type === "datetime-local") return; // somebody is typing
    if (input.value !== value) input.value = value;
  }

  function show() {
    write("[data-time-text]", words());
    write("[data-time-reason]", reason());
    const at = time.at === null ? live.serverNow() : time.at;
    for (const input of document.querySelectorAll("input[data-time-at]")) {
      input.step = "1";
      put(input, wall(at).replace(" ", "T"));
    }
    for (const select of document.querySelectorAll("select[data-time-known]")) put(select, time.known);
    for (const select of document.querySelectorAll("select[data-time-speed]")) put(select, String(time.speed));
    for (const button of document.querySelectorAll("[data-time-live]")) button.setAttribute("aria-pressed", String(time.mode === "live"));
    for (const button of document.querySelectorAll("[data-time-play]")) button.setAttribute("aria-pressed", String(time.playing));
    document.querySelectorAll("input[data-time-scrub]").forEach(showRange);
  }

  function showRange(input) {
    const there = time.since !== null;
    (input.closest("[data-time-input]") || input).hidden = !there;
    if (!there) return;
    Object.assign(input, { min: "0", max: String(Math.round((time.until - time.since) / 1000)), step: "1" });
    if (dragged === null) put(input, String(Math.round((time.at - time.since) / 1000)));
    input.setAttribute("aria-valuetext", wall(time.at));
  }

  // ---- acting ----
  function onClick(event) {
    const target = event.target.closest("[data-time-live], [data-time-play], [data-time-step], [data-time-range], [data-time-share]");
    if (!target) return;
    const { timeStep, timeRange } = target.dataset;
    if (timeStep !== undefined) time.step(Number(timeStep));
    else if (timeRange !== undefined) range(Number(timeRange));
    else if (target.matches("[data-time-live]")) time.live();
    else if (target.matches("[data-time-play]")) toggle();
    else share();
  }

  const toggle = () => (time.playing ? time.pause() : time.play());

  /** The last so many seconds up to the moment on screen, from their beginning. */
  function range(seconds) {
    const until = time.at === null ? live.serverNow() - 1000 : time.at;
    const since = until - seconds * 1000;
    time.set(since, { since, until });
  }

  async function share() {
    try {
      await navigator.clipboard.writeText(location.href);
    } catch (error) {
      return console.warn("time: the address cannot be copied", error); // no permission, or not https
    }
    write("[data-time-said]", text("time.copied", {}));
    setTimeout(() => write("[data-time-said]", ""), SAID_MS);
  }

  function onChange(event) {
    const { target } = event;
    if (target.matches("input[data-time-at]")) {
      const at = instant(target.value);
      if (!Number.isNaN(at)) time.set(at);
    } else if (target.matches("select[data-time-known]")) {
      if (time.mode === "live" && target.value === "then") time.set(live.serverNow() - 1000, { known: "then" });
      else time.setKnown(target.value);
    } else if (target.matches("select[data-time-speed]")) {
      time.setSpeed(Number(target.value));
    } else if (target.matches("input[data-time-scrub]")) {
      drag(target); // the hand let go
    }
  }

  /** While a picture is on its way the hand moves on; the next one is of where it is then. */
  function drag(input) {
    if (time.since === null) return;
    dragged = time.since + Number(input.value) * 1000;
    if (!time.loading) follow();
  }

  function follow() {
    const to = dragged;
    dragged = null;
    if (to !== null) time.set(to);
  }

  const TYPING = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]";

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target, key } = event;
    if (target.closest(TYPING)) return;
    const away = time.mode !== "live";
    if (away && (key === "l" || key === "L" || (key === "Escape" && !document.querySelector("dialog[open], [role=dialog], [aria-modal=true]")))) time.live();
    else if (away && key === " " && !target.closest("button, a, summary, [role=button], [tabindex='0']")) toggle();
    else if ((key === "ArrowLeft" || key === "ArrowRight") && target.closest(".time-bar") && target.type !== "range") {
      time.step(key === "ArrowLeft" ? -STEP_SECONDS : STEP_SECONDS);
    } else return;
    event.preventDefault();
  }

  time.on(() => {
    if (dragged !== null && !time.loading) follow();
    show();
  });
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChange);
  document.addEventListener("input", (event) => event.target.matches("input[data-time-scrub]") && drag(event.target));
  document.addEventListener("keydown", onKey);
  document.addEventListener("DOMContentLoaded", () => {
    let due = 0;
    const soon = () => (due = due || requestAnimationFrame(() => ((due = 0), show())));
    new MutationObserver((changes) => {
      if (changes.some((change) => Array.from(change.addedNodes).some((node) => node.nodeType === 1 && (node.matches(BAR) || node.querySelector(BAR))))) soon();
    }).observe(document.body, { childList: true, subtree: true });
    setInterval(() => time.mode === "live" && show(), 1000); // the field shows the present while live
  });
  const BAR = "[data-time-text], [data-time-at], [data-time-scrub], [data-time-bar]";

  live.parts.timeBar = { wall, instant };
})();
