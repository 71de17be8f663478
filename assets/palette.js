/**
 * Which palette the screen wears: bright, day, dusk or night (screens-1-palettes.css), on <html data-palette> before
 * anything is painted. Who says so, first come first served: the address (?palette=), a wall's own setting, the
 * visitor's cookie. Who chose nothing gets dusk. `auto` follows light and dark of the system and the port's daylight.
 */
(function () {
  "use strict";

  if (window.cockpit && window.cockpit.palette) return; // asked for twice: in the head, and with all other scripts

  const NAMES = ["bright", "day", "dusk", "night"];
  const HOUSE = "dusk";
  const COOKIE = "cockpit_palette";
  const WALL = "cockpit_wall_palette"; // local storage: what the supervisor gave this screen
  const ZONE = "cockpit_zone"; // local storage: the port's time zone, known before the page is there
  const YEAR_SECONDS = 365 * 86400;
  const DAY_FROM = 7;
  const DAY_UNTIL = 18;
  const AUTO_MS = 60000;

  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const valid = (name) => name === "auto" || NAMES.includes(name);

  function stored(key) {
    try {
      return localStorage.getItem(key);
    } catch (error) {
      return null; // a browser that keeps nothing
    }
  }

  function fromCookie() {
    const found = new RegExp(`(?:^|;\\s*)${COOKIE}=([a-z]+)`).exec(document.cookie);
    return found && found[1];
  }

  function firstChoice() {
    const wall = location.pathname.startsWith("/wall") ? stored(WALL) : null;
    const said = [new URLSearchParams(location.search).get("palette"), wall, fromCookie()];
    return said.find(valid) || HOUSE;
  }

  /** Hour of the day at the port, 0 to 23. */
  function portHour() {
    const clock = document.getElementById("clock");
    const zone = (clock && clock.dataset.zone) || stored(ZONE) || undefined;
    const now = window.cockpit && window.cockpit.parts && window.cockpit.parts.link ? window.cockpit.now() : Date.now();
    try {
      if (clock) localStorage.setItem(ZONE, clock.dataset.zone);
      return Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", hour12: false, timeZone: zone }).format(now)) % 24;
    } catch (error) {
      return new Date(now).getHours();
    }
  }

  function resolve(name) {
    if (name !== "auto") return name;
    const hour = portHour();
    return !dark.matches && hour >= DAY_FROM && hour < DAY_UNTIL ? "day" : "dusk";
  }

  let choice = firstChoice();

  function wear(printed) {
    const name = printed === true ? "bright" : resolve(choice);
    if (root.dataset.palette !== name) {
      root.dataset.palette = name;
      root.dataset.agThemeMode = name === "bright" || name === "day" ? "light" : "dark"; // tables follow
      document.dispatchEvent(new CustomEvent("cockpit:palette", { detail: { name, choice } }));
    }
    for (const select of document.querySelectorAll("[data-palette-select]")) if (select.value !== choice) select.value = choice;
  }

  /**
   * Wear another palette.
   * @param {string} name bright, day, dusk, night or auto; anything else is refused
   * @param {{remember: boolean}=} options false: until the page is left, as a wall does for itself
   * @returns {boolean} whether it was taken
   */
  function set(name, options) {
    if (!valid(name)) return false;
    choice = name;
    if (!options || options.remember !== false) {
      document.cookie = `${COOKIE}=${name}; path=/; max-age=${YEAR_SECONDS}; samesite=strict`;
    }
    wear();
    return true;
  }

  // ---- charts: drawn once in the house's colours, painted by screens-3-charts.css; a picture of one has to be told ----
  const INKS = {
    "#26323a": "--chart-grid", "#dfe7eb": "--chart-line", "#a9b8c1": "--text-dim", "#8fb3c9": "--chart-data",
    "#53646f": "--chart-mark", "#ffab4a": "--chart-limit", "#c3a6f2": "--past", "#121a1f": "--tile-raised",
  };
  const BAND = /rgba\(111,\s*152,\s*180,\s*([\d.]+)\)/g;

  /**
   * A chart's figure in the colours worn now, or in those of an element with a palette of its own; for exports.
   * @param {Object} figure plotly's data and layout
   * @param {Element=} element whose palette
   * @returns {Object} a copy
   */
  function paint(figure, element) {
    const style = getComputedStyle(element || root);
    const ink = (token) => style.getPropertyValue(token).trim();
    const band = ink("--chart-band").slice(1).match(/../g).map((part) => parseInt(part, 16)).join(",");
    let text = JSON.stringify(figure).replace(BAND, (_, share) => `rgba(${band},${share})`);
    text = text.replace(/"(#[0-9a-f]{6})"/gi, (all, colour) => (INKS[colour.toLowerCase()] ? `"${ink(INKS[colour.toLowerCase()])}"` : all));
    return JSON.parse(text);
  }

  window.cockpit = Object.assign(window.cockpit || {}, {
    palette: {
      names: NAMES, set, paint,
      /** For paper, which is bright; `wear(false)` ends it. */
      wear,
      get choice() { return choice; },
      get worn() { return root.dataset.palette; },
    },
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches && event.target.matches("[data-palette-select]")) set(event.target.value);
  });
  dark.addEventListener("change", wear);
  wear();

  // The select comes with the page; the port's day goes on.
  function start() {
    new MutationObserver((changes) => {
      const added = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches("[data-palette-select]") || node.querySelector("[data-palette-select]"));
      if (changes.some((change) => Array.from(change.addedNodes).some(added))) wear();
    }).observe(document.body, { childList: true, subtree: true });
    setInterval(wear, AUTO_MS);
    wear();
  }
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
