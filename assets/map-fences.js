/**
 * The pen for fences: draws what stands in the form's list of corners on the map, and writes into it.
 *
 * The text is the truth, so the keyboard alone is enough: a corner a line, longitude and latitude. A click on the map
 * adds a corner, a corner can be dragged, Delete or a right click takes it away.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  const LOOK_MS = 200; // React changes the text without an event

  const field = () => document.getElementById("fence-corners");
  const isLine = () => Boolean(document.querySelector('#fence-kind input[value="waiting_line"]:checked'));

  function corners(text) {
    return text
      .split("\n")
      .map((line) => line.trim().split(/[\s,，]+/).map(Number))
      .filter((pair) => pair.length === 2 && pair.every(Number.isFinite) && Math.abs(pair[1]) <= 90);
  }

  function write(points) {
    const area = field();
    if (!area) return;
    const text = points.map(([lon, lat]) => `${lon.toFixed(6)} ${lat.toFixed(6)}`).join("\n");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(area, text);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  class Pen {
    constructor(map) {
      this.map = map;
      this.seen = null;
      this.group = root.L.layerGroup().addTo(map);
      this.click = (event) => field() && write([...corners(field().value), [event.latlng.lng, event.latlng.lat]]);
      map.doubleClickZoom.disable();
      map.on("click", this.click);
      this.timer = setInterval(() => this.look(), LOOK_MS);
    }

    look() {
      const area = field();
      const now = area ? `${area.value}|${isLine()}` : "";
      if (now === this.seen || this.dragging) return;
      this.seen = now;
      this.draw(area ? corners(area.value) : []);
    }

    draw(points) {
      const L = root.L;
      this.group.clearLayers();
      if (!points.length) return;
      const places = points.map(([lon, lat]) => [lat, lon]);
      const style = { className: "fence-pen", interactive: false };
      this.shape = (isLine() ? L.polyline(places, style) : L.polygon(places, style)).addTo(this.group);
      points.forEach((point, at) => this.corner(points, at));
    }

    corner(points, at) {
      const L = root.L;
      const icon = L.divIcon({ className: "fence-corner", iconSize: [14, 14] });
      const words = `${at + 1}: ${points[at].map((part) => part.toFixed(5)).join(" ")}`;
      const mark = L.marker([points[at][1], points[at][0]], { icon, draggable: true, title: words, alt: words });
      const without = () => write(points.filter((_, place) => place !== at));
      mark.on("dragstart", () => (this.dragging = true));
      mark.on("drag", () => {
        const { lng, lat } = mark.getLatLng();
        points[at] = [lng, lat];
        this.shape.setLatLngs(points.map(([lon, north]) => [north, lon]));
      });
      mark.on("dragend", () => {
        this.dragging = false;
        write(points);
      });
      mark.on("contextmenu", without);
      mark.on("keydown", (event) => ["Delete", "Backspace"].includes(event.originalEvent.key) && without());
      mark.addTo(this.group);
    }

    stop() {
      clearInterval(this.timer);
      this.map.off("click", this.click);
    }
  }

  /** Give a map of fences its pen; nothing on other maps. Returns what takes it away. */
  M.takePen = function (map, element) {
    if (!element.closest(".fence-map")) return () => {};
    const pen = new Pen(map);
    return () => pen.stop();
  };
})(window);
