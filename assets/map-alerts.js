/**
 * Map, part 8: alerts. One mark per place: the worst level's shape and colour, a ring while nobody has
 * acknowledged it, the number of alerts when there are several.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});

  M.ATTENTION = 3; // level of a value beyond its limit without an alert of its own
  M.LEVEL_SHAPE = { 1: "diamond", 2: "triangle", 3: "square", 4: "circle" };

  /** A filled shape with a dark rim, so that it stands out from any ground. */
  M.symbol = function (context, shape, x, y, r, fill, rim) {
    context.beginPath();
    if (shape === "diamond") {
      context.moveTo(x, y - r * 1.25);
      context.lineTo(x + r * 1.25, y);
      context.lineTo(x, y + r * 1.25);
      context.lineTo(x - r * 1.25, y);
      context.closePath();
    } else if (shape === "triangle") {
      context.moveTo(x, y - r * 1.15);
      context.lineTo(x + r * 1.15, y + r * 0.9);
      context.lineTo(x - r * 1.15, y + r * 0.9);
      context.closePath();
    } else if (shape === "square") context.rect(x - r * 0.95, y - r * 0.95, r * 1.9, r * 1.9);
    else context.arc(x, y, r, 0, 6.2832);
    context.lineWidth = Math.max(1.5, r * 0.35);
    context.strokeStyle = rim;
    context.stroke();
    context.fillStyle = fill;
    context.fill();
  };

  /** Where an alert's subject is now, in world units; null when the map cannot say. */
  function whereIs(row, scene, now) {
    const movers = row.subject_kind === "vehicle" ? scene.vehicles : row.subject_kind === "vessel" ? scene.vessels : null;
    const slot = movers ? movers.slotOf(row.subject) : -1;
    if (slot >= 0) {
      const k = movers.share(slot, now);
      const along = (from, to) => from[slot] + (to[slot] - from[slot]) * k;
      return [along(movers.fromX, movers.toX), along(movers.fromY, movers.toY)];
    }
    const plan = scene.geo ? scene.geo.port : null;
    const fixed = plan && (row.subject_kind === "block" ? plan.block : row.subject_kind === "gate" ? plan.gate : []);
    const item = fixed && fixed.find((f) => f.id === row.subject);
    if (item && item.long) return [item.x + item.long[0] / 2, item.y + item.long[1] / 2]; // its label keeps the middle
    if (item) return [item.x, item.y];
    if (Number.isFinite(row.lon) && Number.isFinite(row.lat)) return [M.worldX(row.lon), M.worldY(row.lat)];
    const platform = plan && row.params && plan.platform.find((p) => p.name_zh === row.params.platform);
    return platform ? [platform.x, platform.y] : null;
  }

  /** Shelved, suppressed and out of service: nobody need look at it now. */
  const hidden = (row) => Boolean(row.shelved_until || row.suppressed_by || row.out_of_service);

  /**
   * Take the alerts' rows: which subjects are flagged, at which worst level.
   * @param {Object} scene gets alerts (worst first), flags and marked
   */
  M.takeAlerts = function (scene, rows) {
    const open = rows.filter((row) => row && row.state !== "closed" && !hidden(row) && row.level >= 1 && row.level <= 4);
    scene.alerts = open.sort((a, b) => a.level - b.level);
    scene.flags = { vehicles: new Map(), vessels: new Map(), blocks: new Map() };
    scene.marked = new Set();
    for (const row of scene.alerts) {
      const kind = { vehicle: "vehicles", vessel: "vessels", block: "blocks" }[row.subject_kind];
      scene.marked.add(`${kind || row.subject_kind}:${row.subject}`);
      if (!kind) continue;
      if (!scene.flags[kind].has(row.subject)) scene.flags[kind].set(row.subject, row.level);
    }
  };

  /** Shelved or suppressed: a hollow mark; of level I nothing ever is. */
  const keptBack = (row) => row.level > 1 && Boolean(row.shelved_until || row.suppressed_by);

  /** Marks in view, alerts closer than a symbol joined under the worst of them. */
  function cluster(view, scene, now) {
    const marks = [];
    const reach = (view.grain > 25 ? 24 : 15) * view.ui;
    for (const row of scene.alerts) {
      const at = whereIs(row, scene, now);
      if (!at) continue;
      const x = at[0] * view.scale - view.originX;
      const y = at[1] * view.scale - view.originY;
      if (x < -reach || y < -reach || x > view.width + reach || y > view.height + reach) continue;
      const near = marks.find((m) => Math.hypot(m.x - x, m.y - y) < reach);
      if (near) near.rows.push(row);
      else marks.push({ x, y, rows: [row] });
    }
    return marks;
  }

  /**
   * Draw the marks.
   * @returns {Array<{x: number, y: number, rows: Array}>} marks in view, for hit tests
   */
  M.paintAlerts = function (context, view, scene, now) {
    const marks = cluster(view, scene, now);
    const { theme } = scene;
    for (let k = marks.length - 1; k >= 0; k--) {
      const { x, y, rows } = marks[k];
      const worst = rows[0];
      const colour = theme[`level-${worst.level}`];
      if (rows.some((row) => row.state === "new" && !keptBack(row))) {
        context.beginPath();
        context.arc(x, y, 13 * view.ui, 0, 6.2832);
        context.strokeStyle = theme[`level-${worst.level}-edge`];
        context.lineWidth = 1.6 * view.ui;
        context.stroke();
      }
      const back = rows.every(keptBack);
      M.symbol(context, M.LEVEL_SHAPE[worst.level], x, y, 6.5 * view.ui, back ? theme["mark-edge"] : colour, back ? colour : theme["mark-edge"]);
      if (rows.length < 2) continue;
      context.font = `600 ${11 * view.ui}px ${theme.font}`;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.strokeStyle = theme.halo;
      context.lineWidth = 3 * view.ui;
      context.strokeText(String(rows.length), x + 10 * view.ui, y - 10 * view.ui);
      context.fillStyle = theme.text;
      context.fillText(String(rows.length), x + 10 * view.ui, y - 10 * view.ui);
    }
    return marks;
  };

  /** World place of an alert, for moving the map to it. */
  M.alertPlace = (row, scene) => whereIs(row, scene, performance.now());
})(window);
