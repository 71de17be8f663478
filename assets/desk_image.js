/**
 * A chart or a map as a picture for a report, in the palette worn: title above; below what else the tile says, then
 * port, moment and origin.
 */
(function (root) {
  "use strict";
  const desk = root.cockpitDesk;
  const SCALE = 2; // twice the pixels, for paper
  const EDGE = 16;
  const LINE = 20;
  const CHART = { width: 960, height: 432 }; // a tile as wide as the screen would be a ribbon with illegible words
  const MARGIN = { l: 76, r: 28, t: 24, b: 12 }; // pictures are set in the system's font, wider than what the page measured
  const NOTES = "header .aside, .cause, .facts > div, .forecast-words > *, .port-map-counts, .port-map-age.late, .port-map-age.lost";

  /**
   * @param {Element} tile
   * @param {string} title
   * @returns {Promise<Blob|null>}  a PNG; null when nothing is drawn there
   */
  desk.imageOf = async function (tile, title) {
    const plot = tile.querySelector(".js-plotly-plot");
    const map = tile.matches(".port-map") ? tile : tile.querySelector(".port-map");
    const drawn = plot ? await chartImage(plot) : map ? await mapImage(map) : null;
    if (!drawn) return null;
    const about = desk.text("desk.export_image", { port: said(".brand b"), time: shownTime(), zone: said(".now .zone"), origin: await origins() });
    const lines = [notes(tile), about, map ? map.querySelector(".port-map-attribution").textContent : ""];
    return framed(drawn, tile, title, lines.filter(Boolean));
  };

  const said = (selector) => (document.querySelector(selector) || { textContent: "" }).textContent.trim();

  /** What the tile says in words: method, limits, subject, why it is old. */
  function notes(tile) {
    const words = (part) => Array.from(part.children.length ? part.childNodes : [part], (one) => one.textContent.trim()).filter(Boolean).join(" ");
    return Array.from(tile.querySelectorAll(NOTES), words).filter(Boolean).join(" · ");
  }

  /** The moment as the page says it: the past one of the time bar, else the clock. */
  function shownTime() {
    const past = document.body.dataset.time !== "live" && said("[data-time-text]");
    return past || said("#clock") || new Date().toISOString();
  }

  /** The server knows where the data come from; it says so in every file. */
  async function origins() {
    const answer = await fetch("/api/v1/feeds", { cache: "no-store" }).catch(() => null);
    const rows = answer && answer.ok ? (await answer.json()).rows || [] : [];
    const found = Array.from(new Set(rows.map((row) => row.origin).filter(Boolean))).sort();
    return found.map((origin) => desk.text(`origin.${origin}`)).join(", ") || "–";
  }

  async function chartImage(plot) {
    const { palette } = root.cockpit; // the styles colour what is on the screen; the image must be told
    const figure = palette ? palette.paint({ data: plot.data.map(untyped), layout: plot.layout }) : { data: plot.data, layout: plot.layout };
    figure.layout = { ...figure.layout, margin: MARGIN };
    const source = await root.Plotly.toImage(figure, { format: "png", ...CHART, scale: SCALE });
    return { ...CHART, paint: [[await loaded(source), 0, 0, CHART.width, CHART.height]], legend: [] };
  }

  /** A trace with plain lists: what is painted goes through JSON. */
  const untyped = (trace) => Object.fromEntries(Object.entries(trace).map(([key, value]) => [key, ArrayBuffer.isView(value) ? Array.from(value) : value]));

  async function mapImage(map) {
    const box = map.getBoundingClientRect();
    const paint = [];
    for (const layer of map.querySelectorAll(".leaflet-container canvas, .leaflet-overlay-pane svg")) {
      const at = layer.getBoundingClientRect();
      // not laid out yet: nothing to paint, and no source to paint from
      if (!at.width || !at.height || layer.width === 0 || layer.height === 0) continue;
      const source = layer.matches("svg") ? await loaded("data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(layer))) : layer;
      paint.push([source, at.left - box.left, at.top - box.top, at.width, at.height]);
    }
    const legend = Array.from(map.querySelectorAll(".port-map-legend > span"));
    return paint.length ? { width: box.width, height: box.height, paint, legend } : null;
  }

  function loaded(source) {
    return new Promise((done, failed) => {
      const one = new Image();
      one.onload = () => done(one);
      one.onerror = () => failed(new Error("image"));
      one.src = source;
    });
  }

  /** On the tile's own ground, in the ink of its palette. */
  function framed(drawn, tile, title, lines) {
    const body = getComputedStyle(document.body);
    const solid = (value) => (/rgba\(.*, 0\)|transparent/.test(value) ? null : value);
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    const small = `12px ${body.fontFamily}`;
    context.font = small;
    const rows = lines.flatMap((words) => wrapped(context, words, drawn.width));
    const head = EDGE + LINE + EDGE / 2;
    const under = head + drawn.height + EDGE;
    const keyed = drawn.legend.length ? LINE * legend(context, drawn.legend, 0, 0, drawn.width, false) : 0;
    canvas.width = Math.round((drawn.width + 2 * EDGE) * SCALE);
    canvas.height = Math.round((under + keyed + rows.length * LINE + EDGE / 2) * SCALE);
    context.scale(SCALE, SCALE);
    context.fillStyle = solid(getComputedStyle(tile.closest(".tile") || tile).backgroundColor) || solid(body.backgroundColor) || "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    paint(context, drawn, head);
    const ink = body.color;
    context.fillStyle = ink;
    context.font = `600 15px ${body.fontFamily}`;
    context.fillText(title, EDGE, EDGE + 10);
    context.font = small;
    if (keyed) legend(context, drawn.legend, EDGE, under + 4, drawn.width, ink);
    rows.forEach((words, i) => context.fillText(words, EDGE, under + keyed + i * LINE + 4));
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  /** A map's canvases are larger than what is seen of them. */
  function paint(context, drawn, top) {
    context.save();
    context.beginPath();
    context.rect(EDGE, top, drawn.width, drawn.height);
    context.clip();
    for (const [source, x, y, width, height] of drawn.paint) context.drawImage(source, EDGE + x, top + y, width, height);
    context.restore();
  }

  /** Lines no wider than the picture, broken between statements. */
  function wrapped(context, words, width) {
    const lines = [];
    for (const part of words.split(" · ")) {
      const longer = lines.length ? `${lines[lines.length - 1]} · ${part}` : part;
      if (lines.length && context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(part);
    }
    return lines;
  }

  /** The map's legend in rows; without ink it is only measured. Returns the number of rows. */
  function legend(context, entries, left, top, width, ink) {
    const [mark, gap] = [11, 18];
    let [x, row] = [0, 0];
    for (const entry of entries) {
      const wide = mark + 6 + context.measureText(entry.textContent).width;
      if (x && x + wide > width) [x, row] = [0, row + 1];
      if (ink) {
        sign(context, entry.querySelector("i"), left + x, top + row * LINE - 10, mark);
        context.fillStyle = ink;
        context.fillText(entry.textContent, left + x + mark + 6, top + row * LINE);
      }
      x += wide + gap;
    }
    return row + 1;
  }

  /** A mark of the legend as its styles shape it: a polygon, a circle, an inset box, or a hollow one. */
  function sign(context, element, x, y, size) {
    const { clipPath, backgroundColor, borderTopColor } = getComputedStyle(element);
    const share = (text) => (Array.from(text.matchAll(/-?[\d.]+/g), (one) => Number(one[0]) / 100));
    const shape = share(clipPath);
    context.fillStyle = backgroundColor;
    context.strokeStyle = borderTopColor;
    context.beginPath();
    if (clipPath.startsWith("polygon")) for (let i = 0; i < shape.length; i += 2) context.lineTo(x + shape[i] * size, y + shape[i + 1] * size);
    else if (clipPath.startsWith("circle")) context.arc(x + size / 2, y + size / 2, shape[0] * size, 0, 2 * Math.PI);
    else if (clipPath.startsWith("inset")) {
      const [up, side = up] = shape;
      context.rect(x + side * size, y + up * size, size * (1 - 2 * side), size * (1 - 2 * up));
    } else return context.strokeRect(x + 2, y + 2, size - 4, size - 4);
    context.closePath();
    context.fill();
  }
})(window);
