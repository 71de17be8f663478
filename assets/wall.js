/**
 * A wall: the shell laid out in wall units at the screen's own pixels, as one piece over one or several
 * browsers; the tiles of a scene in their places. Its parts are wall_geometry.js (arithmetic), wall_pages.js
 * (small windows), wall_rotation.js (which scene, alarms) and wall_screen.js (identity, health, what the supervisor set).
 *
 * `window.cockpit.parts.wall` holds what they share:
 * @typedef {Object} Wall
 * @property {Object} told  what the page says, see layouts/wall.py
 * @property {Object} row  what the supervisor set of this screen (domain.pictures.ScreenRow), {} without
 * @property {string} scene  the scene on screen
 * @property {boolean} alarmed  the alarm has its place
 * @property {boolean} small  there is no room for a scene: its tiles are shown in turn, on so many
 * @property {number} pages, of which this is the
 * @property {number} page
 */
(function () {
  "use strict";
  const { cockpit } = window;
  if (!cockpit || !/^\/wall(\/|$)/.test(location.pathname)) return;
  document.documentElement.dataset.wall = "";

  const DRIFT_MS = 5000;
  const FIT_MS = 400;
  const wall = (cockpit.parts.wall = { told: null, row: {}, scene: "", alarmed: false, small: false, pages: 1, page: 0, arrange, text, starts: [] });
  let holder = null;
  let fitTimer = 0;
  let layout = null;

  /** A text of the page with {name} places filled in. */
  function text(key, params) {
    const found = (wall.told && wall.told.texts[`wall.say.${key}`]) || "";
    return found.replace(/\{(\w+)\}/g, (all, name) => (params && name in params ? String(params[name]) : all));
  }

  const ratio = () => window.devicePixelRatio || 1;
  const windowOf = () => wall.row.window || wall.told.window;
  const least = () => (wall.row.least_pixels || wall.told.least) / ratio();

  /** Size the wall, cut this screen's part out of it, put the tiles of the scene into their places. */
  function arrange() {
    const shell = document.querySelector(".shell");
    if (!wall.told || !shell) return;
    const view = { width: window.innerWidth, height: window.innerHeight, ratio: ratio() };
    const cut = cockpitWall.canvas(view, windowOf(), wall.told.bezel, wall.told.size);
    const unit = cockpitWall.unit(cut.width, cut.height, least());
    wall.crowded = cockpitWall.crowded(cut.width, cut.height, least());
    wall.small = cockpitWall.small(cut.width, cut.height, least());
    set(document.documentElement.dataset, "wall", wall.small ? "small" : "");
    set(document.documentElement.style, "fontSize", `${unit.toFixed(3)}px`);
    set(shell.style, "width", `${cut.width}px`);
    set(shell.style, "height", `${cut.height}px`);
    wander(shell, cut);
    place(cut, unit);
    fitSoon();
  }

  /** One uniform transform: the part shown, and some pixels of drift against burn-in. */
  function wander(shell, cut) {
    const [dx, dy] = cockpitWall.drift(cockpit.serverNow() / 1000, wall.told.drift).map((n) => n / ratio());
    const scale = cut.scale === 1 ? "" : ` scale(${cut.scale})`;
    set(shell.style, "transform", `translate(${dx - cut.x * cut.scale}px, ${dy - cut.y * cut.scale}px)${scale}`);
  }

  function place(cut, unit) {
    const scene = wall.told.scenes[wall.scene];
    if (!scene) return;
    layout = scene.layouts[cockpitWall.nearest(scene.layouts, cut.width, cut.height)];
    if (wall.small) layout = inTurn(layout, unit);
    wall.pages = layout.pages || 1;
    wall.page = layout.page || 0;
    const zone = document.querySelector(".wall-alarm");
    for (const tile of document.querySelectorAll(".wall-tile[data-tile]")) {
      const at = layout.tiles[tile.dataset.tile];
      const covered = at && wall.alarmed && inside(at, layout.alarm);
      if (at) lay(tile, at);
      show(tile, Boolean(at) && !covered);
    }
    if (!zone) return;
    lay(zone, layout.alarm);
    if (zone.hidden === wall.alarmed) zone.hidden = !wall.alarmed;
  }

  /** The page of a scene's tiles that is on, in the room head and strip leave. */
  function inTurn({ tiles }, unit) {
    const { clientWidth, clientHeight } = document.querySelector(".page-wall");
    return cockpitWall.turns(Object.keys(tiles), [clientWidth / unit, clientHeight / unit], wall.alarmed, wall.page);
  }

  function inside([x, y, width, height], [ox, oy, wide, high]) {
    return x >= ox && y >= oy && x + width <= ox + wide && y + height <= oy + high;
  }

  function lay(tile, [x, y, width, height]) {
    const [wide, high] = layout.size;
    set(tile.style, "left", `${(100 * x) / wide}%`);
    set(tile.style, "top", `${(100 * y) / high}%`);
    set(tile.style, "width", `${(100 * width) / wide}%`);
    set(tile.style, "height", `${(100 * height) / high}%`);
  }

  /** A tile of no scene that may come next is not kept up to date: its view is left until it is needed. */
  function show(tile, shown) {
    if (tile.hidden === shown) tile.hidden = !shown;
    const wanted = shown || (wall.coming && wall.coming().has(tile.dataset.tile));
    for (const element of tile.querySelectorAll("[data-view], [data-wall-view]")) {
      if (wanted && element.dataset.wallView) {
        element.dataset.view = element.dataset.wallView;
        delete element.dataset.wallView;
      } else if (!wanted && element.dataset.view) {
        element.dataset.wallView = element.dataset.view;
        element.removeAttribute("data-view");
      }
    }
  }

  function set(style, name, value) {
    if (style[name] !== value) style[name] = value;
  }

  // ---- rows that have no room as a whole are not shown in part: there is no scrolling on a wall ----
  const FITTED = ".wall-tile:not([hidden]) :is(.rows, .alert-list, .wall-feeds, .wall-bars, .gate-bars, .yards, .kpis, .alarm)";

  function fitSoon() {
    if (!fitTimer) fitTimer = setTimeout(fit, FIT_MS);
  }

  function fit() {
    fitTimer = 0;
    for (const box of document.querySelectorAll(FITTED)) {
      const { bottom } = box.getBoundingClientRect();
      const rows = box.matches(".rows") ? box.querySelectorAll("tbody tr") : box.children;
      for (const row of rows) {
        const needed = row === rows[0] || row.matches("h2, .alarm-text");
        const hidden = !needed && row.getBoundingClientRect().bottom > bottom + 1 ? "hidden" : "";
        if (row.style.visibility !== hidden) row.style.visibility = hidden;
      }
    }
  }

  // ---- beginning: Dash puts the page there, and may put it there again ----
  function look() {
    const found = document.getElementById("wall");
    if (found === holder) return;
    holder = found;
    if (!found) return;
    wall.told = JSON.parse(found.dataset.wall);
    for (const start of wall.starts) start();
    arrange();
  }

  function start() {
    new MutationObserver(() => {
      look();
      fitSoon();
    }).observe(document.body, { childList: true, subtree: true });
    window.addEventListener("resize", arrange);
    setInterval(() => wall.told && arrange(), DRIFT_MS);
    look();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
