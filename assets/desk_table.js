/**
 * What a tile shows as a table: of a grid the rows as filtered and sorted, of a table its cells, of a
 * chart its points, of a list its lines. Numbers become numbers, everything else stays as it is read.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const LISTS = ".gate-bars, .alert-list";
  const NUMBER = /^[-−+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$/;
  const MOST_DIGITS = 15; // longer ones are numbers of things, and a spreadsheet would round them

  function cell(words) {
    const said = words.replace(/\s+/g, " ").trim();
    if (!NUMBER.test(said)) return said;
    const digits = said.replace(/[^\d]/g, "");
    const plain = said.replace(/,/g, "").replace("−", "-").replace("+", "");
    return digits.length > MOST_DIGITS || /^-?0\d/.test(plain) ? said : Number(plain);
  }

  /** Words of a cell as they are read; words for the ear only where there are no others. */
  function words(element) {
    if (element.dataset.value !== undefined) return element.dataset.value;
    const parts = [];
    const walk = (node, unseen) => {
      if (node.nodeType === Node.TEXT_NODE) return void (node.nodeValue.trim() && parts.push(node.nodeValue.trim()));
      if (node.nodeType !== Node.ELEMENT_NODE || node.matches("button, svg, [aria-hidden=true]") || node.matches(".unseen") !== unseen && node.matches(".unseen")) return;
      node.childNodes.forEach((child) => walk(child, unseen));
    };
    element.childNodes.forEach((child) => walk(child, false));
    if (!parts.length) element.querySelectorAll(".unseen").forEach((one) => parts.push(one.textContent.trim()));
    const said = parts.join(" ");
    return said.startsWith("…") && element.title ? element.title : said; // shortened for the eye
  }

  function ofGrid(place) {
    const api = root.dash_ag_grid.getApi(place.id);
    const shown = api.getAllDisplayedColumns();
    const rows = [];
    api.forEachNodeAfterFilterAndSort((node) => {
      rows.push(shown.map((colKey) => cell(String(api.getCellValue({ rowNode: node, colKey, useFormatter: true }) ?? ""))));
    });
    const filters = Object.entries(api.getFilterModel()).map(([id, model]) => {
      const { headerName } = api.getColumnDef(id) || {};
      return desk.text("desk.export_filter", { column: headerName || id, value: filterWords(model) });
    });
    const quick = api.getGridOption("quickFilterText");
    if (quick) filters.push(desk.text("desk.export_search", { value: quick }));
    return { columns: shown.map((column) => column.getColDef().headerName || column.getColId()), rows, filters };
  }

  const filterWords = (model) => (model.conditions ? model.conditions.map(filterWords).join(` ${model.operator} `) : [model.type, model.filter].filter(Boolean).join(" "));

  function ofTable(table) {
    const heads = Array.from(table.querySelectorAll("thead th"));
    const keep = heads.map((head) => !head.classList.contains("a-acts"));
    const line = (row) => Array.from(row.cells).filter((_, i) => keep[i] !== false).map((one) => cell(words(one)));
    const pressed = table.closest(".tile").querySelector('.platforms [aria-pressed="true"]');
    return {
      columns: heads.filter((_, i) => keep[i]).map((head) => words(head) || "–"),
      rows: Array.from(table.querySelectorAll("tbody tr")).map(line),
      filters: pressed && pressed.title ? [pressed.title] : [],
    };
  }

  function ofList(list) {
    const rows = Array.from(list.children).map((row) => Array.from(row.children).filter((one) => !one.matches(".mark, .gate-bar")).map((one) => cell(words(one))));
    const width = Math.max(0, ...rows.map((row) => row.length));
    const columns = Array.from({ length: width }, (_, i) => (i ? `${desk.text("desk.value_column")} ${i}` : desk.text("desk.name_column")));
    return { columns, rows, filters: [] };
  }

  /** Times of a line: written out, or begin and step (components/chart.py); the port's clock either way. */
  function timesOf(trace) {
    if (trace.x) return Array.from(trace.x);
    const begin = Date.parse(`${String(trace.x0).replace(" ", "T").slice(0, 19)}Z`);
    return Array.from(trace.y || [], (_, i) => new Date(begin + i * trace.dx).toISOString().slice(0, 19));
  }

  /** One column per line of the chart, one row per place on its axis; a band has two columns. */
  function ofChart(plot) {
    const columns = [desk.text("desk.time_column")];
    const rows = new Map();
    for (const trace of plot._fullData || []) {
      const xs = timesOf(trace);
      const ys = Array.from(trace.y || []);
      if (!xs.length || trace.visible === false) continue;
      const halves = trace.fill === "toself" ? [[0, xs.length / 2, "↑"], [xs.length / 2, xs.length, "↓"]] : [[0, xs.length, ""]];
      for (const [from, to, sign] of halves) {
        const column = columns.push([trace.name && !/^trace \d+$/.test(trace.name) ? trace.name : desk.text("desk.value_column"), sign].filter(Boolean).join(" ")) - 1;
        for (let i = Math.floor(from); i < to; i++) {
          const at = String(xs[i]).replace("T", " ").replace(/(:\d\d)\.0+$/, "$1");
          if (!rows.has(at)) rows.set(at, [at]);
          rows.get(at)[column] = typeof ys[i] === "number" && Number.isFinite(ys[i]) ? ys[i] : null;
        }
      }
    }
    const sorted = Array.from(rows.values()).sort((a, b) => (a[0] < b[0] ? -1 : 1));
    return { columns, rows: sorted.map((row) => Array.from({ length: columns.length }, (_, i) => row[i] ?? null)), filters: [] };
  }

  /**
   * @param {Element} tile
   * @returns {?{columns: string[], rows: Array, filters: string[]}} null when it holds nothing of the kind
   */
  function tableOf(tile) {
    const grid = tile.querySelector(".cockpit-grid[id]");
    const plot = tile.querySelector(".js-plotly-plot");
    const table = tile.querySelector("table.table");
    const list = tile.querySelector(LISTS);
    if (grid) return ofGrid(grid);
    if (plot) return ofChart(plot);
    if (table) return ofTable(table);
    return list ? ofList(list) : null;
  }

  desk.tableOf = tableOf;
})(window);
