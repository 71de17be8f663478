/**
 * Frames into states: the browser's half of live/columns.py, live/rows.py and live/hashing.py.
 * Pure: knows no page and no socket.
 */
(function () {
  "use strict";

  const SEEN_EPOCH = 1767225600; // as in live/columns.py
  const UNSEEN = -2147483648;
  const ESCAPE = -128;
  const COLUMNS = ["lon", "lat", "speed", "heading", "status", "seen", "recorded"];

  // Whole numbers on the wire -> what readers get.
  const DEGREES = (v) => v / 1e5;
  const SECONDS = (v) => (v === UNSEEN ? NaN : v + SEEN_EPOCH);
  const SHOWN = {
    lon: DEGREES,
    lat: DEGREES,
    speed: (v) => (v < 0 ? NaN : v / 10),
    heading: (v) => (v < 0 ? NaN : v),
    status: (v) => v,
    seen: SECONDS,
    recorded: SECONDS,
  };

  /**
   * Apply a frame.
   * @param {Object|null} state  what we have, or null
   * @param {Object} frame  {t, s, k, full} or {t, s, b, d}; `at`: epoch seconds it was published
   * @returns {Object|null} the new state (updated in place), null when the frame does not follow
   */
  function apply(state, frame) {
    if (frame.full !== undefined) {
      const made = { columns: fullColumns, rows: fullRows, value: fullValue }[frame.k](frame.full);
      made.kind = frame.k;
      made.topic = frame.t;
      made.seq = frame.s;
      made.published = frame.at;
      return made;
    }
    if (!state || state.seq !== frame.b) return null;
    if (state.kind === "columns") {
      state.full = false;
      state.fresh = [];
    }
    const step = { columns: stepColumns, rows: stepRows, value: stepValue }[state.kind];
    for (const delta of frame.d) step(state, delta);
    state.seq = frame.s;
    state.published = frame.at;
    return state;
  }

  // ---- values ----
  function fullValue(full) {
    return { value: full.value, error: full.error };
  }

  function stepValue(state, delta) {
    Object.assign(state, delta);
  }

  // ---- rows ----
  function fullRows(full) {
    const rows = new Map(full.rows.map((row) => [row.key, row]));
    return { head: full.head, rows, order: Array.from(rows.keys()) };
  }

  function stepRows(state, delta) {
    if (delta.head) state.head = Object.assign({}, state.head, delta.head);
    for (const key of delta.del || []) state.rows.delete(key);
    for (const row of delta.set || []) state.rows.set(row.key, row);
    for (const key in delta.patch || {}) state.rows.set(key, Object.assign({}, state.rows.get(key), delta.patch[key]));
    if (delta.order) state.rows = new Map(delta.order.map((key) => [key, state.rows.get(key)]));
    if (delta.order || delta.set || delta.del) state.order = Array.from(state.rows.keys());
  }

  // ---- columns ----
  function bytes(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const text = atob(base64);
    const out = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
    return out;
  }

  /** A packed column as whole numbers, see pack_values in live/columns.py. */
  function unpacked(packed, n) {
    if (typeof packed === "number") return new Int32Array(n).fill(packed);
    const data = bytes(packed.b || packed.w || packed.l).buffer; // little-endian, as every machine browsers run on
    const above = packed.b !== undefined ? new Uint8Array(data) : packed.w !== undefined ? new Uint16Array(data) : new Uint32Array(data);
    const out = new Int32Array(n);
    for (let i = 0; i < n; i++) out[i] = packed.o + above[i];
    return out;
  }

  function fullColumns(full) {
    const state = { head: full.head, n: full.ids.length, ids: full.ids, labels: full.labels, raw: {}, full: true, fresh: [] };
    for (const name of COLUMNS) {
      state.raw[name] = unpacked(full[name], state.n);
      state[name] = new (name === "status" ? Int16Array : Float64Array)(state.n);
      show(state, name, 0, state.n);
    }
    return state;
  }

  /** Bring the readers' column in step with the raw one, from slot `from` to before `to`. */
  function show(state, name, from, to) {
    const shown = SHOWN[name];
    const raw = state.raw[name];
    const column = state[name];
    for (let i = from; i < to; i++) column[i] = shown(raw[i]);
  }

  /** Room for at least n slots; grows by half so that it happens seldom. */
  function grow(state, n) {
    if (n > state.raw.lon.length) {
      const room = Math.ceil(n * 1.5) + 16;
      for (const name of COLUMNS) {
        const raw = new Int32Array(room);
        raw.set(state.raw[name]);
        state.raw[name] = raw;
        const column = new state[name].constructor(room);
        column.set(state[name]);
        state[name] = column;
      }
    }
    for (let i = state.n; i < n; i++) state.ids[i] = state.labels[i] = "";
    state.n = Math.max(state.n, n);
  }

  function stepColumns(state, delta) {
    if (delta.head) state.head = delta.head;
    for (const slot of delta.free || []) put(state, slot, "", "", [0, 0, 0, 0, 0, 0, 0]);
    if (delta.new) {
      grow(state, 1 + delta.new.reduce((top, row) => Math.max(top, row[0]), -1));
      for (const [slot, id, label, ...values] of delta.new) {
        put(state, slot, id, label, values);
        state.fresh.push(slot);
      }
    }
    for (const [slot, label] of delta.labels || []) state.labels[slot] = label;
    const slots = delta.rows && cumulated(delta.rows);
    for (const name of COLUMNS) {
      if (delta[name] === undefined) continue;
      addSteps(state.raw[name], delta[name], slots, state.n);
      if (slots) for (const slot of slots) show(state, name, slot, slot + 1);
      else show(state, name, 0, state.n);
    }
  }

  function put(state, slot, id, label, values) {
    state.ids[slot] = id;
    state.labels[slot] = label;
    COLUMNS.forEach((name, i) => {
      state.raw[name][slot] = values[i];
      show(state, name, slot, slot + 1);
    });
  }

  /** Gaps to indexes: [3, 1, 4] -> [3, 4, 8]. */
  function cumulated(gaps) {
    let at = 0;
    return gaps.map((gap) => (at += gap));
  }

  /** Add the differences of one column; see pack_steps in live/columns.py for the four forms. */
  function addSteps(raw, steps, slots, n) {
    const count = slots ? slots.length : n;
    if (typeof steps === "number") {
      for (let i = 0; i < count; i++) raw[slots ? slots[i] : i] += steps;
    } else if (steps.a !== undefined) {
      let wide = 0;
      for (let i = 0; i < count; i++) {
        const code = steps.a.charCodeAt(i); // "#" escape, "$" -45 ... "~" 44, without the backslash
        raw[slots ? slots[i] : i] += code === 35 ? steps.x[wide++] : code - (code > 92 ? 82 : 81);
      }
    } else if (steps.b !== undefined) {
      const packed = new Int8Array(bytes(steps.b).buffer);
      let wide = 0;
      for (let i = 0; i < count; i++) {
        raw[slots ? slots[i] : i] += packed[i] === ESCAPE ? steps.x[wide++] : packed[i];
      }
    } else {
      cumulated(steps.i).forEach((at, i) => {
        raw[slots ? slots[at] : at] += steps.d[i];
      });
    }
  }

  // ---- state hash ----
  const CRC = new Int32Array(256).map((_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
    return n;
  });

  function crc32(data, crc) {
    crc = ~crc;
    for (let i = 0; i < data.length; i++) crc = (crc >>> 8) ^ CRC[(crc ^ data[i]) & 255];
    return ~crc;
  }

  const encoder = new TextEncoder();

  function canonical(value) {
    if (value === null || value === undefined) return "n";
    if (value === true) return "t";
    if (value === false) return "f";
    if (typeof value === "number") return canonicalNumber(value);
    if (typeof value === "string") return "s" + encoder.encode(value).length + ":" + value;
    if (Array.isArray(value)) return "[" + value.map(canonical).join("") + "]";
    const keys = Object.keys(value).sort(); // by UTF-16 units, as live/hashing.py does
    return "{" + keys.map((key) => canonical(key) + canonical(value[key])).join("") + "}";
  }

  function canonicalNumber(value) {
    if (Number.isInteger(value) && Math.abs(value) <= 2 ** 53) return "i" + (value === 0 ? 0 : value) + ";";
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return "d" + view.getBigUint64(0).toString(16).padStart(16, "0");
  }

  /** @returns {string} eight hex digits, equal to live.hub.Hub.state_hash of the same state; "" between two pictures */
  function hash(state) {
    if (state.source === "playback") return "";
    let crc;
    if (state.kind === "columns") {
      const head = [state.head, state.ids.slice(0, state.n), state.labels.slice(0, state.n)];
      crc = crc32(encoder.encode(canonical(head)), 0);
      for (const name of COLUMNS) {
        const view = new DataView(new ArrayBuffer(4 * state.n));
        for (let i = 0; i < state.n; i++) view.setInt32(4 * i, state.raw[name][i], true);
        crc = crc32(new Uint8Array(view.buffer), crc);
      }
    } else {
      const rest = state.kind === "rows" ? [state.head, Array.from(state.rows.values())] : [state.value, state.error];
      crc = crc32(encoder.encode(canonical(rest)), 0);
    }
    return (crc >>> 0).toString(16).padStart(8, "0");
  }

  /** Are two plain values alike? */
  function same(a, b) {
    if (a === b) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
  }

  window.cockpit.parts.codec = { apply, hash, canonical, same, unpacked };
})();
