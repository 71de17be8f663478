/**
 * Export and copy: the menu of a tile that holds a chart, a table or a map. CSV and XLSX are written by
 * the server, which adds moment, filters and origin; images are drawn by desk_image.js and carry the same words.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  let menu = null;

  const titleOf = (tile) => {
    const head = tile.querySelector("header h2");
    const named = tile.closest("[aria-label]");
    return (head && head.textContent.trim()) || (named && named.getAttribute("aria-label")) || document.title;
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
      const said = await (kind === "png" ? image : table)(tile, kind);
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

  async function image(tile) {
    const blob = await desk.imageOf(tile, titleOf(tile));
    return blob && save(blob, `${titleOf(tile)}.png`);
  }

  async function table(tile, kind) {
    const found = desk.tableOf(tile);
    if (!found || !found.rows.length) return null;
    if (kind === "copy") {
      const line = (row) => row.map((one) => String(one ?? "").replace(/[\t\n]/g, " ")).join("\t");
      await navigator.clipboard.writeText([found.columns, ...found.rows].map(line).join("\n"));
      return desk.text("desk.export_copied", { n: found.rows.length });
    }
    const body = JSON.stringify(wanted(tile, found, kind));
    const answer = await fetch("/api/v1/export", { method: "POST", headers: window.cockpitHeaders(), body });
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
