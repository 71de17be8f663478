/**
 * The map: joins a Leaflet map inside an element of class port-map to the live topics.
 *
 * Vehicles and vessels are drawn by our own canvas layer (map-canvas.js, map-fleet.js). What moves is
 * repainted at most once per animation frame and only as often as something moves by a third of a
 * pixel, so a quiet wall costs next to nothing.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  const STEP_PIXELS = 0.34;
  const LEAST_FRAME_MS = 15;
  const IDLE_MS = 5000; // ages: things turn late without news
  const DENSE_MS = 250; // a density needs no animation
  const AGE_STEP_MS = 3000;
  const COUNT_MS = 250;
  const REST_SHARE = 9; // rest this many times as long as painting took: people's panning and clicks come first
  const calm = root.matchMedia ? root.matchMedia("(prefers-reduced-motion: reduce)") : { matches: false };

  class PortMap {
    constructor(map, element) {
      this.map = map;
      this.element = element;
      this.stops = [];
      this.touched = false; // have people moved the map themselves?
      this.cost = { base: 0, moving: 0, frames: 0 };
      this.counted = -Infinity; // performance.now() of the last counts on screen
      this.news = false; // positions came since the last paint
      this.scene = {
        theme: M.readTheme(element), text: M.readTexts(element), chinese: M.isChinese(element), geo: null,
        vehicles: new M.Movers("vehicles"), vessels: new M.Movers("vessels"), yard: new Map(), gates: new Map(),
        limit: Number(element.dataset.yardLimit) || 0.85, lateSeconds: Number(element.dataset.lateSeconds) || 600,
        here: {}, marks: [], selected: null, hover: null, fit: () => this.fit(), fitAll: () => this.fitAll(),
      };
      M.takeAlerts(this.scene, []);
      this.layer = M.createLayer((view) => this.paint(view));
      this.layer.addTo(map);
      this.controls();
      this.stops.push(M.takePen(map, element));
      this.stops.push(M.wirePointer(map, element, this.layer, this.scene, () => this.wake()));
      this.watchSize();
      this.load();
    }

    async load() {
      try {
        this.scene.geo = await M.loadGeo(this.element.dataset.geo || "/assets/geo");
      } catch (error) {
        this.fail(error);
        return;
      }
      if (this.gone) return;
      this.fit();
      this.layer._update();
      this.subscribe();
    }

    /** The base could not be fetched: say so on the map and try again. */
    fail(error) {
      console.warn("map:", error.message);
      this.write(".port-map-trouble", this.scene.text("map.geo.failed"));
      this.later = setTimeout(() => {
        this.write(".port-map-trouble", "");
        if (!this.gone) this.load();
      }, 10000);
    }

    /** Subscribe once the live client is there; it may load after this file. */
    subscribe() {
      const live = root.cockpit;
      if (this.gone || this.element.dataset.box) return; // one way of one vehicle: nothing on it moves
      if (!live || typeof live.subscribe !== "function") {
        this.later = setTimeout(() => this.subscribe(), 200);
        return;
      }
      const on = (topic, take) => this.stops.push(live.subscribe(topic, (state) => state && take(state)) || (() => {}));
      for (const topic of ["vehicles", "vessels"]) {
        on(topic, (state) => {
          this.scene[topic].update(state, performance.now(), calm.matches || document.hidden);
          this.news = true;
          this.wake();
          this.aged(topic, state.head);
        });
      }
      on("yard", (state) => {
        this.scene.yard = M.rowsByKey(state);
        this.wake(true);
      });
      on("gates", (state) => (this.scene.gates = M.rowsByKey(state)));
      on("alerts", (state) => {
        M.takeAlerts(this.scene, [...M.rowsByKey(state).values()]);
        this.wake(true);
      });
    }

    /** Hand the age of positions to what keeps ages everywhere (live_page.js, live_causes.js); it need not hear every second. */
    aged(kind, head) {
      const place = this.element.querySelector(`.port-map-age[data-kind="${kind}"]`);
      if (!place || !head || !head.as_of) return;
      const since = Date.parse(head.as_of) - Date.parse(place.dataset.asOf || 0);
      if (since >= 0 && since < AGE_STEP_MS && !place.matches(".late, .lost")) return;
      Object.assign(place.dataset, { expected: head.expected_seconds, feeds: (head.feeds || []).join(" "), asOf: head.as_of });
    }

    /** Everything again: after pan, zoom, resize, or news of the yard. */
    paint(view) {
      this.scene.theme = M.readTheme(this.element);
      view.ui = this.scene.theme.scale;
      view.grain = view.metres * view.ui;
      this.element.style.setProperty("--map-ui", view.ui);
      this.counted = -Infinity;
      const before = performance.now();
      M.paintBase(this.layer.still, view, this.scene);
      this.cost.base = performance.now() - before;
      this.paintMoving(view);
      this.wake();
    }

    paintMoving(view) {
      const now = performance.now();
      const { scene } = this;
      const context = M.cleared(this.layer.moving, view);
      scene.here.vehicles = M.paintMovers(context, view, scene, scene.vehicles, now);
      scene.here.vessels = M.paintMovers(context, view, scene, scene.vessels, now);
      scene.marks = M.paintAlerts(context, view, scene, now);
      M.paintSelected(context, view, scene, now);
      this.cost.moving = performance.now() - now;
      this.cost.frames++;
      this.painted = now;
      if (this.news) this.report();
      if (now - this.counted < COUNT_MS) return;
      this.counted = now;
      this.counts();
    }

    /** Tell the live client which states of the present are on screen now. */
    report() {
      this.news = false;
      const live = root.cockpit;
      if (document.hidden || !live || typeof live.drawn !== "function") return;
      for (const movers of [this.scene.vehicles, this.scene.vessels]) {
        if (!movers.live || !movers.seq || movers.reported === movers.seq) continue;
        movers.reported = movers.seq;
        live.drawn(movers.kind, movers.seq);
      }
    }

    /** Ask for a repaint: of what moves, or with the base. */
    wake(base) {
      this.base = this.base || base === true;
      if (this.frame || this.gone) return;
      clearTimeout(this.timer);
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        const { view } = this.layer;
        if (!view || !view.width) return;
        if (this.base) {
          this.base = false;
          M.paintBase(this.layer.still, view, this.scene);
        }
        this.paintMoving(view);
        this.rest(view);
      });
    }

    /** Sleep until something will have moved by a third of a pixel, or for an idle while. */
    rest(view) {
      const now = performance.now();
      const { vehicles, vessels } = this.scene;
      const going = [vehicles, vessels].filter((m) => m.activeUntil > now);
      const fastest = Math.max(0, ...going.map((m) => m.fastest * view.scale));
      const due = fastest > 0 ? Math.max(STEP_PIXELS / fastest, this.scene.here.vehicles.dense ? DENSE_MS : 0) : IDLE_MS;
      const wait = Math.min(IDLE_MS, Math.max(LEAST_FRAME_MS, this.cost.moving * REST_SHARE, due));
      this.timer = setTimeout(() => this.wake(), wait);
    }

    /** How many there are, and how many of them people cannot see here, when that is most of them. */
    counts() {
      const { vehicles, vessels, text, here } = this.scene;
      const say = (n) => n.toLocaleString("en");
      const parts = [text("map.counts", { vehicles: say(vehicles.count), vessels: say(vessels.count) })];
      for (const movers of [vehicles, vessels]) {
        const outside = movers.count - here[movers.kind].inside;
        if (outside > 0 && outside * 2 > movers.count) parts.push(text(`map.outside.${movers.kind}`, { n: say(outside) }));
      }
      this.write(".port-map-counts", parts.join(" · "));
      this.write(".port-map-nobase", this.baseless() ? text("map.no_base") : "");
    }

    /** Is the middle of the view outside the coast's extract? */
    baseless() {
      const { view } = this.layer;
      const box = this.scene.geo && this.scene.geo.land.box;
      if (!box) return false;
      const x = (view.width / 2 + view.originX) / view.scale;
      const y = (view.height / 2 + view.originY) / view.scale;
      return x < box.west || x > box.east || y < box.north || y > box.south;
    }

    /** Put words into a part of the map when they changed. */
    write(selector, words) {
      const box = this.element.querySelector(selector);
      if (box && box.textContent !== words) box.textContent = words;
    }

    /** Show the whole port, or the box the page names. */
    fit() {
      const own = this.element.dataset.box;
      const box = own ? M.boxOf(own) : this.scene.geo && M.portBox(this.scene.geo.port);
      if (box) this.show(box);
      this.touched = false;
    }

    /** Show everything that moves, wherever it is. */
    fitAll() {
      const box = this.scene.vessels.spread(this.scene.vehicles.spread({ west: 1, north: 1, east: 0, south: 0 }));
      if (box.east < box.west) return;
      this.show(box);
      this.touched = true;
    }

    show(box) {
      if (this.map._animatingZoom) return void this.map.once("zoomend", () => this.show(box)); // its end would undo ours
      const corner = (x, y) => [M.latOf(y), M.lonOf(x)];
      const pad = 26 * this.scene.theme.scale;
      this.fitting = true;
      const bounds = [corner(box.west, box.south), corner(box.east, box.north)];
      this.map.fitBounds(bounds, { padding: [pad, pad], animate: false, maxZoom: 17 });
      this.fitting = false;
    }

    controls() {
      const { L } = root;
      const { text } = this.scene;
      L.control.scale({ imperial: false, maxWidth: 120, position: "bottomleft" }).addTo(this.map);
      const bar = L.control.zoom({ position: "topright", zoomInTitle: text("map.zoom_in"), zoomOutTitle: text("map.zoom_out") }).addTo(this.map);
      const button = (path, words, act) => {
        const link = L.DomUtil.create("a", "port-map-fit", bar.getContainer());
        Object.assign(link, { href: "#", title: words });
        link.append(icon(path));
        link.setAttribute("role", "button");
        link.setAttribute("aria-label", words);
        L.DomEvent.on(link, "click", (event) => {
          L.DomEvent.stop(event);
          act();
        });
      };
      button("M2 9 L9 2.5 L16 9 M4.5 7 V15.5 H13.5 V7", text("map.fit"), () => this.fit());
      button("M2 6 V2 H6 M12 2 H16 V6 M16 12 V16 H12 M6 16 H2 V12 M7.5 9 H10.5", text("map.fit_all"), () => this.fitAll());
      this.map.getContainer().setAttribute("aria-label", text("map.label"));
      this.map.on("dragstart zoomstart", () => (this.touched = this.touched || !this.fitting));
    }

    /** Keep the whole port in sight when the tile changes size, unless people chose their own view. */
    watchSize() {
      const again = new ResizeObserver(() => {
        const touched = this.touched;
        const seen = this.map.getContainer();
        if (!seen.clientHeight) return; // not shown
        seen.style.setProperty("--seen-width", `${seen.clientWidth}px`); // on paper it keeps the size it was painted in
        seen.style.setProperty("--seen-height", `${seen.clientHeight}px`);
        this.map.invalidateSize({ pan: false });
        if (!touched) this.fit();
        else this.layer._update();
      });
      again.observe(this.map.getContainer());
      const afresh = () => this.layer._update(); // other colours, or a screen with other pixels
      document.addEventListener("cockpit:palette", afresh);
      root.addEventListener("resize", afresh);
      this.stops.push(
        () => again.disconnect(),
        () => document.removeEventListener("cockpit:palette", afresh),
        () => root.removeEventListener("resize", afresh),
      );
    }

    stop() {
      this.gone = true;
      cancelAnimationFrame(this.frame);
      clearTimeout(this.timer);
      clearTimeout(this.later);
      this.stops.forEach((stop) => typeof stop === "function" && stop());
      M.open.delete(this);
    }
  }

  function icon(path) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 18 18");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(space, "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }

  /** Rows of a live state by key, whether it keeps a Map, an object or a list. */
  M.rowsByKey = function (state) {
    const { rows } = state;
    if (rows instanceof Map) return rows;
    const list = Array.isArray(rows) ? rows : Object.values(rows || {});
    return new Map(list.map((row) => [row.key, row]));
  };

  /** Ring around what was chosen. */
  M.paintSelected = function (context, view, scene, now) {
    const at = M.selectedPlace(scene, now);
    if (!at) return;
    context.beginPath();
    context.arc(at[0] * view.scale - view.originX, at[1] * view.scale - view.originY, 16 * view.ui, 0, 6.2832);
    context.strokeStyle = scene.theme.select;
    context.lineWidth = 1.6 * view.ui;
    context.stroke();
  };

  M.selectedPlace = function (scene, now) {
    const chosen = scene.selected;
    if (!chosen) return null;
    if (chosen.kind === "alert") {
      const row = scene.alerts.find((a) => a.key === chosen.id);
      return row ? M.alertPlace(row, scene, now) : null;
    }
    const row = { subject_kind: chosen.kind, subject: chosen.id };
    if (["vehicle", "vessel", "block", "gate"].includes(chosen.kind)) return M.alertPlace(row, scene, now);
    const items = (scene.geo && scene.geo.port[chosen.kind]) || [];
    const item = items.find((f) => f.id === chosen.id);
    return item ? [item.x, item.y] : null;
  };

  M.open = new Set();

  function install() {
    root.L.Map.addInitHook(function () {
      const element = this.getContainer().closest(".port-map");
      if (!element) return;
      this.whenReady(() => {
        const joined = new PortMap(this, element);
        M.open.add(joined);
        this.on("unload", () => joined.stop());
      });
    });
  }

  if (root.L) install();
  else {
    const waiting = setInterval(() => {
      if (!root.L) return;
      clearInterval(waiting);
      install();
    }, 20);
  }
})(window);
