/**
 * Tables that follow a topic: rows go into AG Grid by transactions (add, update, remove by key),
 * never as a whole, so that the reader's place, selection, sorting and filter stay.
 *
 * A place `data-rows-of="topic" data-grid="id of the grid"` takes a topic with rows, or a view whose
 * value is a list of rows. Every row has a `key`, which is the grid's row id.
 */
(function () {
  "use strict";

  const RETRY_MS = 200;
  const MOST_RUNS = 32; // new rows in more separate places than this are ordered by the grid itself

  /** @returns {Object|null} the grid's API once it stands */
  function apiOf(id) {
    const grids = window.dash_ag_grid;
    if (!grids || !document.getElementById(id)) return null;
    try {
      const api = grids.getApi(id);
      return api && !api.isDestroyed() ? api : null;
    } catch (error) {
      return null; // not mounted yet
    }
  }

  function rowsOf(state) {
    return state.kind === "rows" ? Array.from(state.rows.values()) : Array.isArray(state.value) ? state.value : null;
  }

  /** Bring a place's grid to a state; the newest wins while the grid is being mounted. */
  function fill(place, state) {
    clearTimeout(place.cockpitRetry);
    const rows = rowsOf(state);
    if (!rows || !place.isConnected) return;
    const api = apiOf(place.dataset.grid);
    if (api) step(api, rows);
    else place.cockpitRetry = setTimeout(() => fill(place, state), RETRY_MS);
  }

  /** What leads from the rows in a grid to the new ones. */
  function difference(held, rows) {
    const { same } = window.cockpit.parts.codec;
    const found = { add: [], update: [], remove: [], kept: [], places: [] };
    const wanted = new Set();
    rows.forEach((row, place) => {
      wanted.add(row.key);
      const before = held.get(row.key);
      if (!before) {
        found.add.push(row);
        found.places.push(place);
        return;
      }
      found.kept.push(row.key);
      if (!same(before, row)) found.update.push(row);
    });
    for (const [key, row] of held) if (!wanted.has(key)) found.remove.push(row);
    return found;
  }

  function step(api, rows) {
    const held = new Map();
    api.forEachNode((node) => held.set(node.data.key, node.data));
    const found = difference(held, rows);
    const left = new Set(found.kept);
    const kept = Array.from(held.keys()).filter((key) => left.has(key));
    const runs = runsOf(found.add, found.places);
    if (runs.length > MOST_RUNS || kept.some((key, i) => key !== found.kept[i])) return reorder(api, held, found, rows);
    if (found.update.length || found.remove.length) api.applyTransaction({ update: found.update, remove: found.remove });
    for (const run of runs) api.applyTransaction({ add: run.rows, addIndex: run.at });
  }

  /** New rows that stand one after the other go in together, at their place. */
  function runsOf(add, places) {
    const runs = [];
    add.forEach((row, i) => {
      if (i && places[i] === places[i - 1] + 1) runs[runs.length - 1].rows.push(row);
      else runs.push({ at: places[i], rows: [row] });
    });
    return runs;
  }

  /** Another order: the grid sorts its rows by their keys itself; rows that did not change stay the same objects. */
  function reorder(api, held, found, rows) {
    const changed = new Set(found.update.map((row) => row.key));
    api.setGridOption("rowData", rows.map((row) => (changed.has(row.key) ? row : held.get(row.key) || row)));
  }

  window.cockpit.parts.grid = { fill, apiOf };
})();
