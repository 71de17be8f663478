/**
 * A window too small for a scene shows its tiles in turn, page by page (wall_geometry.js, `turns`): by the
 * clock, so that they all have been seen before the next scene, or by hand with arrow keys, wheel and finger.
 */
(function () {
  "use strict";
  const { cockpit } = window;
  const wall = cockpit && cockpit.parts.wall;
  if (!wall) return;

  const PAGE_SECONDS = 12; // of a scene that always stays
  const SWIPE = 40; // CSS pixels a finger moves that means it
  const AGAIN_MS = 350; // a wheel tells of one turn many times
  let touched = 0;
  let leaved = 0;

  /**
   * The page due.
   * @param {number|null|undefined} share  of the scene's time that is over; null: a person holds it, undefined: it stays
   * @param {number} now  epoch seconds
   */
  wall.pageDue = function (share, now) {
    if (share === null) return wall.page;
    const over = share === undefined ? (now / (PAGE_SECONDS * wall.pages)) % 1 : Math.min(share, 0.999);
    return Math.floor(over * wall.pages);
  };

  /** A person wants the next page, or the one before. */
  function leaf(by) {
    if (!wall.told || wall.pages < 2) return;
    wall.page = (wall.page + by + wall.pages) % wall.pages;
    wall.keep(wall.scene, wall.told.hold);
    wall.arrange();
  }

  function onKey(event) {
    const by = { ArrowDown: 1, PageDown: 1, ArrowUp: -1, PageUp: -1 }[event.key];
    if (!by || event.target.closest("input, select, textarea, .time-bar")) return;
    leaf(by);
  }

  function onWheel(event) {
    if (!event.deltaY || performance.now() - leaved < AGAIN_MS) return;
    leaved = performance.now();
    leaf(Math.sign(event.deltaY));
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("wheel", onWheel, { passive: true });
  document.addEventListener("touchstart", (event) => (touched = event.touches[0].clientY), { passive: true });
  document.addEventListener("touchend", (event) => {
    const moved = event.changedTouches[0].clientY - touched;
    if (Math.abs(moved) > SWIPE) leaf(-Math.sign(moved));
  }, { passive: true });
})();
