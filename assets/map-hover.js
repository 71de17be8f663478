/**
 * Map, part 9: pointing, choosing, keyboard. The tooltip is built with textContent only, because names
 * and labels come from feeds and may hold anything.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});

  function inside(ring, x, y) {
    let hit = false;
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      if (ring[i + 1] > y !== ring[j + 1] > y && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) hit = !hit;
    }
    return hit;
  }

  function nearest(list, x, y, reach) {
    let best = -1;
    let least = reach * reach;
    for (let n = 0; n < list.n; n++) {
      const d = (list.x[n] - x) ** 2 + (list.y[n] - y) ** 2;
      if (d <= least) [best, least] = [n, d];
    }
    return best;
  }

  function nearestPoint(items, view, x, y, reach) {
    return items.find((p) => Math.hypot(p.x * view.scale - view.originX - x, p.y * view.scale - view.originY - y) < reach);
  }

  /**
   * What is at a place of the canvas: alert, vessel, vehicle, gate, platform, berth or block.
   * @returns {?Object} {kind, id, ...}
   */
  M.hitTest = function (scene, view, x, y) {
    const reach = 10 * view.ui;
    const mark = (scene.marks || []).find((m) => Math.hypot(m.x - x, m.y - y) < 13 * view.ui);
    if (mark) return { kind: "alert", id: mark.rows[0].key, mark };
    for (const kind of ["vessels", "vehicles"]) {
      const here = scene.here[kind];
      if (!here || here.dense) continue;
      const n = nearest(here, x, y, reach);
      if (n >= 0) return { kind: kind === "vessels" ? "vessel" : "vehicle", id: scene[kind].ids[here.slot[n]], slot: here.slot[n] };
    }
    const plan = scene.geo && scene.geo.port;
    if (!plan) return null;
    const gate = nearestPoint(plan.gate, view, x, y, reach);
    if (gate) return { kind: "gate", id: gate.id, item: gate };
    const platform = view.grain < 7 && nearestPoint(plan.platform, view, x, y, reach);
    if (platform) return { kind: "platform", id: platform.id, item: platform };
    const [wx, wy] = [(x + view.originX) / view.scale, (y + view.originY) / view.scale];
    const block = plan.block.find((b) => wx >= b.box.west && wx <= b.box.east && inside(b.rings[0], wx, wy));
    if (block) return { kind: "block", id: block.id, item: block };
    const berth = view.grain < 12 && nearestPoint(plan.berth, view, x, y, reach);
    return berth ? { kind: "berth", id: berth.id, item: berth } : null;
  };

  function moverLines(hit, scene) {
    const { text } = scene;
    const movers = hit.kind === "vessel" ? scene.vessels : scene.vehicles;
    const i = hit.slot;
    const status = text(`map.status.${M.STATUS[movers.status[i]] || "unknown"}`);
    const speed = movers.speed[i];
    const unit = text(hit.kind === "vessel" ? "map.unit.knots" : "map.unit.kmh");
    const moving = Number.isFinite(speed) ? `${speed.toFixed(hit.kind === "vessel" ? 1 : 0)} ${unit}` : text("map.speed.unknown");
    const age = M.serverNow() / 1000 - movers.seen[i];
    const late = age > scene.lateSeconds ? ` · ${text("map.late")}` : "";
    const label = movers.labels[i] || hit.id;
    const lines = [label, `${status} · ${moving}`, M.ageText(age, text) + late];
    if (label !== hit.id) lines.splice(1, 0, `${text(`map.${hit.kind}`)} ${hit.id}`);
    return lines;
  }

  function blockLines(hit, scene) {
    const { text } = scene;
    const row = scene.yard.get(hit.id);
    const item = hit.item;
    const lines = [`${text("map.block")} ${item.name}`, text(`map.stay.${item.stay_kind}`)];
    if (!row) return [...lines, text("map.block.unreported"), text("map.block.capacity", { n: item.capacity_teu })];
    const share = Number.isFinite(row.occupancy) ? M.percent(row.occupancy) : text("map.unknown");
    lines.push(text("map.block.occupancy", { share, teu: Math.round(row.teu), capacity: row.capacity_teu }));
    lines.push(text("map.block.boxes", { n: row.boxes }));
    if (Number.isFinite(row.occupancy) && row.occupancy > scene.limit) lines.push(`■ ${text("map.block.above", { limit: M.percent(scene.limit) })}`);
    return lines;
  }

  /** Lines of the tooltip, the first is the heading. */
  function describe(hit, scene) {
    const { text, chinese } = scene;
    const name = hit.item && ((chinese ? hit.item.name_zh : hit.item.name_en) || hit.item.name);
    if (hit.kind === "alert") return hit.mark.rows.slice(0, 5).flatMap((row) => alertLines(row, scene));
    if (hit.kind === "vessel" || hit.kind === "vehicle") return moverLines(hit, scene);
    if (hit.kind === "block") return blockLines(hit, scene);
    if (hit.kind === "berth") return [`${text("map.berth")} ${name}`, text("map.berth.length", { n: hit.item.length_m })];
    if (hit.kind !== "gate") return [name];
    const row = scene.gates.get(hit.id);
    const lines = [name, text("map.gate.lanes", { n: hit.item.lanes })];
    if (row) lines.push(text("map.gate.waiting", { n: row.trucks_waiting, minutes: Math.round(row.wait_minutes) }));
    return lines;
  }

  function alertLines(row, scene) {
    const { text } = scene;
    const age = (M.serverNow() - Date.parse(row.opened_at)) / 1000;
    const shape = { 1: "◆", 2: "▲", 3: "■", 4: "●" }[row.level];
    const title = text(`alert.${row.rule}.title`, row.params || {});
    return [`${shape} ${title}`, `${row.subject} · ${text(`map.alert.${row.state}`)} · ${M.ageText(age, text)}`];
  }

  /** Show lines beside a place; text only. */
  M.showTip = function (tip, lines, x, y, room) {
    tip.replaceChildren(
      ...lines.map((words, i) => {
        const line = document.createElement("div");
        line.textContent = String(words).slice(0, 120);
        if (!i) line.className = "port-map-tip-title";
        return line;
      }),
    );
    tip.hidden = false;
    const { offsetWidth: w, offsetHeight: h } = tip;
    tip.style.left = `${Math.max(4, x + 16 + w > room.x ? x - w - 12 : x + 16)}px`;
    tip.style.top = `${Math.max(4, Math.min(y + 12, room.y - h - 4))}px`;
  };

  /**
   * Wire pointer and keyboard of one map.
   * @param {Object} map Leaflet map
   * @param {Element} element outer element; receives cockpit:select
   * @param {Object} layer canvas layer
   * @param {Object} scene
   * @param {function()} repaint asks for a repaint of what moves
   * @returns {function()} undo
   */
  M.wirePointer = function (map, element, layer, scene, repaint) {
    const tip = element.querySelector(".port-map-tip");
    const say = element.querySelector(".port-map-say");
    let asked = 0;
    let last = null;

    const choose = (hit) => {
      scene.selected = hit ? { kind: hit.kind, id: hit.id } : null;
      repaint();
      if (hit) element.dispatchEvent(new CustomEvent("cockpit:select", { bubbles: true, detail: scene.selected }));
    };
    const look = () => {
      asked = 0;
      if (!last || !layer.view) return;
      const at = layer.canvasPoint(last);
      const hit = M.hitTest(scene, layer.view, at.x, at.y);
      map.getContainer().style.cursor = hit ? "pointer" : "";
      scene.hover = hit;
      if (!hit) return void (tip.hidden = true);
      const place = map.mouseEventToContainerPoint(last);
      M.showTip(tip, describe(hit, scene), place.x, place.y, map.getSize());
    };
    const onMove = (event) => {
      last = event.originalEvent;
      asked = asked || requestAnimationFrame(look);
    };
    const onLeave = () => {
      last = null;
      tip.hidden = true;
    };
    const onClick = (event) => {
      const at = layer.canvasPoint(event.originalEvent);
      choose(M.hitTest(scene, layer.view, at.x, at.y));
    };
    const onKey = (event) => {
      const { key } = event.originalEvent;
      if (key === "Home") scene.fit();
      else if (key === "End") scene.fitAll();
      else if (key === "Escape") choose(null);
      else if (key === "n" || key === "p") step(key === "n" ? 1 : -1);
      else return;
      event.originalEvent.preventDefault();
    };
    let turn = -1;
    const step = (by) => {
      const known = scene.alerts.filter((row) => M.alertPlace(row, scene));
      if (!known.length) return void (say.textContent = scene.text("map.alerts.none"));
      turn = (turn + by + known.length) % known.length;
      const row = known[turn];
      const [x, y] = M.alertPlace(row, scene);
      map.setView([M.latOf(y), M.lonOf(x)], Math.max(map.getZoom(), 15));
      say.textContent = alertLines(row, scene).join(" ");
      choose({ kind: "alert", id: row.key });
    };
    const events = { mousemove: onMove, mouseout: onLeave, movestart: onLeave, click: onClick, keydown: onKey };
    map.on(events);
    return () => {
      map.off(events);
      cancelAnimationFrame(asked);
    };
  };
})(window);
