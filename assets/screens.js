/**
 * What the shell and pages do in the browser without asking the server: the port's clock, the
 * language, the marked page, picks and the queue's reason.
 */
(function () {
  "use strict";

  const LANGUAGES = ["zh_CN", "en"];
  const YEAR_SECONDS = 365 * 86400;

  // ---- language: ?lang= wins and is remembered, else the cookie; the server reads the cookie ----
  function known(said) {
    return said && LANGUAGES.find((l) => l.toLowerCase() === said.replace("-", "_").toLowerCase() || l.split("_")[0] === said);
  }

  function remember(lang) {
    document.cookie = `cockpit_lang=${lang}; path=/; max-age=${YEAR_SECONDS}; samesite=strict`;
  }

  const asked = known(new URLSearchParams(location.search).get("lang"));
  if (asked) remember(asked);
  const cookie = /(?:^|;\s*)cockpit_lang=([^;]+)/.exec(document.cookie);
  const chosen = asked || known(cookie && decodeURIComponent(cookie[1]));
  if (chosen) document.documentElement.lang = chosen.replace("_", "-");

  function switchLanguage(lang) {
    remember(lang);
    document.dispatchEvent(new CustomEvent("cockpit:leaving")); // how the page stands is kept
    const address = new URL(location.href);
    address.searchParams.delete("lang");
    location.replace(address);
  }

  // ---- clock ----
  let formatter = null;

  function showClock() {
    const clock = document.getElementById("clock");
    if (!clock) return;
    if (!formatter || formatter.zone !== clock.dataset.zone) {
      const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
      formatter = new Intl.DateTimeFormat("sv-SE", { ...parts, hour12: false, timeZone: clock.dataset.zone });
      formatter.zone = clock.dataset.zone;
    }
    const now = new Date(window.cockpit && window.cockpit.parts.link ? window.cockpit.now() : Date.now());
    const words = formatter.format(now);
    if (clock.textContent !== words) clock.textContent = words;
  }

  // ---- picks: an element with data-pick hands its data-value to the Store of that id ----
  let picks = 0;

  function pick(store, value) {
    window.dash_clientside.set_props(store, { data: { value, n: ++picks } });
  }

  /** Show the reason of a row in its tile and keep it when the tile is drawn anew. */
  let reasonKey = null;

  function showReason() {
    const row = reasonKey && document.querySelector(`tr[data-reason-key="${CSS.escape(reasonKey)}"]`);
    for (const one of document.querySelectorAll("tr.picked")) if (one !== row) one.classList.remove("picked");
    if (!row) return;
    row.classList.add("picked");
    const place = row.closest(".tile").querySelector(".reason");
    if (place && place.textContent !== row.dataset.reason) place.textContent = row.dataset.reason;
  }

  function onAct(event) {
    const target = event.target.closest("[data-pick], [data-show-view], [data-set-language], [data-set-role], tr[data-reason-key]");
    if (!target) return;
    if (target.dataset.setLanguage) switchLanguage(target.dataset.setLanguage);
    else if (target.dataset.setRole) {
      document.cookie = `cockpit_role=${target.dataset.setRole}; path=/; samesite=strict`; // without logins; the server looks at it only then
      location.reload();
    } else if (target.dataset.pick) pick(target.dataset.pick, target.dataset.value);
    else if (target.dataset.showView) target.closest("[data-view]").setAttribute("data-view", target.dataset.showView);
    else {
      reasonKey = target.dataset.reasonKey;
      showReason();
    }
  }

  /** The phone's bar marks a part of its page by the address behind the #; the first one when it names none. */
  function markThumb() {
    const thumbs = Array.from(document.querySelectorAll(".thumb"));
    const at = location.pathname + location.hash;
    const here = thumbs.find((one) => one.getAttribute("href") === at) || (location.pathname === "/m" ? thumbs[0] : null);
    for (const one of thumbs) {
      if (one === here) one.setAttribute("aria-current", "page");
      else one.removeAttribute("aria-current");
    }
    document.body.dataset.phonePart = here ? here.getAttribute("href").split("#")[1] || "" : "";
  }

  /** A page reached by tabs from another stands under that one's link. */
  function markPage(path) {
    markThumb();
    for (const link of document.querySelectorAll(".nav-link")) {
      const href = link.getAttribute("href");
      if (href === path || (href !== "/" && path.startsWith(`${href}/`))) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** The menu of administration shuts when somebody chose, went elsewhere, or pressed Escape. */
  function shutMenus(event) {
    for (const menu of document.querySelectorAll(".nav-more[open]")) {
      const within = menu.contains(event.target);
      if (event.type === "keydown" ? event.key !== "Escape" : within && !event.target.closest("a")) continue;
      menu.open = false;
      if (within && event.type === "keydown") menu.querySelector("summary").focus();
    }
  }

  document.addEventListener("click", onAct);
  for (const event of ["click", "keydown"]) document.addEventListener(event, shutMenus);
  for (const event of ["hashchange", "popstate", "_dashprivate_pushstate"]) window.addEventListener(event, () => setTimeout(markThumb, 0));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("tr[data-reason-key]")) onAct(event);
  });

  /** Dash calls radio buttons options of a nameless list box, which labels with inputs cannot be: they are radios in a named group. */
  function plainRadios() {
    for (const part of document.querySelectorAll(".segments[role], .segments label:is([role], [aria-selected])")) {
      for (const name of ["role", "aria-selected"]) part.removeAttribute(name);
    }
  }

  function start() {
    setInterval(showClock, 250);
    let due = 0;
    new MutationObserver(() => {
      if (due) return;
      due = requestAnimationFrame(() => {
        due = 0;
        showReason();
        showClock();
        plainRadios();
      });
    }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    screens: {
      navigated: (path) => {
        setTimeout(() => markPage(path), 0);
        const shell = document.querySelector(".shell");
        if (shell && shell.lang) document.documentElement.lang = shell.lang;
        return path;
      },
    },
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
