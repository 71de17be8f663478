/**
 * Map, part 1: words, numbers and colours.
 *
 * Words come from the element's data-texts attribute (JSON, made on the server from the message
 * catalogue), so no screen text stands in code. Colours and sizes come from CSS variables.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});

  /** Names of the status codes, in the order of domain.pictures.STATUS. */
  M.STATUS = ["unknown", "moving", "stopped", "queueing", "loading", "moored", "anchored", "off_route", "late"];
  M.OFF_ROUTE = 7;
  M.LATE = 8;

  const COLOURS = {
    sea: "#101a21", unknown: "#15191c", hatch: "#1d2226", shallow: "#14222b", land: "#20292e", coast: "#3a474e", terminal: "#29343a", edge: "#3b4a52",
    road: "#3a474f", trunk: "#47565f", berth: "#6b7f8b", block: "#33414a", data: "#4c768f", fairway: "#2a4050",
    text: "#dfe7eb", "text-dim": "#8fa0aa", vessel: "#c3dcea", "vessel-still": "#7f98a7", vehicle: "#9fc3d9",
    "vehicle-still": "#64798a", halo: "#0e161c", select: "#ffffff", "level-1": "#ff5a5f", "level-2": "#fe9413",
    "level-3": "#ffdb42", "level-4": "#5aa9e6", "level-1-edge": "#ff5a5f", "level-2-edge": "#fe9413",
    "level-3-edge": "#ffdb42", "level-4-edge": "#5aa9e6", "mark-edge": "#0e161c",
  };

  /**
   * Colours now in force for an element; a level's edge is what stands out from a light ground, `mark-edge` goes round
   * its symbol on every ground.
   * @param {Element} element the map's outer element
   * @returns {Object<string,string>} colour by name
   */
  M.readTheme = function (element) {
    const style = getComputedStyle(element);
    const theme = {};
    for (const name of Object.keys(COLOURS)) {
      const told = style.getPropertyValue((name.startsWith("level") ? "--" : "--map-") + name).trim();
      theme[name] = told || COLOURS[name];
    }
    theme.font = style.fontFamily || "sans-serif";
    theme.scale = uiScale(style);
    return theme;
  };

  /** Symbol and text size against a 1920x1080 screen: --map-scale, else root font or screen size. */
  function uiScale(style) {
    const told = parseFloat(style.getPropertyValue("--map-scale"));
    if (told > 0) return told;
    const font = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
    const screenful = Math.min(root.innerWidth / 1920, root.innerHeight / 1080);
    return Math.min(6, Math.max(1, font, screenful));
  }

  /**
   * A lookup of texts with {name} parameters; a missing key shows as the key, never as nothing.
   * @param {Element} element carries data-texts
   * @returns {function(string, Object=): string}
   */
  M.readTexts = function (element) {
    let texts = {};
    try {
      texts = JSON.parse(element.dataset.texts || "{}");
    } catch (error) {
      console.warn("map: data-texts is not JSON");
    }
    return (key, params) => {
      const text = Object.hasOwn(texts, key) ? String(texts[key]) : key;
      return params ? text.replace(/\{(\w+)\}/g, (all, name) => (name in params ? String(params[name]) : all)) : text;
    };
  };

  /** Chinese on this page? From the map's own language, else the document's. */
  M.isChinese = (element) => (element.dataset.language || document.documentElement.lang || "zh").startsWith("zh");

  /**
   * An age as a person says it, short: seconds, then minutes, then hours.
   * @param {number} seconds age in seconds
   * @param {function} text lookup
   */
  M.ageText = function (seconds, text) {
    if (!Number.isFinite(seconds)) return text("map.age.unknown");
    const s = Math.max(0, seconds);
    if (s < 90) return text("map.age.seconds", { n: Math.round(s) });
    if (s < 5400) return text("map.age.minutes", { n: Math.round(s / 60) });
    return text("map.age.hours", { n: (s / 3600).toFixed(1) });
  };

  /** Server time in epoch milliseconds, as well as the live client knows it. */
  M.serverNow = function () {
    const live = root.cockpit;
    const told = live && typeof live.now === "function" ? Number(live.now()) : NaN;
    return Number.isFinite(told) ? told : Date.now();
  };

  M.percent = (share) => `${Math.round(share * 100)}%`;
})(window);
