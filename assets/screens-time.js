/**
 * The screens in the past: the time bar's inputs and its opening, where history begins, locked acts,
 * and links that keep the moment. What time it is, is cockpit.time's (time.js); this follows it.
 */
(function () {
  "use strict";

  const TIME_KEYS = ["at", "known", "since", "until", "speed"];
  const TELL_MS = 2000; // callbacks that read the store are asked at most this often while playing
  let told = null; // what the Store shell-moment was last told; null: nothing since the page was loaded
  let tellTimer = 0;
  let tellAt = 0;
  let following = null;

  function texts() {
    const script = document.getElementById("time-texts");
    if (!script) return {};
    if (texts.source !== script.textContent) {
      texts.source = script.textContent;
      texts.all = JSON.parse(texts.source || "{}");
    }
    return texts.all[window.cockpit.language] || {};
  }

  function text(key, params) {
    return (texts()[key] || "").replace(/\{(\w+)\}/g, (place, name) => (params && name in params ? params[name] : place));
  }

  function live() {
    return !window.cockpit.time || window.cockpit.time.mode === "live";
  }

  /** A time as the port's clock shows it, to the minute. */
  function portTime(ms) {
    const zone = (texts.all || {}).zone || "UTC";
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
    return new Intl.DateTimeFormat("sv-SE", { ...parts, hour12: false, timeZone: zone }).format(new Date(ms));
  }

  // ---- the bar ----
  function openBar(open) {
    document.body.dataset.timeBar = open ? "open" : "closed";
    for (const button of document.querySelectorAll("[data-time-open]")) button.setAttribute("aria-expanded", String(open));
  }

  /** Inputs Dash has no component for; React leaves the inside of their places alone. */
  function makeInputs() {
    for (const place of document.querySelectorAll("[data-time-input]")) {
      if (place.firstChild) continue;
      const input = document.createElement("input");
      const at = place.dataset.timeInput === "at";
      input.type = at ? "datetime-local" : "range";
      if (at) input.step = "1";
      else Object.assign(input, { min: "0", max: "1000", value: "1000" });
      input.setAttribute(at ? "data-time-at" : "data-time-scrub", "");
      input.setAttribute("aria-label", place.dataset.label);
      input.title = place.dataset.label;
      if (at) place.append(input);
      else place.append(end("from"), input, end("to"));
    }
  }

  function end(name) {
    const element = document.createElement("span");
    element.className = `time-end time-${name} num`;
    return element;
  }

  function write(element, words) {
    if (element && element.textContent !== words) element.textContent = words;
  }

  function showWords() {
    const time = window.cockpit.time;
    if (!time || !document.getElementById("time-texts")) return;
    const range = time.since && time.until;
    write(document.querySelector(".time-from"), range ? portTime(time.since) : "");
    write(document.querySelector(".time-to"), range ? portTime(time.until) : "");
    const before = !live() && time.oldest && time.at < time.oldest;
    write(document.querySelector("[data-time-why]"), before ? text("time.before_history", { time: portTime(time.oldest) }) : "");
  }

  // ---- locked acts: the server refuses them too, this says so before somebody tries ----
  function lockActs() {
    const locked = !live();
    const why = locked ? text("time.locked", { time: portTime(window.cockpit.time.at) }) : "";
    for (const act of document.querySelectorAll("[data-act]")) {
      if (locked && !act.disabled) {
        act.disabled = true;
        act.dataset.locked = "";
      } else if (!locked && act.dataset.locked !== undefined) {
        act.disabled = false;
        delete act.dataset.locked;
        act.removeAttribute("title");
      }
      if (locked && act.title !== why) act.title = why;
    }
  }

  // ---- what callbacks are told ----
  function moment() {
    if (live()) return "";
    const time = window.cockpit.time;
    return `?at=${new Date(time.at).toISOString()}&known=${time.known || "corrected"}`;
  }

  function fromAddress() {
    const query = new URLSearchParams(location.search);
    const at = query.get("at") || query.get("since");
    if (!at) return "";
    if (Number.isNaN(Date.parse(at))) return null; // the server locks what it cannot read: it must be told "live"
    return `?at=${new Date(at).toISOString()}&known=${query.get("known") || "corrected"}`;
  }

  function tell() {
    clearTimeout(tellTimer);
    const wait = tellAt + TELL_MS - Date.now();
    if (wait > 0 && !live()) {
      tellTimer = setTimeout(tell, wait);
      return;
    }
    const words = moment();
    if (words === told) return;
    if (!window.dash_clientside || !window.dash_clientside.set_props || !document.querySelector(".shell")) {
      tellTimer = setTimeout(tell, 200);
      return;
    }
    told = words;
    tellAt = Date.now();
    window.dash_clientside.set_props("shell-moment", { data: words });
  }

  // ---- links keep the moment ----
  function withTime(href) {
    const address = new URL(href, location.href);
    const now = new URLSearchParams(location.search);
    for (const key of TIME_KEYS) if (now.has(key)) address.searchParams.set(key, now.get(key));
    return address.pathname + address.search + address.hash;
  }

  /** Inside the cockpit a link changes the page, never the moment; with a modifier key the browser follows it. */
  function onLink(event) {
    const link = event.target.closest('a[href^="/"]');
    if (!link || live() || event.button > 0 || link.target === "_blank") return;
    const href = withTime(link.getAttribute("href"));
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      const own = link.getAttribute("href");
      link.setAttribute("href", href);
      setTimeout(() => link.setAttribute("href", own), 0);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    window.scrollTo(0, 0);
  }

  function onClick(event) {
    const button = event.target.closest("[data-time-open]");
    if (button) openBar(document.body.dataset.timeBar !== "open");
  }

  // ---- following ----
  function changed() {
    showWords();
    lockActs();
    tell();
  }

  function follow() {
    if (following || !window.cockpit || !window.cockpit.time || !window.cockpit.time.on) return;
    following = window.cockpit.time;
    following.on(changed);
  }

  function start() {
    told = fromAddress();
    openBar(false);
    follow();
    let due = 0;
    new MutationObserver(() => {
      if (due) return;
      due = requestAnimationFrame(() => {
        due = 0;
        follow();
        makeInputs();
        showWords();
        lockActs();
      });
    }).observe(document.body, { childList: true, subtree: true });
    makeInputs();
    if (following) changed();
  }

  document.addEventListener("click", onLink, true);
  document.addEventListener("click", onClick);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
