/**
 * Map, part 5: what stands. Sea, coast, terminals, roads, berths, fairways, the yard blocks with their
 * occupancy. Painted when the view or the yard changes, never while things merely move.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});

  function drawLand(context, view, theme, land) {
    const shown = land.features.filter((f) => M.inView(f.box, view));
    const strokes = (style, width) => {
      context.strokeStyle = style;
      context.lineWidth = width;
      for (const f of shown) {
        context.beginPath();
        for (const line of f.coast) M.trace(context, line, view, false);
        context.stroke();
      }
    };
    context.lineJoin = "round";
    strokes(theme.shallow, 14 * view.ui);
    context.fillStyle = theme.land;
    for (const f of shown) {
      context.beginPath();
      for (const ring of f.rings) M.trace(context, ring, view, true);
      context.fill("evenodd");
    }
    strokes(theme.coast, view.ui);
  }

  /** Sea within the extract; beyond it a hatched ground that claims nothing. */
  function drawSea(context, view, theme, box) {
    const x = box.west * view.scale - view.originX;
    const y = box.north * view.scale - view.originY;
    const width = (box.east - box.west) * view.scale;
    const height = (box.south - box.north) * view.scale;
    if (x > 0 || y > 0 || x + width < view.width || y + height < view.height) hatch(context, view, theme);
    context.fillStyle = theme.sea;
    context.fillRect(x, y, width, height);
  }

  function hatch(context, view, theme) {
    context.fillStyle = theme.unknown;
    context.fillRect(0, 0, view.width, view.height);
    context.strokeStyle = theme.hatch;
    context.lineWidth = view.ui;
    context.beginPath();
    for (let x = -view.height; x < view.width; x += 12 * view.ui) {
      context.moveTo(x, view.height);
      context.lineTo(x + view.height, 0);
    }
    context.stroke();
  }

  function lines(context, view, items, style, width, dash) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.setLineDash(dash || []);
    for (let i = 0; i < items.length; i += 64) {
      context.beginPath();
      for (const item of items.slice(i, i + 64)) if (M.inView(item.box, view)) M.trace(context, item.line, view, false);
      context.stroke();
    }
    context.setLineDash([]);
  }

  function shapes(context, view, items, fill, stroke, dash) {
    context.setLineDash(dash || []);
    for (const item of items) {
      if (!M.inView(item.box, view)) continue;
      context.beginPath();
      M.trace(context, item.rings[0], view, true);
      if (fill) {
        context.fillStyle = fill;
        context.fill();
      }
      context.strokeStyle = stroke;
      context.lineWidth = view.ui;
      context.stroke();
    }
    context.setLineDash([]);
  }

  function drawRoads(context, view, theme, plan) {
    const near = view.grain < 9;
    const width = (metres, least) => Math.max(least * view.ui, Math.min((metres / view.grain) * view.ui, 14 * view.ui));
    context.lineCap = "round";
    if (near) lines(context, view, plan.road.filter((r) => r.class === "service"), theme.road, width(7, 0.5));
    lines(context, view, plan.road.filter((r) => r.class === "outside"), theme.trunk, width(14, 0.8));
    lines(context, view, plan.road.filter((r) => r.class === "main"), theme.trunk, width(14, 1));
    context.lineCap = "butt";
  }

  /** A block's filled part: from its first short side along its length, as far as its occupancy. */
  function fillBlock(context, view, block, share, style) {
    const part = Math.max(0, Math.min(1, share));
    const [lx, ly] = block.long;
    const [sx, sy] = block.short;
    const x = block.x - lx / 2 - sx / 2;
    const y = block.y - ly / 2 - sy / 2;
    const corners = [x, y, x + lx * part, y + ly * part, x + lx * part + sx, y + ly * part + sy, x + sx, y + sy];
    context.beginPath();
    M.trace(context, corners, view, true);
    context.fillStyle = style;
    context.fill();
  }

  /** Occupancy of every block; above the limit an outline and its level's shape, unknown a dashed edge. */
  function drawYard(context, view, scene) {
    const { theme, yard, limit } = scene;
    const plan = scene.geo.port;
    const levelOf = (block) => scene.flags.blocks.get(block.id) || M.ATTENTION;
    const above = [];
    for (const block of plan.block) {
      if (!M.inView(block.box, view)) continue;
      const row = yard.get(block.id);
      const known = row && Number.isFinite(row.occupancy);
      context.beginPath();
      M.trace(context, block.rings[0], view, true);
      context.fillStyle = theme.block;
      context.fill();
      if (known) fillBlock(context, view, block, row.occupancy, theme.data);
      if (known && row.occupancy > limit) above.push(block);
      else if (!known && view.grain < 9) {
        context.setLineDash([3 * view.ui, 3 * view.ui]);
        context.strokeStyle = theme.edge;
        context.lineWidth = view.ui;
        context.stroke();
        context.setLineDash([]);
      }
    }
    context.lineWidth = 1.5 * view.ui;
    for (const block of above) {
      context.strokeStyle = theme[`level-${levelOf(block)}-edge`];
      context.beginPath();
      M.trace(context, block.rings[0], view, true);
      context.stroke();
    }
    return above;
  }

  function drawGates(context, view, theme, plan) {
    const size = Math.max(3, Math.min(7, 34 / view.grain)) * view.ui;
    for (const gate of plan.gate) {
      const x = gate.x * view.scale - view.originX;
      const y = gate.y * view.scale - view.originY;
      context.fillStyle = theme.halo;
      context.fillRect(x - size, y - size, 2 * size, 2 * size);
      context.strokeStyle = theme["text-dim"];
      context.lineWidth = 1.3 * view.ui;
      context.strokeRect(x - size, y - size, 2 * size, 2 * size);
      context.beginPath();
      context.moveTo(x, y - size);
      context.lineTo(x, y + size);
      context.stroke();
    }
  }

  function drawPlatforms(context, view, theme, plan) {
    if (view.grain > 7) return;
    const size = Math.max(2, Math.min(9, 14 / view.grain)) * view.ui;
    context.fillStyle = theme["text-dim"];
    for (const p of plan.platform) {
      context.fillRect(p.x * view.scale - view.originX - size / 2, p.y * view.scale - view.originY - size / 2, size, size);
    }
  }

  /**
   * Paint everything that stands.
   * @param {HTMLCanvasElement} canvas
   * @param {Object} view
   * @param {Object} scene {theme, geo, yard: Map, limit, text, chinese}
   */
  M.paintBase = function (canvas, view, scene) {
    const context = M.cleared(canvas, view);
    const { theme, geo } = scene;
    if (!geo) return;
    const plan = geo.port;
    const dash = (n) => [n * view.ui, n * view.ui];
    drawSea(context, view, theme, geo.land.box);
    drawLand(context, view, theme, geo.land);
    lines(context, view, plan.fairway, theme.fairway, 1.2 * view.ui, [10 * view.ui, 7 * view.ui]);
    shapes(context, view, plan.anchorage, null, theme.fairway, dash(4));
    shapes(context, view, plan.terminal, theme.terminal, theme.edge);
    shapes(context, view, plan.area, theme.terminal, theme.edge);
    drawRoads(context, view, theme, plan);
    lines(context, view, plan.berth, theme.berth, Math.max(1.6, Math.min(5, 18 / view.grain)) * view.ui);
    const above = drawYard(context, view, scene);
    drawPlatforms(context, view, theme, plan);
    drawGates(context, view, theme, plan);
    M.paintLabels(context, view, scene, above);
  };
})(window);
