/**
 * What live data does to the page: views by set_props, tables (live_grid.js), ages, the connection's lamp, reload on a
 * new version. Texts come from the page (never from here), see docs/live-protocol.md.
 */
(function () {
  "use strict";

  const LANGUAGES = ["zh_CN", "en"];
  const RETRY_MS = 200;
  const RELOAD_RETRY_MS = 2000;

  /** @type {Map<Element, {topic: string, stop: function()}>} */
  const shown = new Map();
  let subscribe = null;
  let scanTimer = 0;
  let connection = "connecting";
  let version = null;

  function language() {
    const cookie = /(?:^|;\s*)cockpit_lang=([^;]+)/.exec(document.cookie);
    for (const said of [document.documentElement.lang, cookie && decodeURIComponent(cookie[1])]) {
      const known = said && LANGUAGES.find((l) => l === said.replace("-", "_") || l.split("_")[0] === said);
      if (known) return known;
    }
    return LANGUAGES[0];
  }

  // ---- views and tables ----
  function scan() {
    scanTimer = 0;
    const lang = language();
    window.cockpit.parts.causes.follow(subscribe);
    const here = new Set(document.querySelectorAll("[data-view][id], [data-rows-of]"));
    for (const [element, view] of shown) {
      if (here.has(element) && view.topic === topicOf(element, lang)) continue;
      view.stop();
      shown.delete(element);
    }
    for (const element of here) {
      if (shown.has(element)) continue;
      const topic = topicOf(element, lang);
      const view = { topic, stop: () => {} };
      const show = element.dataset.rowsOf ? window.cockpit.parts.grid.fill : fill;
      shown.set(element, view);
      view.stop = subscribe(topic, (state) => show(element, state));
    }
  }

  /** Views are drawn per language; `data-rows-of` names a topic with rows, or such a view without its language. */
  function topicOf(element, lang) {
    const rows = element.dataset.rowsOf;
    if (rows && !rows.startsWith("view:")) return rows;
    return (rows || "view:" + element.dataset.view) + "@" + lang;
  }

  function scanSoon() {
    if (!scanTimer) scanTimer = setTimeout(scan, 50);
  }

  /** Hand the drawn value to Dash; a failed drawing keeps the last value and marks the element. */
  function fill(element, state) {
    if (!element.isConnected) return;
    if (state.error) element.setAttribute("data-view-error", state.error);
    else element.removeAttribute("data-view-error");
    // Nothing drawn yet keeps what the page came with; a past moment that cannot be drawn is left empty.
    const value = state.value === null && state.source === "moment" ? "" : state.value;
    if (value === null || value === element.cockpitValue) return;
    const dash = window.dash_clientside;
    if (!dash || !dash.set_props) {
      clearTimeout(element.cockpitRetry);
      element.cockpitRetry = setTimeout(() => fill(element, state), RETRY_MS);
      return;
    }
    element.cockpitValue = value;
    const id = element.id.startsWith("{") ? JSON.parse(element.id) : element.id;
    dash.set_props(id, { [element.dataset.viewProp || "children"]: value });
  }

  // ---- texts ----
  function texts() {
    const script = document.getElementById("live-texts");
    const holder = document.querySelector("[data-live-texts]");
    const source = script ? script.textContent : holder ? holder.dataset.liveTexts : "";
    if (source !== texts.source) {
      texts.source = source;
      try {
        texts.all = JSON.parse(source || "{}");
      } catch (error) {
        console.error("live: live-texts is not JSON", error);
        texts.all = {};
      }
    }
    return texts.all[language()] || texts.all;
  }

  function text(key, n) {
    const found = texts()[key];
    return found === undefined ? "" : found.replace("{n}", n);
  }

  /** Write only what differs, into the text node itself: no DOM churn, no observer noise. */
  function write(element, words) {
    const node = element.firstChild;
    if (node && node.nodeType === Node.TEXT_NODE) {
      if (node.nodeValue !== words) node.nodeValue = words;
    } else if (element.textContent !== words) {
      element.textContent = words;
    }
  }

  // ---- ages ----
  function ageText(seconds) {
    if (seconds === null) return text("age.never");
    if (seconds < 120) return text("age.seconds", Math.max(0, Math.floor(seconds)));
    if (seconds < 7200) return text("age.minutes", Math.floor(seconds / 60));
    if (seconds < 172800) return text("age.hours", Math.floor(seconds / 3600));
    return text("age.days", Math.floor(seconds / 86400));
  }

  /** fresh up to the expected age, late up to three times it, then lost; never without a time. */
  function ageState(seconds, expected) {
    if (seconds === null) return "never";
    return seconds <= expected ? "fresh" : seconds <= 3 * expected ? "late" : "lost";
  }

  function tick() {
    const now = window.cockpit.now() / 1000;
    for (const element of document.querySelectorAll("[data-as-of]")) {
      const at = Date.parse(element.dataset.asOf);
      const seconds = Number.isNaN(at) ? null : now - at / 1000;
      const state = ageState(seconds, Number(element.dataset.expected) || 60);
      if (!element.classList.contains(state)) {
        element.classList.remove("fresh", "late", "lost", "never");
        element.classList.add(state);
      }
      const words = element.classList.contains("age") ? element : element.querySelector(".age");
      if (words) write(words, ageText(seconds));
      window.cockpit.parts.causes.say(element, state);
    }
    showConnection(connection);
  }

  // ---- connection ----
  function showConnection(state) {
    connection = state;
    if (document.body.dataset.connection !== state) document.body.dataset.connection = state;
    const lamp = document.getElementById("connection");
    if (!lamp) return;
    if (lamp.dataset.state !== state) lamp.dataset.state = state;
    const words = window.cockpit.parts.causes.connectionWords(state);
    if (words) write(lamp.querySelector(".text") || lamp, words);
  }

  /** Reload when the server runs another version than this page, once pages are served again. */
  function versionSeen(seen) {
    if (version === null) version = seen;
    if (version === seen) return;
    reloadOnceServed();
  }

  /**
   * Load this page anew as soon as the server serves it: a readable page never gives way to an error page. But one that
   * is nobody's any more (401: a wall that was unbound) does not stay.
   */
  function reloadOnceServed() {
    if (reloadOnceServed.waiting) return;
    reloadOnceServed.waiting = true;
    const again = () => {
      reloadOnceServed.waiting = false;
      setTimeout(reloadOnceServed, RELOAD_RETRY_MS);
    };
    fetch(location.href, { cache: "no-store" }).then((answer) => (answer.ok || answer.status === 401 ? location.reload() : again()), again);
  }

  function start(subscribeTo) {
    subscribe = subscribeTo;
    const elements = (nodes) => Array.from(nodes).some((node) => node.nodeType === Node.ELEMENT_NODE);
    const watched = ["data-view", "data-rows-of", "data-as-of"];
    new MutationObserver((changes) => {
      if (!changes.some((c) => c.type === "attributes" || elements(c.addedNodes) || elements(c.removedNodes))) return;
      tick(); // at once: observers run before the browser paints, so a redrawn tile never shows without its age
      scanSoon();
    }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: watched });
    new MutationObserver(scanSoon).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
    setInterval(tick, 1000);
    tick();
    scan();
  }

  window.cockpit.parts.page = { start, showConnection, versionSeen, reloadOnceServed, language, ageState, ageText, text, write };
})();
