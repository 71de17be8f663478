/**
 * Map, part 7: drawing what moves. Shapes of one style are filled in batches of 64 (one giant path is
 * many times slower); above 10,000 things in view their density is drawn instead.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  const BATCH = 64;
  const MOST_SINGLE = 10000;
  const MANY = 1000; // more squares than this are painted by map-dots.js
  const RESTYLE_MS = 1000;
  const STRENGTHS = 8;
  const SHIP_METRES = 150; // a ship whose length is not reported
  const TRUCK_METRES = 16;

  /** How a thing is drawn; index into these is kept per thing. */
  M.STYLES = ["late", "still", "moving", "flagged", "lateFlagged"];
  const [LATE, STILL, MOVING, FLAGGED, LATE_FLAGGED] = [0, 1, 2, 3, 4];

  /** Decide how each thing is drawn: after news, new alerts, and once a second since things turn late by themselves. */
  M.styleMovers = function (movers, scene, now) {
    if (now - movers.styledAt < RESTYLE_MS && movers.flagsSeen === scene.flags) return;
    movers.styledAt = now;
    movers.flagsSeen = scene.flags;
    const flags = scene.flags[movers.kind];
    const oldest = M.serverNow() / 1000 - scene.lateSeconds;
    for (let i = 0; i < movers.size; i++) {
      if (!movers.used[i]) continue;
      const status = movers.status[i];
      const late = status === M.LATE || movers.seen[i] < oldest;
      if (status === M.OFF_ROUTE || (flags.size > 0 && flags.has(movers.ids[i]))) movers.style[i] = late ? LATE_FLAGGED : FLAGGED;
      else if (late) movers.style[i] = LATE;
      else movers.style[i] = status === 1 || movers.speed[i] > 1 ? MOVING : STILL;
    }
  };

  /** Fill or outline shapes in batches of one style. */
  function batches(context, here, style, add, hollow) {
    const list = here.styled[style];
    const count = here.styledCount[style];
    for (let k = 0; k < count; k += BATCH) {
      context.beginPath();
      const end = Math.min(count, k + BATCH);
      for (let j = k; j < end; j++) add(list[j]);
      if (hollow) context.stroke();
      else context.fill();
    }
  }

  /** Path of a polygon given as [forward, right] in pixels, turned to a heading in degrees. */
  function turned(context, x, y, heading, outline) {
    const angle = (heading * Math.PI) / 180;
    const sin = Math.sin(angle);
    const cos = Math.cos(angle);
    for (let k = 0; k < outline.length; k += 2) {
      const px = x + outline[k] * sin + outline[k + 1] * cos;
      const py = y - outline[k] * cos + outline[k + 1] * sin;
      if (k) context.lineTo(px, py);
      else context.moveTo(px, py);
    }
    context.closePath();
  }

  function dot(context, x, y, r) {
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 6.2832);
  }

  /** Outline of a vehicle for the scale: square, arrow, or a truck of true length. */
  function vehicleShape(view) {
    if (view.grain > 4.5) return { square: (view.grain > 20 ? 2 : 2.6) * view.ui };
    const length = Math.max(TRUCK_METRES / view.metres, 8 * view.ui);
    const wide = Math.max((TRUCK_METRES * 0.2) / view.metres, 2.6 * view.ui);
    if (view.grain > 0.9) return { square: 4 * view.ui, arrow: [length / 2, 0, -length / 2, wide, -length / 3, 0, -length / 2, -wide] };
    const [l, w] = [length / 2, wide];
    return { square: 5 * view.ui, arrow: [l, 0, l * 0.6, w, -l, w, -l, -w, l * 0.6, -w] };
  }

  /** Outline of a ship: hull with bow, true length when that is more than a symbol. */
  function shipShape(view, metres) {
    const l = Math.max((metres || SHIP_METRES) / view.metres, (view.grain > 25 ? 9 : 13) * view.ui) / 2;
    const w = Math.max(l * 0.15, Math.min(l * 0.42, 3 * view.ui));
    return [l, 0, l * 0.55, w, -l, w * 0.85, -l, -w * 0.85, l * 0.55, -w];
  }

  function adder(context, movers, here, view, now, kind) {
    if (kind === "vessels") {
      const shape = shipShape(view);
      const radius = 3.2 * view.ui;
      return (n) => {
        const i = here.slot[n];
        const heading = movers.turnAt(i, movers.share(i, now));
        if (Number.isNaN(heading)) dot(context, here.x[n], here.y[n], radius);
        else turned(context, here.x[n], here.y[n], heading, shape);
      };
    }
    const { square, arrow } = vehicleShape(view);
    const half = square / 2;
    return (n) => {
      const i = here.slot[n];
      if (arrow && movers.turn[i] >= 0) {
        turned(context, here.x[n], here.y[n], movers.turnAt(i, movers.share(i, now)), arrow);
      } else context.rect(here.x[n] - half, here.y[n] - half, square, square);
    };
  }

  let cells = new Uint32Array(0); // counts of the density grid, used again for every paint

  /** Density instead of single things: cells of one hue in eight strengths by count. */
  function density(context, here, view, colour) {
    const cell = 10 * view.ui;
    const columns = Math.ceil(view.width / cell) + 1;
    const size = columns * (Math.ceil(view.height / cell) + 1);
    if (cells.length < size) cells = new Uint32Array(size);
    else cells.fill(0, 0, size);
    let most = 1;
    for (let n = 0; n < here.n; n++) {
      if (here.x[n] < 0 || here.y[n] < 0) continue;
      const k = Math.floor(here.y[n] / cell) * columns + Math.floor(here.x[n] / cell);
      if (k < size) most = Math.max(most, ++cells[k]);
    }
    const step = STRENGTHS / Math.log(1 + most);
    for (let k = 0; k < size; k++) if (cells[k]) cells[k] = Math.max(1, Math.round(Math.log(1 + cells[k]) * step));
    context.fillStyle = colour;
    for (let strength = 1; strength <= STRENGTHS; strength++) {
      context.globalAlpha = 0.12 + (0.5 * strength) / STRENGTHS;
      strengthOf(context, columns, size, strength, cell, cell - view.ui);
    }
    context.globalAlpha = 1;
  }

  function strengthOf(context, columns, size, strength, cell, side) {
    let open = 0;
    for (let k = 0; k < size; k++) {
      if (cells[k] !== strength) continue;
      if (!open) context.beginPath();
      context.rect((k % columns) * cell, Math.floor(k / columns) * cell, side, side);
      if (++open < BATCH) continue;
      context.fill();
      open = 0;
    }
    if (open) context.fill();
  }

  function names(context, view, scene, movers, here) {
    const ships = movers.kind === "vessels";
    if (view.grain > (ships ? 9 : 0.8) || here.n > 160) return;
    const { theme } = scene;
    context.font = `${10.5 * view.ui}px ${theme.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const taken = [];
    for (let n = 0; n < here.n; n++) {
      const words = movers.labels[here.slot[n]];
      if (!words || (ships && view.grain > 4 && movers.status[here.slot[n]] !== 1)) continue; // under way first
      const x = here.x[n] + 9 * view.ui;
      const y = here.y[n] - 7 * view.ui;
      const w = Math.min(160, String(words).length * 8) * view.ui;
      if (taken.some((t) => x < t[0] + t[2] && x + w > t[0] && Math.abs(y - t[1]) < 13 * view.ui)) continue;
      taken.push([x, y, w]);
      context.strokeStyle = theme.halo;
      context.lineWidth = 3 * view.ui;
      context.strokeText(words, x, y);
      context.fillStyle = theme["text-dim"];
      context.fillText(words, x, y);
    }
  }

  /**
   * Draw one kind of moving things.
   * @param {CanvasRenderingContext2D} context
   * @param {Object} view
   * @param {Object} scene theme, lateSeconds, flags {vehicles: Map, vessels: Map} id -> level
   * @param {Object} movers
   * @param {number} now performance.now()
   * @returns {Object} what is in view, for hit tests
   */
  M.paintMovers = function (context, view, scene, movers, now) {
    const { theme } = scene;
    M.styleMovers(movers, scene, now);
    const here = movers.visible(view, now);
    const name = movers.kind === "vessels" ? "vessel" : "vehicle";
    here.dense = here.n > MOST_SINGLE;
    const add = adder(context, movers, here, view, now, movers.kind);
    if (here.dense) density(context, here, view, theme[name]);
    else {
      const many = name === "vehicle" && here.n > MANY && vehicleShape(view);
      const dots = many && !many.arrow;
      if (dots) {
        const group = (style, colour) => ({ list: here.styled[style], count: here.styledCount[style], colour });
        M.paintDots(context, view, here, [group(STILL, theme["vehicle-still"]), group(MOVING, theme.vehicle)], many.square);
      }
      context.lineWidth = view.ui;
      context.fillStyle = context.strokeStyle = theme[`${name}-still`];
      batches(context, here, LATE, add, true);
      if (!dots) batches(context, here, STILL, add, false);
      context.fillStyle = theme[name];
      if (!dots) batches(context, here, MOVING, add, false);
    }
    for (const style of [FLAGGED, LATE_FLAGGED]) {
      const list = here.styled[style];
      for (let k = 0; k < here.styledCount[style]; k++) flagged(context, view, scene, movers, here, list[k], add, style === LATE_FLAGGED);
    }
    names(context, view, scene, movers, here);
    return here;
  };

  /** The abnormal: its level's colour, a ring, and the level's shape beside it. */
  function flagged(context, view, scene, movers, here, n, add, hollow) {
    const id = movers.ids[here.slot[n]];
    const level = scene.flags[movers.kind].get(id) || 2;
    const colour = scene.theme[`level-${level}`];
    context.fillStyle = colour;
    context.strokeStyle = scene.theme[`level-${level}-edge`];
    context.lineWidth = 1.4 * view.ui;
    context.beginPath();
    add(n);
    if (hollow) context.stroke();
    else context.fill();
    if (scene.marked.has(`${movers.kind}:${id}`)) return; // its alert draws ring and shape
    const [x, y] = [here.x[n], here.y[n]];
    context.beginPath();
    dot(context, x, y, 9 * view.ui);
    context.stroke();
    M.symbol(context, M.LEVEL_SHAPE[level], x + 10 * view.ui, y - 10 * view.ui, 4 * view.ui, colour, scene.theme["mark-edge"]);
  }
})(window);
