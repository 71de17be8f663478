/**
 * Paper. What style sheets cannot do takes a moment, and browsers give none between "print" and the picture: so the
 * key for printing is ours, as is a page's own button. The map and tables turn bright, tables lay out every row, then the browser prints. Printing
 * from the browser's own menu goes without that: tables as far as they were drawn, the map in its colours.
 */
(function () {
  "use strict";

  const MOMENT_MS = 400; // for tables and the map to be drawn again

  function layOut(how) {
    for (const grid of document.querySelectorAll(".cockpit-grid[id]")) {
      const api = window.cockpit.parts.grid.apiOf(grid.id);
      if (api) api.setGridOption("domLayout", how);
    }
  }

  function print() {
    window.cockpit.palette.wear(true);
    layOut("print");
    setTimeout(() => window.print(), MOMENT_MS);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    print();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-print]") && print());
  window.addEventListener("afterprint", () => {
    window.cockpit.palette.wear(false);
    layOut("normal");
  });
})();
