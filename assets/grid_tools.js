/**
 * Search and filters of a table: <div data-tools-of="grid"> with a search field and buttons
 * `data-column` `data-value` (words as in the cells) `data-code` (the same in the address).
 * They are the table's own quick and column filters, so what is seen is what is exported; the address keeps them
 * (?q=, ?<column>=<code>, and what is typed under a head as ?in.<column>=), for links, saved views and the other
 * language. Also: columns as wide as the rem says.
 */
(function () {
  "use strict";
  const TYPING_MS = 120;
  const RETRY_MS = 200;
  const ROOM = 16; // pixels a rem that widths are given for
  const TYPED = "in."; // how the address names what was typed under a column's head
  const EDGES = 10; // pixels that do not grow with it
  let due = 0;

  const toolsOf = (element) => element.closest("[data-tools-of]");
  const apiOf = (tools) => tools && window.cockpit.parts.grid.apiOf(tools.dataset.toolsOf);
  const fieldOf = (tools) => tools.querySelector("input");
  const chipsOf = (tools) => Array.from(tools.querySelectorAll("[data-column]"));

  // ---- the address ----
  function remember(tools) {
    const address = new URL(location.href);
    const pressed = chipsOf(tools).filter((chip) => chip.getAttribute("aria-pressed") === "true");
    for (const chip of chipsOf(tools)) address.searchParams.delete(chip.dataset.column);
    for (const chip of pressed) address.searchParams.set(chip.dataset.column, chip.dataset.code);
    for (const name of Array.from(address.searchParams.keys())) if (name.startsWith(TYPED)) address.searchParams.delete(name);
    const taken = new Set(pressed.map((chip) => chip.dataset.column));
    for (const [column, model] of Object.entries(apiOf(tools).getFilterModel())) {
      if (!taken.has(column) && model.filter) address.searchParams.set(TYPED + column, model.filter);
    }
    const sought = fieldOf(tools).value.trim();
    if (sought) address.searchParams.set("q", sought);
    else address.searchParams.delete("q");
    const href = (address.pathname + address.search).replace(/%3A/g, ":");
    if (href !== location.pathname + location.search) history.replaceState(history.state, "", href);
  }

  function recall(tools, api) {
    const query = new URLSearchParams(location.search);
    for (const chip of chipsOf(tools)) {
      if (query.get(chip.dataset.column) === chip.dataset.code) press(api, tools, chip, true);
    }
    for (const [name, value] of query) if (name.startsWith(TYPED)) type(api, name.slice(TYPED.length), value);
    const sought = query.get("q");
    if (!sought) return;
    window.dash_clientside.set_props(fieldOf(tools).id, { value: sought });
    api.setGridOption("quickFilterText", sought);
  }

  // ---- filters ----
  const filtering = (api, column, words) => {
    const model = api.getColumnFilterModel(column);
    return Boolean(model && model.filter && model.filter.toLowerCase() === words.toLowerCase());
  };

  async function type(api, column, value, kind = "contains") {
    if (!api.getColumn(column)) return;
    await api.setColumnFilterModel(column, value ? { filterType: "text", type: kind, filter: value } : null);
    api.onFilterChanged();
  }

  const press = (api, tools, chip, on) => type(api, chip.dataset.column, on ? chip.dataset.value : "", chip.dataset.match);

  /** What the table says: which buttons are pressed, how many rows are seen. Somebody may also type under a head. */
  function show(tools, api) {
    for (const chip of chipsOf(tools)) {
      const on = String(filtering(api, chip.dataset.column, chip.dataset.value));
      if (chip.getAttribute("aria-pressed") !== on) chip.setAttribute("aria-pressed", on);
    }
    const count = tools.querySelector(".grid-count");
    let all = 0;
    api.forEachNode(() => all++);
    const words = count.dataset.words.replace("{n}", api.getDisplayedRowCount()).replace("{all}", all);
    if (count.textContent !== words) count.textContent = words;
  }

  function widen(tools, api) {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) / ROOM;
    if (tools.cockpitRem === rem) return;
    tools.cockpitRem = rem;
    const widths = api.getColumns().filter((column) => !column.getColDef().flex).map((column) => ({ key: column.getColId(), newWidth: Math.max(column.getMinWidth(), Math.round((column.getColDef().width || 100) * rem) + EDGES) })); // one too narrow and none is set
    api.setColumnWidths(widths);
    const flexible = api.getColumns().filter((column) => column.getColDef().flex);
    if (flexible.length) api.applyColumnState({ state: flexible.map((column) => ({ colId: column.getColId(), flex: column.getColDef().flex })) });
  }

  /** Whose table stands gets its tools going, once for each table. */
  function start() {
    due = 0;
    for (const tools of document.querySelectorAll("[data-tools-of]")) {
      const api = apiOf(tools);
      if (!api) {
        soon(RETRY_MS);
        continue;
      }
      if (tools.cockpitApi === api) continue;
      tools.cockpitApi = api;
      widen(tools, api);
      recall(tools, api);
      api.addEventListener("filterChanged", () => {
        show(tools, api);
        remember(tools);
      });
      api.addEventListener("modelUpdated", () => show(tools, api));
      show(tools, api);
    }
  }

  function soon(wait = 80) {
    if (!due) due = setTimeout(start, wait);
  }

  // ---- people ----
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-tools-of] [data-column]");
    const api = chip && apiOf(toolsOf(chip));
    if (api) press(api, toolsOf(chip), chip, chip.getAttribute("aria-pressed") !== "true");
  });

  let typing = 0;
  document.addEventListener("input", (event) => {
    const tools = event.target.matches("[data-tools-of] input") && toolsOf(event.target);
    if (!tools) return;
    clearTimeout(typing);
    typing = setTimeout(() => {
      const api = apiOf(tools);
      if (api) api.setGridOption("quickFilterText", event.target.value.trim());
      remember(tools);
    }, TYPING_MS);
  });

  document.addEventListener("keydown", (event) => {
    if (!event.target.matches) return;
    const tools = event.target.matches("[data-tools-of] input") && toolsOf(event.target);
    if (tools) return inSearch(event, tools);
    if (event.key === "Enter" && !event.target.closest("button, a, input")) open(event.target.closest(".ag-row[row-id]"));
  });

  /** Down goes into the table; Enter opens the one that is left, or what is not in the table at all. */
  function inSearch(event, tools) {
    const api = apiOf(tools);
    if (!api) return;
    if (event.key === "ArrowDown" && api.getDisplayedRowCount()) {
      event.preventDefault();
      api.setFocusedCell(0, api.getAllDisplayedColumns()[0]);
    }
    if (event.key !== "Enter") return;
    const sought = event.target.value.trim();
    api.setGridOption("quickFilterText", sought);
    const place = tools.closest("[data-row-opens]");
    if (!place || !sought) return;
    if (api.getDisplayedRowCount() === 1) go(place, api.getDisplayedRowAtIndex(0));
    else if (!api.getDisplayedRowCount() && /^\d{17,18}$/.test(sought)) go(place, { id: sought, data: {} });
  }

  /** The page of a row: its place says where, data-row-opens="/inspections/{id}" or with another field of the row. */
  function open(row) {
    const place = row && row.closest("[data-row-opens]");
    const grid = place && place.querySelector(".cockpit-grid");
    const api = grid && window.cockpit.parts.grid.apiOf(grid.id);
    const node = api && api.getRowNode(row.getAttribute("row-id"));
    if (node) go(place, node);
  }

  function go(place, node) {
    const desk = window.cockpitDesk;
    const path = place.dataset.rowOpens.replace(/\{(\w+)\}/g, (all, field) => encodeURIComponent(node.data[field] ?? node.id));
    const address = new URL(path, location.href);
    if (desk) desk.run("page", address.pathname);
  }

  document.addEventListener("dblclick", (event) => open(event.target.closest(".ag-row[row-id]")));
  window.addEventListener("resize", () => {
    for (const tools of document.querySelectorAll("[data-tools-of]")) if (tools.cockpitApi && apiOf(tools)) widen(tools, tools.cockpitApi);
  });
  const watch = () => {
    new MutationObserver(() => document.querySelector("[data-tools-of]") && soon()).observe(document.body, { childList: true, subtree: true });
    soon();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
  else watch();
})();
