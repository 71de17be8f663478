/**
 * Map, part 7: drawing what moves. Shapes of one style are filled in batches of 64 (one giant path is
 * many times slower); above 10,000 things in view their density is drawn instead.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  const BATCH = 64;
  const MOST_SINGLE = 10000;
  const SHIP_METRES = 150; // a ship whose length is not reported
  const TRUCK_METRES = 16;

  /** Sort what is in view by how it is drawn. */
  function sort(movers, here, scene, flags, nowSeconds) {
    const styles = { moving: [], still: [], late: [], lateFlagged: [], flagged: [] };
    for (let n = 0; n < here.n; n++) {
      const i = here.slot[n];
      const status = movers.status[i];
      const late = status === M.LATE || nowSeconds - movers.seen[i] > scene.lateSeconds;
      const flagged = status === M.OFF_ROUTE || (flags.size > 0 && flags.has(movers.ids[i]));
      if (flagged) styles[late ? "lateFlagged" : "flagged"].push(n);
      else if (late) styles.late.push(n);
      else styles[status === 1 || movers.speed[i] > 1 ? "moving" : "still"].push(n);
    }
    return styles;
  }

  /** Fill or outline shapes in batches of one style. */
  function batches(context, list, add, hollow) {
    for (let k = 0; k < list.length; k += BATCH) {
      context.beginPath();
      const end = Math.min(list.length, k + BATCH);
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

  /** Density instead of single things: cells of one hue, darker to lighter by count. */
  function density(context, here, view, colour) {
    const cell = 10 * view.ui;
    const columns = Math.ceil(view.width / cell) + 1;
    const counts = new Uint32Array(columns * (Math.ceil(view.height / cell) + 1));
    let most = 1;
    for (let n = 0; n < here.n; n++) {
      if (here.x[n] < 0 || here.y[n] < 0) continue;
      const k = Math.floor(here.y[n] / cell) * columns + Math.floor(here.x[n] / cell);
      if (k < counts.length) most = Math.max(most, ++counts[k]);
    }
    context.fillStyle = colour;
    for (let k = 0; k < counts.length; k++) {
      if (!counts[k]) continue;
      context.globalAlpha = 0.12 + (0.5 * Math.log(1 + counts[k])) / Math.log(1 + most);
      const side = cell - view.ui;
      context.fillRect((k % columns) * cell, Math.floor(k / columns) * cell, side, side);
    }
    context.globalAlpha = 1;
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
    const here = movers.visible(view, now);
    const name = movers.kind === "vessels" ? "vessel" : "vehicle";
    here.dense = here.n > MOST_SINGLE;
    const flags = scene.flags[movers.kind];
    const styles = sort(movers, here, scene, flags, M.serverNow() / 1000);
    const add = adder(context, movers, here, view, now, movers.kind);
    if (here.dense) density(context, here, view, theme[name]);
    else {
      context.lineWidth = view.ui;
      context.fillStyle = context.strokeStyle = theme[`${name}-still`];
      batches(context, styles.late, add, true);
      batches(context, styles.still, add, false);
      context.fillStyle = theme[name];
      batches(context, styles.moving, add, false);
    }
    for (const style of ["flagged", "lateFlagged"]) {
      for (const n of styles[style]) flagged(context, view, scene, movers, here, n, add, style === "lateFlagged");
    }
    names(context, view, scene, movers, here);
    return here;
  };

  /** The abnormal: its level's colour, a ring, and the level's shape beside it. */
  function flagged(context, view, scene, movers, here, n, add, hollow) {
    const id = movers.ids[here.slot[n]];
    const level = scene.flags[movers.kind].get(id) || 2;
    const colour = scene.theme[`level-${level}`];
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 1.4 * view.ui;
    batches(context, [n], add, hollow);
    if (scene.marked.has(`${movers.kind}:${id}`)) return; // its alert draws ring and shape
    const [x, y] = [here.x[n], here.y[n]];
    context.beginPath();
    dot(context, x, y, 9 * view.ui);
    context.stroke();
    M.symbol(context, M.LEVEL_SHAPE[level], x + 10 * view.ui, y - 10 * view.ui, 4 * view.ui, colour, scene.theme.halo);
  }
})(window);
