/**
 * Map, part 6: words on the map. Important ones first; a label that would touch another is left out.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});

  class Lettering {
    constructor(context, view, theme) {
      Object.assign(this, { context, view, theme, taken: [] });
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
    }

    free(box) {
      return !this.taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]);
    }

    /** Write at canvas pixels, turned by an angle; align 1 begins there, -1 ends there. False when there is no room. */
    write(words, x, y, { size = 11, angle = 0, style, halo = true, must = false, align = 0 } = {}) {
      const { context, view } = this;
      const pixels = size * view.ui;
      context.font = `${pixels}px ${this.theme.font}`;
      const half = context.measureText(words).width / 2 + 3 * view.ui;
      x += align * half;
      const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
      const w = half * cos + pixels * 0.6 * sin;
      const h = half * sin + pixels * 0.6 * cos;
      const box = [x - w, y - h, x + w, y + h];
      if (!must && !this.free(box)) return false;
      if (!must) this.taken.push(box);
      context.save();
      context.translate(x, y);
      context.rotate(angle);
      if (halo) {
        context.strokeStyle = this.theme.halo;
        context.lineWidth = 3 * view.ui;
        context.globalAlpha = 0.75;
        context.strokeText(words, 0, 0);
        context.globalAlpha = 1;
      }
      context.fillStyle = style || this.theme["text-dim"];
      context.fillText(words, 0, 0);
      context.restore();
      return true;
    }
  }

  const place = (item, view) => [item.x * view.scale - view.originX, item.y * view.scale - view.originY];
  const nameOf = (item, chinese) => (chinese ? item.name_zh : item.name_en) || item.name || item.id;

  /** Terminal names run along the quay, on the landward side. */
  function terminals(lettering, view, plan, chinese) {
    for (const t of plan.terminal) {
      if (!M.inView(t.box, view)) continue;
      const length = t.length * view.scale;
      if (length < 90 * view.ui) continue;
      const [x, y] = place(t, view);
      const reach = Math.hypot(...t.inland) || 1;
      const off = (t.width * view.scale) / 2 + 10 * view.ui;
      const aside = -0.24 * view.scale; // beside the gate road, which leaves from the middle
      const at = [x + (t.inland[0] / reach) * off + t.long[0] * aside, y + (t.inland[1] / reach) * off + t.long[1] * aside];
      lettering.write(nameOf(t, chinese), ...at, { size: 11, angle: t.angle });
    }
  }

  function blocks(lettering, view, scene) {
    for (const block of scene.geo.port.block) {
      if (!M.inView(block.box, view)) continue;
      const long = block.length * view.scale;
      const wide = block.width * view.scale;
      if (wide < 11 * view.ui || long < 30 * view.ui) continue;
      const row = scene.yard.get(block.id);
      const share = row && Number.isFinite(row.occupancy) ? M.percent(row.occupancy) : "–";
      const [x, y] = place(block, view);
      const write = (words, dy, size, angle, style) =>
        lettering.write(words, x, y + dy * view.ui, { size, angle, style: lettering.theme[style], halo: false, must: true });
      if (wide > 46 * view.ui) {
        write(block.name, -9, 10.5, 0, "text");
        write(share, 8, 13, 0, "text");
        continue;
      }
      if (wide > 24 * view.ui && Math.abs(block.angle) > 0.8) {
        write(share, 0, 11, 0, "text");
        continue;
      }
      const words = long > 78 * view.ui ? `${block.name}  ${share}` : share;
      write(words, 0, Math.min(12, Math.max(9, (wide / view.ui) * 0.5)), block.angle, "text");
    }
  }

  /** A shape on blocks above the limit without an alert: the outline's colour never stands alone. */
  function warnings(context, view, scene, above) {
    const { theme } = scene;
    const size = Math.max(3.5, Math.min(6, 40 / view.grain)) * view.ui;
    for (const block of above) {
      if (scene.marked.has(`blocks:${block.id}`)) continue; // its alert's mark says it already
      const x = (block.x + block.long[0] / 2) * view.scale - view.originX;
      const y = (block.y + block.long[1] / 2) * view.scale - view.originY;
      M.symbol(context, M.LEVEL_SHAPE[M.ATTENTION], x, y, size, theme[`level-${M.ATTENTION}`], theme["mark-edge"]);
    }
  }

  function points(lettering, view, items, offset, size, naming) {
    for (const item of items) {
      if (!M.inView(item.box, view)) continue;
      const [x, y] = place(item, view);
      lettering.write(naming(item), x, y + offset * view.ui, { size });
    }
  }

  function waters(lettering, view, plan, chinese) {
    for (const item of plan.label) {
      if (view.zoom < (item.from_zoom || 0) || view.zoom > (item.to_zoom || 99) || !M.inView(item.box, view)) continue;
      const spaced = chinese ? nameOf(item, chinese).split("").join("\u2009\u2009") : nameOf(item, chinese);
      lettering.write(spaced, ...place(item, view), { size: item.size || 12, halo: false, style: lettering.theme.berth });
    }
  }

  /**
   * All labels for the view.
   * @param {Array} above blocks above the limit, as drawn
   */
  M.paintLabels = function (context, view, scene, above) {
    const { theme, geo, chinese } = scene;
    const plan = geo.port;
    const lettering = new Lettering(context, view, theme);
    const short = (item) => {
      const area = plan.area.find((a) => a.id === item.area);
      const full = nameOf(item, chinese);
      const prefix = area ? nameOf(area, chinese) : "";
      return prefix && full.startsWith(prefix) ? full.slice(prefix.length).replace(/^[,\s]+/, "") : full;
    };
    blocks(lettering, view, scene);
    warnings(context, view, scene, above);
    if (view.grain < 3) points(lettering, view, plan.platform, -11, 10, short);
    if (view.grain < 24) {
      for (const area of plan.area) {
        if (!M.inView(area.box, view)) continue;
        const [x, y] = place(area, view);
        const off = (area.width * view.scale) / 2 + 8 * view.ui;
        const [dx, dy] = area.away;
        const align = Math.abs(dx) > 0.3 ? Math.sign(dx) : 0;
        lettering.write(nameOf(area, chinese), x + dx * off, y + dy * off, { size: 11.5, align, style: theme.text });
      }
    }
    if (view.grain < 24) terminals(lettering, view, plan, chinese);
    if (view.grain < 8) points(lettering, view, plan.gate, 16, 10.5, (g) => nameOf(g, chinese));
    if (view.grain < 3) points(lettering, view, plan.berth, 0, 10, (b) => b.name);
    if (view.zoom > 10.5) points(lettering, view, plan.anchorage, 0, 11, (a) => nameOf(a, chinese));
    waters(lettering, view, plan, chinese);
  };
})(window);
