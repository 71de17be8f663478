/**
 * Map, part 4: two canvases on the map, one for what stands (coast, port, yard) and one for what
 * moves. Leaflet's Renderer moves and scales them by CSS while people pan and zoom; they are painted
 * again when the movement ends, or earlier when a drag would show an edge.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  const PADDING = 0.12; // share of the view drawn beyond each side
  let Layer = null;

  function defineLayer(L) {
    return L.Renderer.extend({
      options: { padding: PADDING, pane: "overlayPane" },

      initialize(paint) {
        this._paint = paint;
        L.Renderer.prototype.initialize.call(this, { padding: PADDING });
      },

      _initContainer() {
        this._container = L.DomUtil.create("div", "port-map-layers");
        this.still = L.DomUtil.create("canvas", "port-map-still", this._container);
        this.moving = L.DomUtil.create("canvas", "port-map-moving", this._container);
        for (const canvas of [this.still, this.moving]) {
          canvas.setAttribute("aria-hidden", "true");
          canvas.style.cssText = "position:absolute;left:0;top:0;pointer-events:none";
        }
      },

      _destroyContainer() {
        L.DomUtil.remove(this._container);
        this.still.width = this.still.height = this.moving.width = this.moving.height = 0; // give memory back
        delete this._container;
      },

      getEvents() {
        return { ...L.Renderer.prototype.getEvents.call(this), move: this._followDrag };
      },

      /** A drag beyond the drawn margin is painted at once; within it the finished picture just moves. */
      _followDrag() {
        if (this._map._animatingZoom || this._map.getZoom() !== this._zoom) return;
        const size = this._map.getSize();
        const shift = this._map.containerPointToLayerPoint([0, 0]).subtract(this._bounds.min);
        const room = size.multiplyBy(PADDING);
        const out = (at, margin) => at < 0 || at > 2 * margin;
        if (out(shift.x, room.x) || out(shift.y, room.y)) this._update();
      },

      _updatePaths() {}, // Leaflet's vectors do not live here

      _update() {
        if (this._map._animatingZoom && this._bounds) return;
        L.Renderer.prototype._update.call(this);
        L.DomUtil.setPosition(this._container, this._bounds.min);
        this.view = this._view();
        if (this.view.width > 0 && this.view.height > 0) this._paint(this.view);
      },

      /** What a painter needs to know: pixels, scale, metres a pixel, symbol size. */
      _view() {
        const size = this._bounds.getSize();
        const origin = this._map.getPixelOrigin().add(this._bounds.min);
        const scale = 256 * 2 ** this._zoom;
        const ratio = Math.min(3, root.devicePixelRatio || 1);
        for (const canvas of [this.still, this.moving]) fit(canvas, size, ratio);
        return {
          width: size.x, height: size.y, ratio, scale, originX: origin.x, originY: origin.y, zoom: this._zoom,
          metres: M.metresPerWorld(this._center.lat) / scale,
          ui: 1, grain: 1, // set by the painter: symbol size, and metres per pixel of a symbol-sized screen
          seenX: (size.x * PADDING) / (1 + 2 * PADDING), seenY: (size.y * PADDING) / (1 + 2 * PADDING),
        };
      },

      /** Place on the canvas of a mouse event on the map. */
      canvasPoint(event) {
        return this._map.mouseEventToLayerPoint(event).subtract(this._bounds.min);
      },
    });
  }

  function fit(canvas, size, ratio) {
    const width = Math.round(size.x * ratio);
    const height = Math.round(size.y * ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
  }

  /**
   * The layer for a map.
   * @param {function(Object)} paint called with the view whenever everything must be painted
   */
  M.createLayer = function (paint) {
    Layer = Layer || defineLayer(root.L);
    return new Layer(paint);
  };

  /** A cleared drawing context in CSS pixels. */
  M.cleared = function (canvas, view) {
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    return context;
  };

  /** Does a box in world units touch the view? */
  M.inView = function (box, view) {
    return (
      box.east * view.scale - view.originX >= 0 && box.west * view.scale - view.originX <= view.width &&
      box.south * view.scale - view.originY >= 0 && box.north * view.scale - view.originY <= view.height
    );
  };

  /** Add a flat line of world units to the current path. */
  M.trace = function (context, line, view, close) {
    for (let i = 0; i < line.length; i += 2) {
      const x = line[i] * view.scale - view.originX;
      const y = line[i + 1] * view.scale - view.originY;
      if (i) context.lineTo(x, y);
      else context.moveTo(x, y);
    }
    if (close) context.closePath();
  };
})(window);
