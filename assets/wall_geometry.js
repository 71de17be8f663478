/**
 * Walls, the arithmetic: nothing here looks at the page or the clock, so that it can be tested with
 * any number. What the server can work out it does (domain/wall.py, domain/wall_plan.py).
 */
(function (root) {
  "use strict";

  const UNITS_WIDE = 120; // one rem is a 120th of the width or a 67.5th of the height, the smaller
  const UNITS_HIGH = 67.5;
  const SMALLEST_REM = 0.86; // the smallest text of a wall, see wall.css
  const CROWDED = 1.75; // text so much larger than the scenes are composed for does not leave them enough room
  const SMALL = 2.2; // and from here on they have none: tiles are shown in turn
  const HELD_REM = 14; // CSS pixels of a rem nobody reads less of, however near the window is
  const UNITS_LEAST = 22; // a small window is so many rem wide and high, if that leaves letters to read
  const TILE = [18, 11]; // rem a tile needs to be of use
  const DRIFT = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]];
  const DRIFT_SECONDS = 90;
  const DAY_MINUTES = 1440;

  /**
   * The whole wall as this screen has to lay it out, in CSS pixels, and which part of it shows here.
   * @param {{width: number, height: number, ratio: number}} view  inner size of the browser; device pixels per CSS pixel
   * @param {number[]} window  column, row, columns, rows
   * @param {number} bezel  native pixels hidden between two screens
   * @param {number[]|null} size  native pixels of the whole wall, when it is looked at on another screen
   * @returns {{width: number, height: number, x: number, y: number, scale: number}}
   */
  function canvas(view, [column, row, columns, rows], bezel, size) {
    const hidden = bezel / view.ratio;
    const whole = (n, parts, length) => (size ? n / view.ratio : parts * length + (parts - 1) * hidden);
    const width = whole(size && size[0], columns, view.width);
    const height = whole(size && size[1], rows, view.height);
    const wide = (width - (columns - 1) * hidden) / columns;
    const high = (height - (rows - 1) * hidden) / rows;
    const scale = size ? Math.min(view.width / wide, view.height / high) : 1;
    return { width, height, x: column * (wide + hidden), y: row * (high + hidden), scale };
  }

  /** Index of the layout whose shape is nearest to the wall's. */
  function nearest(layouts, width, height) {
    const far = ({ size }) => Math.abs(Math.log(size[0] / size[1] / (width / height)));
    let best = 0;
    layouts.forEach((layout, n) => {
      if (far(layout) < far(layouts[best])) best = n;
    });
    return best;
  }

  /**
   * Pixels of one rem: what fills the wall, or what makes its smallest text readable.
   * @param {number} least  smallest font size in CSS pixels, 0 unknown
   */
  function unit(width, height, least) {
    const wanted = least / SMALLEST_REM;
    if (!small(width, height, least)) return Math.max(4, fill(width, height), wanted);
    return Math.max(HELD_REM, Math.min(wanted, width / UNITS_LEAST, height / UNITS_LEAST));
  }

  /** Pixels of one rem that fills the wall. */
  function fill(width, height) {
    return Math.min(width / UNITS_WIDE, height / UNITS_HIGH);
  }

  /** Whether a scene has no room at all here: a window of few pixels, or one read from too far. */
  function small(width, height, least) {
    return Math.max(HELD_REM, least / SMALLEST_REM) > SMALL * fill(width, height);
  }

  /**
   * The layout of a scene where it is shown in turn: as many of its tiles as there is room for, each page filled.
   * An alarm keeps the first row of every page, the whole of it where there is no second.
   * @param {string[]} names  tiles of the scene, in order
   * @param {number[]} room  rem wide and high
   * @returns {{size: number[], tiles: Object<string, number[]>, alarm: number[], pages: number, page: number}}
   */
  function turns(names, room, alarmed, asked) {
    const [columns, rows] = room.map((length, n) => Math.max(1, Math.floor(length / TILE[n])));
    if (alarmed && rows === 1) return { size: [1, 1], tiles: {}, alarm: [0, 0, 1, 1], pages: 1, page: 0 };
    const top = alarmed ? 1 / rows : 0;
    const pages = Math.ceil(names.length / (columns * (alarmed ? rows - 1 : rows)));
    const page = asked % pages;
    const each = Math.ceil(names.length / pages);
    const here = names.slice(each * page, each * (page + 1));
    const lines = Math.ceil(here.length / columns);
    const tiles = {};
    here.forEach((name, n) => {
      const line = Math.floor(n / columns);
      const across = line === lines - 1 ? here.length - columns * line : columns;
      tiles[name] = [(n % columns) / across, top + ((1 - top) * line) / lines, 1 / across, (1 - top) / lines];
    });
    return { size: [1, 1], tiles, alarm: [0, 0, 1, top || 1], pages, page };
  }

  /** Whether text has to be so large that the scenes cannot hold what they are composed of. */
  function crowded(width, height, least) {
    return unit(width, height, least) > CROWDED * fill(width, height);
  }

  /**
   * The scene due, as domain.wall_plan.due tells it.
   * @param {{slots: {scene: string, seconds: number}[], since: number}} plan
   * @param {number} now  epoch seconds
   * @returns {{scene: string, past: number, seconds: number}}
   */
  function due(plan, now) {
    const round = plan.slots.reduce((sum, slot) => sum + slot.seconds, 0);
    let past = (((now - plan.since) % round) + round) % round;
    for (const slot of plan.slots) {
      if (past < slot.seconds) return { scene: slot.scene, past, seconds: slot.seconds };
      past -= slot.seconds;
    }
    const last = plan.slots[plan.slots.length - 1];
    return { scene: last.scene, past: last.seconds, seconds: last.seconds };
  }

  /** The scene before or after one, round and round. */
  function step(order, scene, by) {
    const at = order.indexOf(scene);
    return order[(((at < 0 ? (by > 0 ? -1 : 0) : at) + by) % order.length + order.length) % order.length];
  }

  /** Brightness at a minute of the day, on the lines between corners; as domain.wall.brightness_at. */
  function brightness(points, minute) {
    const first = points[0];
    const last = points[points.length - 1];
    let before = [last[0] - DAY_MINUTES, last[1]];
    let after = [first[0] + DAY_MINUTES, first[1]];
    for (const point of points) {
      if (point[0] <= minute) before = point;
      else {
        after = point;
        break;
      }
    }
    return before[1] + ((after[1] - before[1]) * (minute - before[0])) / (after[0] - before[0]);
  }

  /** Where the picture has wandered to, native pixels: slow steps of one, at most so many from its place. */
  function drift(now, pixels) {
    if (!pixels) return [0, 0];
    const turn = Math.floor(now / DRIFT_SECONDS);
    const [x, y] = DRIFT[turn % DRIFT.length];
    const far = 1 + (Math.floor(turn / DRIFT.length) % pixels);
    return [x * far, y * far];
  }

  root.cockpitWall = { canvas, nearest, unit, small, turns, crowded, due, step, brightness, drift };
})(window);
