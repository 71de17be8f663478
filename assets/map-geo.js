/**
 * Map, part 2: the coast and the port, fetched once per page and projected once.
 *
 * World coordinates are Web Mercator with the whole earth in 0..1; times 256 * 2^zoom they are
 * Leaflet's pixels, so one multiplication and one subtraction place a point.
 */
(function (root) {
  "use strict";
  const M = (root.cockpitMap = root.cockpitMap || {});
  const EARTH_METRES = 40075016.686;

  M.worldX = (lon) => (lon + 180) / 360;
  M.worldY = function (lat) {
    const sin = Math.sin((lat * Math.PI) / 180);
    return 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI);
  };
  /** Metres on the ground per world unit at a latitude in degrees. */
  M.metresPerWorld = (lat) => EARTH_METRES * Math.cos((lat * Math.PI) / 180);

  /** Flat [x0, y0, x1, y1, ...] in world units of a list of [lon, lat]. */
  function flat(points) {
    const out = new Float64Array(points.length * 2);
    points.forEach(([lon, lat], i) => {
      out[2 * i] = M.worldX(lon);
      out[2 * i + 1] = M.worldY(lat);
    });
    return out;
  }

  function boundsOf(line) {
    let [west, north, east, south] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < line.length; i += 2) {
      west = Math.min(west, line[i]);
      east = Math.max(east, line[i]);
      north = Math.min(north, line[i + 1]);
      south = Math.max(south, line[i + 1]);
    }
    return { west, north, east, south };
  }

  function feature(raw) {
    const { type, coordinates } = raw.geometry;
    const lines = type === "Point" ? [coordinates] : type === "LineString" ? coordinates : coordinates[0];
    const line = flat(type === "Point" ? [coordinates] : lines);
    const rings = type === "Polygon" ? coordinates.map(flat) : [line];
    const box = boundsOf(line);
    return { ...raw.properties, rings, line, box, x: (box.west + box.east) / 2, y: (box.north + box.south) / 2 };
  }

  /** Oriented box of a four-cornered ring: centre, long and short axis in world units. */
  function orient(block) {
    const r = block.rings[0];
    const one = [r[2] - r[0], r[3] - r[1]];
    const two = [r[4] - r[2], r[5] - r[3]];
    const [long, short] = Math.hypot(...one) >= Math.hypot(...two) ? [one, two] : [two, one];
    const turn = long[0] < 0 || (long[0] === 0 && long[1] < 0) ? -1 : 1; // text reads left to right
    block.long = [long[0] * turn, long[1] * turn];
    block.short = short;
    block.x = (r[0] + r[4]) / 2;
    block.y = (r[1] + r[5]) / 2;
    block.length = Math.hypot(...long);
    block.width = Math.hypot(...short);
    block.angle = Math.atan2(block.long[1], block.long[0]);
    return block;
  }

  /** Coast segments without the cut edges of the extract's box. */
  function coastOf(ring, box) {
    const near = (a, b) => Math.abs(a - b) < 1e-9;
    const cut = (x, y) => [near(x, box.west) && 1, near(x, box.east) && 2, near(y, box.north) && 4, near(y, box.south) && 8];
    const lines = [];
    let line = [];
    for (let i = 0; i < ring.length; i += 2) {
      const edges = cut(ring[i], ring[i + 1]);
      const before = i ? cut(ring[i - 2], ring[i - 1]) : [];
      if (edges.some((e, k) => e && e === before[k])) {
        if (line.length > 2) lines.push(Float64Array.from(line));
        line = [];
      }
      line.push(ring[i], ring[i + 1]);
    }
    if (line.length > 2) lines.push(Float64Array.from(line));
    return lines;
  }

  function land(raw) {
    const all = raw.features.map(feature);
    const bbox = raw.bbox || [-180, -85, 180, 85];
    const box = { west: M.worldX(bbox[0]), south: M.worldY(bbox[1]), east: M.worldX(bbox[2]), north: M.worldY(bbox[3]) };
    for (const item of all) item.coast = item.rings.flatMap((ring) => coastOf(ring, box));
    return { features: all, box };
  }

  /** Unit vector from the nearest terminal to an area: the side where its name has room. */
  function awayFrom(area, terminals) {
    const far = (t) => Math.hypot(area.x - t.x, area.y - t.y);
    const near = terminals.reduce((best, t) => (best && far(best) <= far(t) ? best : t), null);
    if (!near) return [0, 1];
    const [lx, ly] = area.short;
    const side = (area.x - near.x) * lx + (area.y - near.y) * ly < 0 ? -1 : 1;
    return [(side * lx) / area.width, (side * ly) / area.width];
  }

  function port(raw) {
    const kinds = {};
    for (const item of raw.features) (kinds[item.properties.kind] = kinds[item.properties.kind] || []).push(feature(item));
    for (const kind of ["terminal", "block", "area", "berth", "gate", "platform", "road", "fairway", "anchorage", "label"]) {
      kinds[kind] = kinds[kind] || [];
    }
    kinds.block.forEach(orient);
    kinds.area.forEach(orient);
    for (const terminal of kinds.terminal) {
      orient(terminal);
      const quays = kinds.berth.filter((b) => b.terminal === terminal.id);
      const mean = (axis) => quays.reduce((sum, b) => sum + b[axis], 0) / (quays.length || 1);
      terminal.inland = quays.length ? [terminal.x - mean("x"), terminal.y - mean("y")] : [0, 0];
    }
    for (const area of kinds.area) area.away = awayFrom(area, kinds.terminal);
    return kinds;
  }

  async function fetchJson(url) {
    const answer = await fetch(root.cockpitFile ? root.cockpitFile(url) : url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.json();
  }

  const cache = new Map();

  /**
   * Coast and port of a folder, fetched once per page however often the map is opened.
   * @param {string} folder URL of the folder with land.geojson and port.geojson
   * @returns {Promise<{land: Object, port: Object}>}
   */
  M.loadGeo = function (folder) {
    if (!cache.has(folder)) {
      const both = Promise.all([fetchJson(`${folder}/land.geojson`), fetchJson(`${folder}/port.geojson`)]);
      const ready = both.then(([coast, plan]) => ({ land: land(coast), port: port(plan) }));
      cache.set(folder, ready);
      ready.catch(() => cache.delete(folder)); // a later map may try again
    }
    return cache.get(folder);
  };

  /** West, north, east, south in world units around what people look at: terminals and areas. */
  M.portBox = function (plan) {
    const shown = [...plan.terminal, ...plan.area];
    if (!shown.length) return null;
    return shown.reduce(
      (box, item) => ({
        west: Math.min(box.west, item.box.west), north: Math.min(box.north, item.box.north),
        east: Math.max(box.east, item.box.east), south: Math.max(box.south, item.box.south),
      }),
      { west: 1, north: 1, east: 0, south: 0 },
    );
  };

  /** "west south east north" in degrees as a box in world units. */
  M.boxOf = function (words) {
    const [west, south, east, north] = words.split(" ").map(Number);
    return { west: M.worldX(west), north: M.worldY(north), east: M.worldX(east), south: M.worldY(south) };
  };

  M.lonOf = (x) => x * 360 - 180;
  M.latOf = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
})(window);
