/**
 * Paper. What style sheets cannot do takes a moment, and browsers give none between "print" and the picture: so the
 * key for printing is ours, as is a page's own button. The map and tables turn bright, tables lay out every row, then the browser prints. Printing
 * from the browser's own menu goes without that: tables as far as they were drawn, the map in its colours.
 */
(function () {
  "use strict";

  const MOMENT_MS = 400; // for tables and the map to be drawn again
  const INSIDE_PX = 40; // of the page and a tile's edge and padding

  function layOut(how) {
    for (const grid of document.querySelectorAll(".cockpit-grid[id]")) {
      const api = window.cockpit.parts.grid.apiOf(grid.id);
      if (api) api.setGridOption("domLayout", how);
    }
  }

  /** What is wider than the paper would make the browser print the whole page smaller. */
  function fit(onPaper) {
    const room = (Number(getComputedStyle(document.body).getPropertyValue("--paper")) * 96) / 25.4 - INSIDE_PX;
    for (const plot of document.querySelectorAll(".page .js-plotly-plot")) {
      if (onPaper && plot.clientWidth > room) window.Plotly.relayout(plot, { width: room });
      else if (!onPaper && plot.layout && plot.layout.width) window.Plotly.relayout(plot, { width: null, autosize: true });
    }
    for (const map of document.querySelectorAll(".page .leaflet-container")) {
      map.style.setProperty("--paper-fit", onPaper ? Math.min(1, room / map.clientWidth) : 1);
    }
  }

  function print() {
    window.cockpit.palette.wear(true);
    layOut("print");
    fit(true);
    setTimeout(() => window.print(), MOMENT_MS);
  }

  /** When it was printed: the clock of the page shows the moment of the data. */
  function sign() {
    const zone = (document.getElementById("clock") || { dataset: {} }).dataset.zone || "UTC";
    const now = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: zone }).format(new Date());
    for (const line of document.querySelectorAll("[data-printed]")) line.textContent = line.dataset.printed.replace("{time}", now);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    print();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-print]") && print());
  window.addEventListener("beforeprint", sign);
  window.addEventListener("afterprint", () => {
    fit(false);
    window.cockpit.palette.wear(false);
    layOut("normal");
  });
})();
