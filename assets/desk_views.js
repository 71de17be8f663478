/**
 * Saved views and bookmarks, and how a page stood: its filters, the place of its map, where it was
 * scrolled to. The same picture of a page survives the change of language, which loads it anew.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const PENDING = "cockpit-pending"; // sessionStorage: how the page to come shall stand
  const PATIENCE_MS = 15000;
  const AGAIN_MS = 200;
  const SCROLLED = ".page, .scroll, .feed-cards, .ag-body-viewport, .body";
  let kept = { views: [], bookmarks: [], owner: "" };

  // ---- how a page stands ----
  function gridOf(id) {
    try {
      const api = root.dash_ag_grid && root.dash_ag_grid.getApi(id);
      return api && !api.isDestroyed() ? api : null;
    } catch (error) {
      return null; // not mounted yet
    }
  }

  function stands() {
    const all = (selector) => Array.from(document.querySelectorAll(selector));
    const grids = {};
    for (const { id } of all(".cockpit-grid[id]")) {
      const api = gridOf(id);
      if (api) grids[id] = { filter: api.getFilterModel(), columns: api.getColumnState().map(({ colId, width, sort, sortIndex, hide }) => ({ colId, width, sort, sortIndex, hide })) };
    }
    const maps = {};
    for (const { map, touched } of (root.cockpitMap && root.cockpitMap.open) || []) {
      const { lat, lng } = map.getCenter();
      if (touched) maps[map.getContainer().id] = [lat, lng, map.getZoom()];
    }
    const inputs = {};
    for (const input of all("input.search[id], .search input[id]")) if (input.value) inputs[input.id] = input.value;
    const views = {};
    for (const place of all("[data-view][id]")) if (place.id !== place.dataset.view) views[place.id] = place.dataset.view;
    const scrolled = all(SCROLLED).map((one) => [one.scrollTop, one.scrollLeft]);
    const bar = document.body.dataset.timeBar;
    return { grids, maps, inputs, views, bar, scrolled: scrolled.some(([top, left]) => top || left) ? scrolled : [] };
  }

  /** Bring the page to a standing, part by part as its parts appear. */
  function restore(wanted, done) {
    const end = Date.now() + PATIENCE_MS;
    const left = { grids: { ...wanted.grids }, maps: { ...wanted.maps }, inputs: { ...wanted.inputs }, views: { ...wanted.views } };
    const steps = {
      grids: (id, how) => {
        const api = gridOf(id);
        if (!api) return false;
        api.setFilterModel(how.filter);
        api.applyColumnState({ state: how.columns, applyOrder: true });
        return true;
      },
      maps: (id, [lat, lng, zoom]) => {
        const one = Array.from((root.cockpitMap && root.cockpitMap.open) || []).find(({ map }) => map.getContainer().id === id);
        if (!one || !one.scene.geo) return false;
        one.map.setView([lat, lng], zoom, { animate: false });
        one.touched = true;
        return true;
      },
      inputs: (id, value) => {
        const there = document.getElementById(id) && root.dash_clientside && root.dash_clientside.set_props;
        if (there) root.dash_clientside.set_props(id, { value });
        return Boolean(there);
      },
      views: (id, view) => {
        const place = document.getElementById(id);
        if (place) place.setAttribute("data-view", view);
        return Boolean(place);
      },
    };
    const path = location.pathname;
    const step = () => {
      if (location.pathname !== path) return; // gone elsewhere meanwhile
      let open = 0;
      for (const [kind, things] of Object.entries(left)) {
        for (const [id, how] of Object.entries(things)) if (steps[kind](id, how)) delete things[id];
        open += Object.keys(things).length;
      }
      if (open && Date.now() < end) return void setTimeout(step, AGAIN_MS);
      scroll(wanted.scrolled || [], end);
      done();
    };
    if (wanted.bar === "open" && document.body.dataset.timeBar !== "open") document.querySelector("[data-time-open]")?.click();
    step();
  }

  function scroll(wanted, end) {
    if (!wanted.length) return;
    const places = Array.from(document.querySelectorAll(SCROLLED));
    const missing = wanted.some(([top, left], i) => {
      const place = places[i];
      if (place && (top || left)) place.scrollTo({ top, left, behavior: "instant" });
      return top > 0 && !(place && Math.abs(place.scrollTop - top) < 2);
    });
    if (missing && Date.now() < end) setTimeout(() => scroll(wanted, end), AGAIN_MS);
  }

  function remember(body, name) {
    sessionStorage.setItem(PENDING, JSON.stringify({ path: location.pathname, body, name }));
  }

  /** After a load: what was put aside for this page. */
  function resume() {
    const put = sessionStorage.getItem(PENDING);
    sessionStorage.removeItem(PENDING);
    if (!put) return;
    const { path, body, name } = JSON.parse(put);
    if (path === location.pathname) restore(body, () => name && desk.say(desk.text("desk.restored", { name })));
  }

  // ---- keeping ----
  const names = { view: "views", bookmark: "bookmarks" };

  async function load() {
    const answer = await fetch("/api/v1/kept", { cache: "no-store" }).catch(() => null);
    if (answer && answer.ok) kept = await answer.json();
    return kept;
  }

  async function change(method, query, body) {
    const how = { method, headers: window.cockpitHeaders(), body: body && JSON.stringify(body) };
    const answer = await fetch("/api/v1/kept" + query, how).catch(() => null);
    const told = answer ? await answer.json().catch(() => ({})) : { error: "network" };
    if (!answer || !answer.ok) desk.say(desk.text("desk.kept_failed", { why: desk.text(`desk.why.${told.error || "network"}`) }));
    await load();
    return Boolean(answer && answer.ok);
  }

  const address = () => location.pathname + location.search;
  const forget = (kind, name) => change("DELETE", "?" + new URLSearchParams({ kind, name }));

  async function save(name) {
    const fine = await change("PUT", "", { kind: "view", name, path: address(), body: stands() });
    if (fine) desk.say(desk.text("desk.view_saved", { name }));
    return fine;
  }

  function title() {
    const is = desk.selection && desk.selection.get();
    const page = desk.text(`page.${location.pathname.split("/").pop() || "overview"}`);
    const at = new URLSearchParams(location.search).get("at");
    return [page, is && is.id, at].filter(Boolean).join(" · ").slice(0, 80);
  }

  async function bookmark() {
    await load();
    const there = kept.bookmarks.find((one) => one.path === address());
    const name = there ? there.name : title();
    const fine = there ? await forget("bookmark", name) : await change("PUT", "", { kind: "bookmark", name, path: address(), body: {} });
    if (fine) desk.say(desk.text(there ? "desk.bookmark_gone" : "desk.bookmark_added", { name }));
  }

  /** Open what was kept: here, or in another window. */
  function openKept(one, other) {
    if (other) {
      sessionStorage.setItem(PENDING, JSON.stringify({ path: new URL(one.path, location.href).pathname, body: one.body, name: one.name }));
      desk.openOther(one.path); // the new window begins with a copy of this one's session
      sessionStorage.removeItem(PENDING);
      return;
    }
    desk.go(one.path);
    const { time } = root.cockpit || {};
    const query = new URLSearchParams(new URL(one.path, location.href).search);
    if (time && query.get("at")) time.set(query.get("at"), { known: query.get("known") || "corrected" });
    else if (time) time.live();
    restore(one.body, () => desk.say(desk.text("desk.restored", { name: one.name })));
  }

  // ---- the dialog ----
  async function open() {
    const box = desk.dialog("views", desk.text("desk.views"));
    if (!box) return;
    const input = desk.make("input", { className: "desk-input", maxLength: 80, required: true, "aria-label": desk.text("desk.view_name"), placeholder: desk.text("desk.view_name"), value: title() });
    const form = desk.make("form", { className: "desk-save", method: "dialog" }, input, desk.make("button", { type: "submit", text: desk.text("desk.view_save") }));
    const lists = desk.make("div", { className: "desk-lists" });
    const mark = desk.make("button", { text: desk.text("desk.bookmark_add"), on: { click: () => bookmark().then(fill) } });
    const second = desk.make("button", { text: desk.text("desk.second_window"), on: { click: () => { remember(stands()); desk.openOther(address()); sessionStorage.removeItem(PENDING); } } });
    box.append(form, desk.make("div", { className: "desk-acts" }, mark, second), lists);
    const fill = () => {
      const groups = [["view", "desk.views_mine", "desk.view_none"], ["bookmark", "desk.bookmarks_mine", "desk.bookmark_none"]];
      lists.replaceChildren(...groups.map(([kind, head, none]) => listOf(kind, head, none, box, fill)));
      lists.append(desk.make("footer", { text: kept.owner && desk.text("desk.kept_owner", { name: kept.owner }) }));
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (input.value.trim() && (await save(input.value.trim()))) fill();
    });
    input.select();
    await load();
    fill();
  }

  function listOf(kind, head, none, box, fill) {
    const rows = kept[names[kind]].map((one) => {
      const button = (words, act, sign) => desk.make("button", { text: sign, title: words, "aria-label": `${words}: ${one.name}`, on: { click: act } });
      return desk.make(
        "li", {},
        desk.make("button", { className: "desk-kept", "aria-label": desk.text("desk.open", { name: one.name }), on: { click: () => { box.close(); openKept(one); } } },
          desk.make("b", { text: one.name }), desk.make("span", { text: one.path })),
        button(desk.text("desk.open_other"), () => openKept(one, true), "⧉"),
        kind === "view" ? button(desk.text("desk.overwrite"), () => save(one.name).then(fill), "⟳") : null,
        button(desk.text("desk.delete"), () => forget(kind, one.name).then(fill), "✕"),
      );
    });
    const empty = desk.make("p", { className: "desk-none", text: desk.text(none) });
    return desk.make("section", {}, desk.make("h3", { text: desk.text(head) }), rows.length ? desk.make("ul", {}, ...rows) : empty);
  }

  desk.acts.set("views", open);
  desk.acts.set("bookmark", bookmark);
  document.addEventListener("cockpit:leaving", () => remember(stands()));
  if (document.readyState === "complete") resume();
  else root.addEventListener("load", resume);
  Object.assign(desk, { kept: load, keptNow: () => [...kept.views, ...kept.bookmarks], openKept, stands, restore });
})(window);
