/**
 * The desk: words, dialogs, going somewhere, and the keyboard. Its parts are desk_selection.js (what is
 * selected, in the address and in linked windows), desk_search.js, desk_views.js and desk_export*.js.
 * Nothing of it works on walls or where the shell has no desk.
 */
(function (root) {
  "use strict";
  const SECOND_KEY_MS = 1500; // "g", then the page's letter
  const SAID_MS = 4000;
  const TYPING = "input, textarea, select, [contenteditable]";
  const TIME_KEYS = ["at", "known", "since", "until", "speed"];
  const acts = new Map(); // name -> function(value)
  let first = null; // first key of two, and when it was pressed: {key, at}
  let sayTimer = 0;

  // ---- words ----
  function body() {
    const script = document.getElementById("desk-texts");
    if (!script) return { texts: {}, pages: [], keys: [] };
    if (body.source !== script.textContent) {
      body.source = script.textContent;
      body.read = JSON.parse(script.textContent || "{}");
    }
    return body.read;
  }

  function language() {
    const shell = document.querySelector(".shell");
    return ((shell && shell.lang) || document.documentElement.lang || "zh-CN").replace("-", "_");
  }

  function text(key, params) {
    const found = (body().texts[language()] || {})[key] || key;
    return found.replace(/\{(\w+)\}/g, (place, name) => (params && name in params ? params[name] : place));
  }

  const present = () => document.querySelector("[data-desk]") !== null && !document.documentElement.hasAttribute("data-wall");

  // ---- elements ----
  /** make("button", {className, text, on: {click}, data..., aria...}, children...) */
  function make(name, how = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(how)) {
      if (value === undefined || value === null) continue;
      if (key === "text") element.textContent = value;
      else if (key === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      else if (key === "className" || key in element) element[key] = value;
      else element.setAttribute(key, value);
    }
    element.append(...children.filter(Boolean));
    return element;
  }

  /**
   * A modal dialog; the browser keeps the focus in it and gives it back, Escape and a click beside it close it.
   * @returns {HTMLDialogElement} opened; its content is the caller's
   */
  function dialog(name, title) {
    const before = document.querySelector("dialog.desk[open]"); // a closed one goes a moment later
    if (before) {
      before.close();
      if (before.classList.contains(`desk-${name}`)) return null; // the same key again closes it
    }
    const close = make("button", { className: "desk-close", text: "✕", title: text("desk.close"), "aria-label": text("desk.close") });
    const head = make("header", {}, make("h2", { text: title }), close);
    const box = make("dialog", { className: `desk desk-${name}`, "aria-label": title, lang: language().replace("_", "-") }, head);
    close.addEventListener("click", () => box.close());
    box.addEventListener("click", (event) => event.target === box && box.close());
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
    return box;
  }

  /** Say something shortly, for eyes and ears. */
  function say(words) {
    let place = document.querySelector(".desk-say");
    if (!place) document.body.append((place = make("div", { className: "desk-say", role: "status", "aria-live": "polite" })));
    place.textContent = words;
    clearTimeout(sayTimer);
    sayTimer = setTimeout(() => (place.textContent = ""), SAID_MS);
  }

  // ---- going somewhere ----
  /** An address with the moment the screen shows. */
  function withMoment(href) {
    const address = new URL(href, location.href);
    const now = new URLSearchParams(location.search);
    for (const key of TIME_KEYS) if (now.has(key) && !address.searchParams.has(key)) address.searchParams.set(key, now.get(key));
    return address.pathname + address.search;
  }

  /** Go to an address of the cockpit without loading the page anew. */
  function go(href) {
    if (href === location.pathname + location.search) return;
    history.pushState({}, "", href);
    root.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    document.dispatchEvent(new CustomEvent("cockpit:gone", { detail: href }));
  }

  function openOther(href) {
    root.open(href, "_blank", "noopener=no");
  }

  // ---- help ----
  function help() {
    const box = dialog("help", text("desk.help"));
    if (!box) return;
    const groups = new Map();
    for (const key of body().keys) {
      const same = (groups.get(key.group) || []).find((one) => one.text === key.text);
      if (same) same.also.push(key.keys);
      else groups.set(key.group, [...(groups.get(key.group) || []), { ...key, also: [] }]);
    }
    const places = make("div", { className: "desk-keys" });
    for (const [group, keys] of groups) {
      const rows = keys.map((key) => make("div", {}, make("dt", {}, ...[key.keys, ...key.also].flatMap(signs)), make("dd", { text: text(key.text) })));
      places.append(make("section", {}, make("h3", { text: text(`desk.keys.${group}`) }), make("dl", {}, ...rows)));
    }
    box.append(places);
  }

  const SIGNS = { "mod+k": "Ctrl+K", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", l: "L" };

  function signs(keys) {
    return keys.split(" ").flatMap((key) => [make("kbd", { text: SIGNS[key] || key }), document.createTextNode(" ")]);
  }

  // ---- keyboard ----
  function named(event) {
    const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    return event.ctrlKey || event.metaKey ? `mod+${plain}` : plain;
  }

  function onKey(event) {
    if (event.defaultPrevented || event.isComposing || !present()) return;
    const pressed = named(event);
    const typing = event.target.closest && event.target.closest(TYPING);
    if (!pressed.startsWith("mod+") && (typing || event.altKey || document.querySelector("dialog.desk[open]"))) return;
    // By the times of the keys, not of a timer: a page that is busy drawing hears both late.
    const wanted = first && event.timeStamp - first.at < SECOND_KEY_MS ? `${first.key} ${pressed}` : pressed;
    const known = body().keys.find((key) => key.act && key.keys === wanted);
    first = null;
    if (known) {
      event.preventDefault();
      event.stopImmediatePropagation(); // "g l" is not the time bar's "l"
      run(known.act, known.value);
    } else if (body().keys.some((key) => key.act && key.keys.startsWith(pressed + " "))) {
      first = { key: pressed, at: event.timeStamp };
    } else if (!typing && (pressed === "ArrowDown" || pressed === "ArrowUp")) stepRow(event, pressed === "ArrowDown");
  }

  /** Up and down in tables whose rows can be picked. */
  function stepRow(event, down) {
    const row = event.target.closest && event.target.closest("[data-subject][tabindex], tr[tabindex]");
    if (!row) return;
    let next = row;
    do next = down ? next.nextElementSibling : next.previousElementSibling;
    while (next && !next.hasAttribute("tabindex"));
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  function run(name, value) {
    const act = acts.get(name);
    if (act) act(value);
  }

  acts.set("help", help);
  acts.set("page", (path) => go(withMoment(path)));

  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-desk]");
    if (button) run(button.dataset.desk);
    const link = event.target.closest("a[data-go]"); // a link within a drawing that is no component of Dash
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(withMoment(link.getAttribute("href")));
  });

  root.cockpitDesk = { acts, body, dialog, go, language, make, openOther, present, run, say, text, withMoment };
})(window);
