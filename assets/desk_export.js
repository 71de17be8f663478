/**
 * Export and copy: the menu of a tile that holds a chart, a table or a map. CSV and XLSX are written by
 * the server, which adds moment, filters and origin; images are drawn here and carry the same words.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const SCALE = 2; // an image has twice the pixels of the screen
  const EDGE = 16;
  let menu = null;

  const titleOf = (tile) => {
    const head = tile.querySelector("header h2");
    return (head && head.textContent.trim()) || tile.getAttribute("aria-label") || document.title;
  };

  // ---- the menu ----
  function open(button) {
    const tile = button.closest("[data-export], .port-map");
    close();
    const place = tile.parentElement; // stays when the tile is drawn anew
    const kinds = (tile.dataset.export || "png").split(" ");
    menu = desk.make("div", { className: "desk-menu", role: "menu", "aria-label": desk.text("desk.export_of", { title: titleOf(tile) }) });
    for (const kind of kinds) {
      const act = () => (close(true), make(kind, tile.isConnected || !place ? tile : place.querySelector("[data-export]")));
      menu.append(desk.make("button", { role: "menuitem", text: desk.text(`desk.export_${kind}`), "data-export-as": kind, on: { click: act } }));
    }
    Object.assign(menu, { button, place });
    document.body.append(menu);
    const at = button.getBoundingClientRect();
    menu.style.top = `${Math.min(at.bottom + 4, innerHeight - menu.offsetHeight - 4)}px`;
    menu.style.left = `${Math.max(4, Math.min(at.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 4))}px`;
    button.setAttribute("aria-expanded", "true");
    menu.firstChild.focus();
  }

  function close(back) {
    if (!menu) return;
    menu.remove();
    menu.button.setAttribute("aria-expanded", "false");
    const button = menu.button.isConnected ? menu.button : menu.place && menu.place.querySelector("[data-export-open]");
    if (back && button) button.focus();
    menu = null;
  }

  function onKey(event) {
    if (!menu) return;
    const items = Array.from(menu.children);
    const step = { ArrowDown: 1, ArrowUp: -1, Tab: event.shiftKey ? -1 : 1 }[event.key];
    if (event.key === "Escape") close(true);
    else if (step) items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // ---- making ----
  async function make(kind, tile) {
    try {
      const said = kind === "png" ? await image(tile) : await table(kind, tile);
      desk.say(said || desk.text("desk.export_none"));
    } catch (error) {
      console.warn("desk: the export failed", error);
      desk.say(desk.text("desk.export_failed", { why: error.message }));
    }
  }

  const wanted = (tile, found, format) => {
    const view = tile.closest("[data-view]");
    return {
      format, title: titleOf(tile), columns: found.columns, rows: found.rows, filters: found.filters.join(" · "),
      view: view ? view.dataset.view : "", query: Object.fromEntries(new URLSearchParams(location.search)), lang: desk.language(),
    };
  };

  async function table(kind, tile) {
    const found = desk.tableOf(tile);
    if (!found || !found.rows.length) return null;
    if (kind === "copy") {
      const line = (row) => row.map((one) => String(one ?? "").replace(/[\t\n]/g, " ")).join("\t");
      await navigator.clipboard.writeText([found.columns, ...found.rows].map(line).join("\n"));
      return desk.text("desk.export_copied", { n: found.rows.length });
    }
    const body = JSON.stringify(wanted(tile, found, kind));
    const answer = await fetch("/api/v1/export", { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 120)}`);
    return save(await answer.blob(), `${titleOf(tile)}.${kind}`);
  }

  function save(blob, name) {
    const safe = name.replace(/[\\/:*?"<>|\s]+/g, "-");
    const link = desk.make("a", { href: URL.createObjectURL(blob), download: safe });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    return desk.text("desk.export_done", { name: safe });
  }

  // ---- images ----
  async function image(tile) {
    const plot = tile.querySelector(".js-plotly-plot");
    const map = tile.matches(".port-map") ? tile : tile.querySelector(".port-map");
    const drawn = plot ? await chartImage(plot) : map ? await mapImage(map) : null;
    if (!drawn) return null;
    const origin = await origins(tile);
    const about = desk.text("desk.export_image", { title: titleOf(tile), time: shownTime(), origin });
    return save(await framed(drawn, tile, map ? [about, map.querySelector(".port-map-attribution").textContent] : [about]), `${titleOf(tile)}.png`);
  }

  /** The moment as the page says it: the past one of the time bar, else the clock. */
  function shownTime() {
    const past = document.body.dataset.time !== "live" && document.querySelector("[data-time-text]");
    const clock = document.getElementById("clock");
    return (past && past.textContent) || (clock && clock.textContent) || new Date().toISOString();
  }

  /** The server knows where the data come from; it says so in every file. */
  async function origins(tile) {
    const answer = await fetch("/api/v1/feeds", { cache: "no-store" }).catch(() => null);
    const rows = answer && answer.ok ? (await answer.json()).rows || [] : [];
    return Array.from(new Set(rows.map((row) => row.origin).filter(Boolean))).sort().join(", ") || "–";
  }

  async function chartImage(plot) {
    const box = plot.getBoundingClientRect();
    const size = { width: Math.round(box.width), height: Math.round(box.height) };
    const { palette } = root.cockpit; // the styles colour what is on the screen; the image must be told
    const figure = palette ? palette.paint({ data: plot.data.map(untyped), layout: plot.layout }) : plot;
    const source = await root.Plotly.toImage(figure, { format: "png", ...size, scale: SCALE });
    return { ...size, paint: [[await loaded(source), 0, 0, size.width, size.height]] };
  }

  /** A trace with plain lists: what is painted goes through JSON. */
  const untyped = (trace) => Object.fromEntries(Object.entries(trace).map(([key, value]) => [key, ArrayBuffer.isView(value) ? Array.from(value) : value]));

  async function mapImage(map) {
    const box = map.getBoundingClientRect();
    const paint = [];
    for (const layer of map.querySelectorAll(".leaflet-container canvas, .leaflet-overlay-pane svg")) {
      const at = layer.getBoundingClientRect();
      const source = layer.matches("svg") ? await loaded("data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(layer))) : layer;
      paint.push([source, at.left - box.left, at.top - box.top, at.width, at.height]);
    }
    return paint.length ? { width: box.width, height: box.height, paint } : null;
  }

  function loaded(source) {
    return new Promise((done, failed) => {
      const one = new Image();
      one.onload = () => done(one);
      one.onerror = () => failed(new Error("image"));
      one.src = source;
    });
  }

  /** On the tile's own ground, with title above and what it is below. */
  function framed(drawn, tile, lines) {
    const style = getComputedStyle(tile);
    const root_ = getComputedStyle(document.body);
    const solid = (value) => (/rgba\(.*, 0\)|transparent/.test(value) ? null : value);
    const canvas = document.createElement("canvas");
    const line = 20;
    const head = EDGE + line;
    const height = head + drawn.height + EDGE + lines.length * line + EDGE / 2;
    canvas.width = (drawn.width + 2 * EDGE) * SCALE;
    canvas.height = height * SCALE;
    const context = canvas.getContext("2d");
    context.scale(SCALE, SCALE);
    context.fillStyle = solid(style.backgroundColor) || solid(root_.backgroundColor) || "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = root_.color;
    context.font = `600 15px ${root_.fontFamily}`;
    context.fillText(titleOf(tile), EDGE, EDGE + 6);
    for (const [source, x, y, width, tall] of drawn.paint) context.drawImage(source, EDGE + x, head + y, width, tall);
    context.font = `12px ${root_.fontFamily}`;
    lines.forEach((words, i) => context.fillText(words, EDGE, head + drawn.height + EDGE + i * line + 4));
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  // ---- buttons: a tile brings its own; a map gets one among its controls ----
  function buttons() {
    if (!desk.present()) return;
    for (const button of document.querySelectorAll(".tile [data-export-open]")) {
      const words = desk.text("desk.export_of", { title: titleOf(button.closest(".tile")) });
      if (button.title !== words) Object.assign(button, { title: words, ariaLabel: words });
    }
    for (const map of document.querySelectorAll(".port-map")) {
      const bar = map.querySelector(".leaflet-control-zoom");
      if (!bar || bar.querySelector(".export-open")) continue;
      const words = desk.text("desk.export_png");
      bar.append(desk.make("a", { className: "export-open", href: "#", role: "button", title: words, "aria-label": words, "data-export-open": "" }, desk.make("i", { className: "desk-sign sign-export", "aria-hidden": "true" })));
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-export-open]");
    if (button) {
      event.preventDefault();
      event.stopPropagation();
      if (menu && menu.button === button) close(true);
      else open(button);
    } else if (menu && !event.target.closest(".desk-menu")) close();
  }, true);
  document.addEventListener("keydown", onKey, true);
  desk.acts.set("export", () => {
    const tile = document.activeElement && document.activeElement.closest("[data-export]");
    const button = (tile || document).querySelector(".tile[data-export] [data-export-open], [data-export] [data-export-open]");
    if (button) open(button);
  });

  function start() {
    // At once, in the same breath in which a tile is drawn: nobody ever meets a button without a name.
    new MutationObserver(buttons).observe(document.body, { childList: true, subtree: true });
    buttons();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})(window);
