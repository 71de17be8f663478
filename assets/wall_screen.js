/**
 * A screen of a wall: who it is, what the supervisor set (live topic `screens`), what it tells of itself
 * every ten seconds, dimming, and loading anew by night. Without `screen=` in the address it only dims.
 */
(function () {
  "use strict";
  const { cockpit } = window;
  const wall = cockpit && cockpit.parts.wall;
  if (!wall) return;

  const TELL_MS = 10_000;
  const FRAMES_MS = 1000;
  const LOOK_MS = 1000;
  const REFRESH_MINUTES = 10; // the nightly refresh comes that late on a screen that was busy at its minute
  const LEAST_UPTIME_MS = (60 + REFRESH_MINUTES + 1) * 60_000; // and once, also in the night whose clocks go back
  const DAY_MINUTES = 1440;
  const began = performance.now();
  let errors = 0;
  let fps = null; // not counted yet
  let reloads = null; // as first seen: a change is an order
  let rows = new Map();
  let stop = null;
  let teller = 0;

  const id = () => (wall.told ? wall.told.screen : "");
  const now = () => cockpit.serverNow();

  // ---- telling ----
  /** Frames drawn in a second; a hidden tab draws none. */
  function countFrames() {
    let frames = 0;
    const since = performance.now();
    const frame = (at) => {
      frames++;
      if (at - since < FRAMES_MS) requestAnimationFrame(frame);
      else fps = Math.round((frames * 1000) / (at - since));
    };
    if (document.visibilityState === "visible") requestAnimationFrame(frame);
    else fps = 0;
  }

  function health() {
    const { time } = cockpit;
    return {
      fps, errors, width: window.innerWidth, height: window.innerHeight, ratio: window.devicePixelRatio || 1,
      version: cockpit.version || "", connection: cockpit.connection, shows: wall.scene,
      clock_error_seconds: Math.round((Date.now() - now()) / 100) / 10,
      uptime_seconds: Math.round((performance.now() - began) / 1000),
      sound: cockpit.parts.sound ? cockpit.parts.sound.state() : "", past: Boolean(time && time.mode !== "live"), crowded: Boolean(wall.crowded),
    };
  }

  function tell(more) {
    if (!id()) return;
    const body = JSON.stringify({ ...health(), ...more });
    const headers = window.cockpitHeaders();
    fetch(`/api/v1/screens/${encodeURIComponent(id())}/report`, { method: "POST", headers, body }).catch(() => {}); // the next one says it too
  }

  wall.tellHold = (scene, seconds) => wall.row.wall && tell({ hold: { scene, seconds } });

  /** The newest hold of a screen of the same wall. */
  wall.held = function () {
    if (!wall.row.wall) return null;
    let best = null;
    for (const row of rows.values()) {
      if (row.wall !== wall.row.wall || !row.hold_until) continue;
      const at = row.hold_until - wall.told.hold; // when it began, or before: an early end is newer by its own
      if (!best || row.hold_until > best.until) best = { scene: row.hold_scene, at, until: row.hold_until };
    }
    return best;
  };

  // ---- obeying ----
  function obey(state) {
    rows = state.rows;
    const row = rows.get(id());
    if (!row) return;
    const before = wall.row;
    wall.row = row;
    if (row.palette !== before.palette) wear(row.palette, before.palette !== undefined);
    if (reloads !== null && row.reloads !== reloads) cockpit.parts.page.reloadOnceServed();
    reloads = row.reloads;
    name(row);
    dim();
    wall.turn();
    wall.arrange();
  }

  /** The palette set for this screen; kept for the first paint after a reload. */
  function wear(palette, changed) {
    try {
      if (palette) localStorage.setItem("cockpit_wall_palette", palette);
      else localStorage.removeItem("cockpit_wall_palette");
    } catch (error) {
      console.warn("wall: the palette cannot be kept", error.name);
    }
    const { palette: worn } = cockpit;
    if (worn && worn.set && (palette || changed)) worn.set(palette || "auto", { remember: false });
  }

  /** Who am I, in letters for the far end of the room, while somebody wants to know. */
  function name(row) {
    let sign = document.querySelector(".wall-name");
    const shown = row.named_until * 1000 > now();
    if (!sign && shown) {
      sign = Object.assign(document.createElement("div"), { className: "wall-name" });
      document.body.append(sign);
    }
    if (!sign) return;
    const words = shown ? [row.name, row.key, row.part].filter(Boolean).join(" · ") : "";
    if (sign.textContent !== words) sign.textContent = words;
    sign.hidden = !shown;
  }

  // ---- the port's clock: dimming, nightly refresh ----
  function portMinute() {
    const parts = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: wall.told.zone };
    const [hour, minute] = new Intl.DateTimeFormat("sv-SE", parts).format(new Date(now())).split(":").map(Number);
    return (hour % 24) * 60 + minute;
  }

  /** A black sheet over everything, cheaper than a filter; level I lifts it, and somebody who looks at the past. */
  function dim() {
    let sheet = document.querySelector(".wall-dim");
    if (!sheet) {
      sheet = Object.assign(document.createElement("div"), { className: "wall-dim" });
      document.body.append(sheet);
    }
    const plan = wall.plan();
    const needed = (plan && plan.level === 1) || (cockpit.time && cockpit.time.mode !== "live");
    const share = needed ? 1 : wall.row.brightness || cockpitWall.brightness(wall.told.brightness, portMinute());
    const opacity = (1 - share).toFixed(3);
    if (sheet.style.opacity !== opacity) sheet.style.opacity = opacity;
  }

  function refresh() {
    const since = (portMinute() - wall.told.refresh + DAY_MINUTES) % DAY_MINUTES;
    if (performance.now() - began > LEAST_UPTIME_MS && since < REFRESH_MINUTES) cockpit.parts.page.reloadOnceServed();
  }

  let looks = 0;
  function look() {
    if (!wall.told) return;
    if (wall.row.named_until) name(wall.row);
    if (looks++ % 15) return;
    dim();
    refresh();
  }

  wall.starts.push(() => {
    if (stop) stop();
    stop = id() ? cockpit.subscribe("screens", obey) : null;
    dim();
    if (teller || !id()) return;
    setTimeout(tell, 1500);
    teller = setInterval(() => {
      countFrames();
      setTimeout(tell, FRAMES_MS + 200);
    }, TELL_MS + Math.random() * 500);
  });
  window.addEventListener("error", () => errors++);
  window.addEventListener("unhandledrejection", () => errors++);
  setInterval(look, LOOK_MS);
})();
