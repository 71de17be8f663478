/**
 * What is selected: one thing at most, kept in the address (?no=, ?vehicle=, ?block= ...), so that links,
 * back and forward bring it back; handed to the page's own inputs; shown on tables, grids and maps; and
 * told to the other windows of this browser while they are linked.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const KEYS = { declaration: "no", vehicle: "vehicle", vessel: "vessel", alert: "alert", block: "block", gate: "gate", feed: "feed" };
  const OWN = new Set(Object.values(KEYS));
  const MAP_KINDS = { vehicles: "vehicle", vessels: "vessel" };
  const RETRY_MS = 250;
  const LINKED = "cockpit-linked"; // sessionStorage: this window is linked
  let is = null; // {kind, id}
  let picks = 0;
  let due = 0;
  let shown = ""; // what was brought into view, once

  // ---- the address ----
  function read() {
    const query = new URLSearchParams(location.search);
    for (const [kind, key] of Object.entries(KEYS)) if (query.get(key)) return { kind, id: query.get(key) };
    return null;
  }

  const without = (search) => {
    const query = new URLSearchParams(search);
    for (const key of OWN) query.delete(key);
    return query.toString();
  };

  function write(replace) {
    const address = new URL(location.href);
    for (const key of OWN) address.searchParams.delete(key);
    if (is) address.searchParams.set(KEYS[is.kind], is.id);
    const href = (address.pathname + address.search).replace(/%3A/g, ":");
    if (href === location.pathname + location.search) return;
    history[replace ? "replaceState" : "pushState"](history.state, "", href);
  }

  /** Back or forward between selections of one page: the page is there already, only the selection changes. */
  let stood = location.pathname + "?" + without(location.search);
  function onPop(event) {
    const now = location.pathname + "?" + without(location.search);
    const same = now === stood;
    stood = now;
    is = read();
    if (same) event.stopImmediatePropagation(); // Dash would lay out the page anew
    hand();
    show();
  }

  const same = (a, b) => a === b || (a && b && a.kind === b.kind && a.id === b.id);

  /**
   * Select a thing, or nothing.
   * @param {?{kind: string, id: string}} thing
   * @param {{replace?: boolean, quiet?: boolean}} how  replace the address; do not tell other windows
   */
  function set(thing, how = {}) {
    if (thing && !KEYS[thing.kind]) return;
    const before = is;
    is = thing ? { kind: thing.kind, id: String(thing.id) } : null;
    if (same(before, is)) return show();
    stood = location.pathname + "?" + without(location.search);
    write(how.replace);
    hand();
    show();
    if (!how.quiet) tell({ selected: is });
    document.dispatchEvent(new CustomEvent("cockpit:selection", { detail: is }));
  }

  // ---- into the page: <div data-select-kind="vehicle" data-select-into="map-pick.data" data-select-form="vehicles|{id}"> ----
  function hand() {
    const dash = root.dash_clientside;
    const places = document.querySelectorAll("[data-select-kind]");
    if (places.length && (!dash || !dash.set_props)) return void setTimeout(hand, RETRY_MS);
    const wanted = new Map(); // "id.prop" -> [first place, value]
    for (const place of places) {
      const { selectInto, selectKind, selectForm } = place.dataset;
      const value = is && is.kind === selectKind ? selectForm.replace("{id}", is.id) : "";
      const before = wanted.get(selectInto);
      if (!before) wanted.set(selectInto, [place, value]);
      else if (value) before[1] = value;
    }
    for (const [into, [place, value]] of wanted) {
      if ((place.cockpitHanded || "") === value) continue;
      place.cockpitHanded = value;
      const [id, prop] = into.split(".");
      dash.set_props(id, { [prop]: prop === "data" ? { value, n: ++picks } : value });
    }
  }

  // ---- shown on tables, grids and maps ----
  function show() {
    const wanted = is ? `${is.kind}:${is.id}` : "";
    for (const one of document.querySelectorAll("[data-selected]")) {
      if (one.dataset.subject === wanted) continue;
      one.removeAttribute("data-selected");
      one.removeAttribute("aria-current");
    }
    const here = wanted ? document.querySelectorAll(`[data-subject="${CSS.escape(wanted)}"]`) : [];
    for (const one of here) {
      one.setAttribute("data-selected", "");
      one.setAttribute("aria-current", "true");
      if (shown !== wanted) one.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    if (here.length) shown = wanted;
    if (!wanted) shown = "";
    showOnMaps();
    showInGrids();
  }

  function showOnMaps() {
    const maps = root.cockpitMap && root.cockpitMap.open;
    for (const one of maps || []) {
      const { scene, map } = one;
      const wanted = is && { kind: is.kind, id: is.id };
      if (same(one.cockpitSelected || null, wanted)) continue;
      scene.selected = wanted;
      const place = wanted && root.cockpitMap.selectedPlace(scene, performance.now());
      if (wanted && !place) continue; // not known there yet
      one.cockpitSelected = wanted;
      if (place) {
        const at = [root.cockpitMap.latOf(place[1]), root.cockpitMap.lonOf(place[0])];
        if (!map.getBounds().contains(at)) map.panTo(at, { animate: false });
      }
      one.wake(true);
    }
  }

  /** A grid's place says what its rows are: data-row-kind="declaration", or "|" for keys like vehicles|B-1. */
  function showInGrids() {
    for (const place of document.querySelectorAll("[data-row-kind]")) {
      const grid = place.querySelector(".cockpit-grid");
      const api = grid && root.cockpit.parts.grid.apiOf(grid.id);
      if (!api) continue;
      const key = is && rowKey(place.dataset.rowKind, is);
      const node = key && api.getRowNode(key);
      if (place.hasAttribute("data-row-many") && (!node || place.cockpitSeen === key)) continue; // several rows are the reader's own choice
      for (const one of api.getSelectedNodes()) if (one.id !== key) one.setSelected(false);
      if (!node || (node.isSelected() && place.cockpitSeen === key)) continue;
      if (!node.isSelected()) node.setSelected(true);
      if (place.cockpitSeen !== key) api.ensureNodeVisible(node);
      place.cockpitSeen = key;
    }
  }

  function rowKey(kind, thing) {
    if (kind !== "|") return kind === thing.kind ? thing.id : null;
    return thing.kind === "vehicle" || thing.kind === "vessel" ? `${thing.kind}s|${thing.id}` : null;
  }

  function thingOf(kind, key) {
    if (kind !== "|") return { kind, id: key };
    const [first, id] = key.split("|");
    return { kind: MAP_KINDS[first], id };
  }

  // ---- picking ----
  function onClick(event) {
    if (!desk.present()) return;
    const button = event.target.closest("button, a, input, select");
    const row = event.target.closest(".ag-row[row-id]");
    const place = row && row.closest("[data-row-kind]");
    if (place && place.hasAttribute("data-row-many") && (event.ctrlKey || event.metaKey || event.shiftKey || event.key === " ")) return;
    if (place) return set(thingOf(place.dataset.rowKind, row.getAttribute("row-id")));
    const feed = event.target.closest('[data-pick="feed-pick"]');
    if (feed) return pickFeed(feed.dataset.value);
    const subject = event.target.closest("[data-subject]");
    if (!subject || (button && button !== subject && subject.contains(button))) return;
    const [kind, ...id] = subject.dataset.subject.split(":");
    set({ kind, id: id.join(":") });
  }

  /** Its button has told the page already. */
  function pickFeed(id) {
    const place = document.querySelector('[data-select-kind="feed"]');
    if (place) place.cockpitHanded = id;
    set({ kind: "feed", id });
  }

  function onKey(event) {
    if (event.key !== "Enter" && event.key !== " ") return;
    const row = event.target.closest && event.target.closest("[data-subject][tabindex], .ag-row[row-id]");
    if (!row || event.target.closest("button, a, input")) return;
    if (event.key === "Enter" && row.closest("[data-row-opens]")) return; // its own page opens (grid_tools.js)
    if (event.key === "Enter" || row.matches(".ag-row")) onClick(event);
  }

  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("change", (event) => {
    const place = event.target.id && document.querySelector(`[data-select-into="${CSS.escape(event.target.id)}.value"]`);
    if (place) set(event.target.value.trim() ? { kind: place.dataset.selectKind, id: event.target.value.trim() } : null);
  });
  document.addEventListener("cockpit:select", (event) => {
    const kind = MAP_KINDS[event.detail.kind] || event.detail.kind;
    for (const one of (root.cockpitMap && root.cockpitMap.open) || []) if (one.element === event.target) one.cockpitSelected = { kind, id: String(event.detail.id) };
    set({ kind, id: event.detail.id });
  });

  // ---- linked windows ----
  const me = Math.random().toString(36).slice(2);
  const others = new Map(); // id -> linked
  const channel = root.BroadcastChannel ? new BroadcastChannel("cockpit-windows") : null;
  const linked = () => sessionStorage.getItem(LINKED) === "on";
  const tell = (message) => channel && (message.selected === undefined || linked()) && channel.postMessage({ from: me, linked: linked(), ...message });

  function hear({ data }) {
    if (data.gone) others.delete(data.from);
    else others.set(data.from, data.linked);
    if (data.hello) tell({ here: true });
    if (data.link) sessionStorage.setItem(LINKED, "on"); // one click links every window that is open
    if (data.link) tell({ here: true });
    if (data.selected !== undefined && linked()) set(data.selected, { quiet: true, replace: true });
    showLink();
  }

  function toggle() {
    const on = !linked();
    sessionStorage.setItem(LINKED, on ? "on" : "off");
    tell(on ? { link: true } : { here: true });
    showLink();
    const n = others.size;
    desk.say(desk.text(on ? (n ? "desk.link_on" : "desk.link_alone") : "desk.link_off", { n }));
  }

  function showLink() {
    const n = Array.from(others.values()).filter(Boolean).length;
    for (const button of document.querySelectorAll('[data-desk="link"]')) {
      const state = String(linked());
      if (button.getAttribute("aria-pressed") !== state) button.setAttribute("aria-pressed", state);
      const words = linked() && n ? String(n) : "";
      const place = button.querySelector("[data-desk-others]");
      if (place && place.textContent !== words) place.textContent = words;
    }
  }

  desk.acts.set("link", toggle);
  if (channel) {
    channel.addEventListener("message", hear);
    root.addEventListener("pagehide", () => tell({ gone: true }));
  }

  // ---- following the page ----
  function soon() {
    if (due) return;
    due = setTimeout(() => {
      due = 0;
      if (!desk.present()) return;
      hand();
      show();
      showLink();
    }, 80);
  }

  function arrived() {
    for (const place of document.querySelectorAll("[data-select-kind]")) place.cockpitHanded = "";
    is = read();
    stood = location.pathname + "?" + without(location.search);
    soon();
  }

  function start() {
    is = read();
    new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
    root.addEventListener("_dashprivate_pushstate", arrived);
    tell({ hello: true });
    soon();
  }

  root.addEventListener("popstate", onPop, true);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  root.cockpitDesk.selection = { get: () => is, set, others: () => others.size };
})(window);
